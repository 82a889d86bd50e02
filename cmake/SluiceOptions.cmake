# Compiler settings of every target: one place, so that a library's CMakeLists.txt lists sources and nothing else.
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release)
endif()

option(SLUICE_WERROR "Treat warnings as errors" OFF)
option(SLUICE_TESTS "Build the tests" ON)
option(SLUICE_LIBFUZZER "Build fuzz targets with libFuzzer (clang) instead of the replay main" OFF)
set(SLUICE_SANITIZE "" CACHE STRING "address,undefined or thread")

if(NOT CMAKE_CXX_COMPILER_LAUNCHER)
  find_program(CCACHE ccache)
  if(CCACHE)
    set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE})
    set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
  endif()
endif()

add_library(sluice_flags INTERFACE)
target_compile_options(sluice_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wnon-virtual-dtor -Woverloaded-virtual
  # Designated initializers leave members out on purpose.
  -Wno-missing-field-initializers
  $<$<BOOL:${SLUICE_WERROR}>:-Werror>
  $<$<CXX_COMPILER_ID:Clang>:-Wthread-safety;-Werror=thread-safety>
  # GCC 12 reports these inside its own <string> and <optional> when it inlines across them.
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<NOT:$<CONFIG:Debug>>>:-Wno-restrict;-Wno-maybe-uninitialized>)
if(SLUICE_SANITIZE)
  add_compile_options(-fsanitize=${SLUICE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${SLUICE_SANITIZE})
endif()
set(CMAKE_CXX_FLAGS_RELEASE "-O2 -DNDEBUG -ffunction-sections -fdata-sections")
set(CMAKE_CXX_FLAGS_DEBUG "-O0 -g1")
# For engines: objects that hold their code both ready and open. `sluice`, whose processes last milliseconds, is optimized over all of its
# libraries; every other program links the ready code, in a tenth of the time (docs/design/0017).
set(sluice_gnu_release $<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU>>)
set(sluice_engine "$<${sluice_gnu_release}:-flto=auto;-ffat-lto-objects>")
add_link_options("$<${sluice_gnu_release}:$<IF:$<BOOL:$<TARGET_PROPERTY:SLUICE_WHOLE_PROGRAM>>,-flto=auto,-fno-lto>>")
# For code that waits more than it computes: less than half the size, and so less of it in memory (docs/design/0016).
set(sluice_compact $<$<CONFIG:Release>:-Os>)
add_link_options($<$<CONFIG:Release>:-Wl,--gc-sections>)

find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
