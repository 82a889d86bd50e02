// Data made of the input's bytes is written by both generations of writers and read again: the same
// data. The first byte of each value says what it is.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"

using namespace sluice::document;  // NOLINT(google-build-using-namespace)

namespace {

class Maker {
 public:
  explicit Maker(std::string_view bytes) : rest_(bytes) {}

  Value Make(int depth = 0) {
    const uint8_t what = Byte();
    switch (depth > 20 ? what % 5 : what % 8) {
      case 0:
        return nullptr;
      case 1:
        return what >= 128;
      case 2:
        return static_cast<int64_t>(Byte()) << (what / 5) % 56;
      case 3:
      case 4:
      case 5:
        return Text();
      case 6: {
        Value list = Value::Array();
        for (size_t n = Byte() % 6; n > 0; --n) list.Append(Make(depth + 1));
        return list;
      }
      default: {
        Value map = Value::Object();
        for (size_t n = Byte() % 6; n > 0; --n) {
          const std::string key = Text();
          map.Set(key, Make(depth + 1));
        }
        return map;
      }
    }
  }

 private:
  uint8_t Byte() {
    if (rest_.empty()) return 0;
    const auto b = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return b;
  }
  std::string Text() {
    const size_t wanted = Byte();  // first: what is left is counted after it
    const size_t n = std::min(wanted, rest_.size());
    std::string text(rest_.substr(0, n));
    rest_.remove_prefix(n);
    return text;
  }
  std::string_view rest_;
};

// go-yaml v2 writes this key plain, and reads it as a merge.
bool AnyMergeKey(const Value& value) {
  for (const Value& item : value.items()) {
    if (AnyMergeKey(item)) return true;
  }
  for (const auto& [key, member] : value.members()) {
    if (key == "<<" || AnyMergeKey(member)) return true;
  }
  return false;
}

// go-yaml v3 gives a literal text that starts with a blank an indentation it does not have, so some
// of them do not read back.
bool StartsBlank(std::string_view text) {
  return text.find('\n') != text.npos &&
         (text.starts_with(' ') || text.starts_with('\n') || text.starts_with('\t'));
}
bool AnyStartsBlank(const Value& value) {
  if (value.is_string()) return StartsBlank(value.AsString());
  for (const Value& item : value.items()) {
    if (AnyStartsBlank(item)) return true;
  }
  for (const auto& [key, member] : value.members()) {
    if (StartsBlank(key) || AnyStartsBlank(member)) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  // Texts are UTF-8 by then, as JSON's are. NEL and friends fold where text is read again, as they
  // do in go-yaml.
  if (!sluice::base::IsValidUtf8(bytes) || bytes.find('\x85') != bytes.npos) return 0;
  auto value = ParseJson(ToJson(Maker(bytes).Make()));
  if (!value.ok() || AnyMergeKey(*value)) return 0;
  std::string plain;
  if (AppendYaml(plain, *value).ok()) {
    const auto again = ParseYamlToValue(plain);
    SLUICE_CHECK(again.ok() && *again == *value);
    SLUICE_CHECK(ToYaml(*again) == plain);
  }
  if (AnyStartsBlank(*value)) return 0;
  Arena arena;
  const std::string styled = WriteYaml3(*FromValue(arena, *value));
  const auto roots = ParseYaml(arena, styled);
  SLUICE_CHECK(roots.ok() && roots->size() == 1);
  const auto again = ToValue(*roots->front());
  SLUICE_CHECK(again.ok() && *again == *value);
  SLUICE_CHECK(WriteYaml3(*roots->front()) == styled);
  return 0;
}
