// First line: a path; the rest: patterns. Matching ends and does not crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "artifact/source_ignore.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  if (line == text.npos) return 0;
  sluice::artifact::IgnoreMatcher matcher;
  matcher.Append(text.substr(line + 1), "");
  matcher.Append(text.substr(line + 1), "sub/dir");
  for (const bool directory : {false, true})
    static_cast<void>(matcher.Ignores(text.substr(0, line), directory));
  return 0;
}
