// Go structs out of JSON data, as encoding/json decodes them after sigs.k8s.io/yaml: fields in any
// case, the first mismatch remembered and the rest still read, numbers and bools made text where
// text is wanted (YAML only), unknown fields refused (strict only).
#pragma once

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strings.h"
#include "document/value.h"

namespace sluice::helm {

class GoDecoder;

// One field of T: its JSON name and how it is read.
template <class T>
struct GoField {
  std::string_view name;
  void (*read)(GoDecoder& decoder, const document::Value& value, T& out);
};

class GoDecoder {
 public:
  struct Options {
    bool coerce = false;  // numbers and bools become text: YAML
    bool strict = false;  // unknown fields are errors
  };
  explicit GoDecoder(Options options) : options_(options) {}

  // "json: cannot unmarshal string into Go struct field Metadata.keywords of type []string", or ok.
  const base::Status& status() const { return status_; }

  // A null leaves `out` as it is. `type` is Go's name of it ("v2.Metadata").
  template <class T>
  void Object(const document::Value& value, std::string_view type,
              std::span<const GoField<T>> fields, T& out) {
    Members(value, type,
            [&](const document::Value::Member& member) { return Field(member, fields, out); });
  }

  // Calls `read` for each member of an object, in the order of keys; it says whether there is such
  // a field.
  template <class Fn>
  void Members(const document::Value& value, std::string_view type, Fn read) {
    if (value.is_null()) return;
    if (!value.is_object()) return Mismatch(value, type);
    const std::string_view outer = struct_;
    struct_ = type.substr(type.find('.') + 1);
    std::vector<const document::Value::Member*> members;
    for (const auto& member : value.members()) members.push_back(&member);
    std::ranges::sort(members, {}, [](const auto* m) -> const std::string& { return m->first; });
    for (const auto* member : members) {
      if (!read(*member) && options_.strict)
        Fail(base::Cat("json: unknown field ", base::QuoteGo(member->first)));
    }
    struct_ = outer;
  }
  // Reads the field that the member names; false where none does.
  template <class T>
  bool Field(const document::Value::Member& member, std::span<const GoField<T>> fields, T& out) {
    const GoField<T>* field = Find(fields, member.first);
    if (field == nullptr) return false;
    path_.push_back(field->name);
    field->read(*this, member.second, out);
    path_.pop_back();
    return true;
  }
  void set_coerce(bool coerce) { options_.coerce = coerce; }
  // Where the value being read stands, for error texts: within field `name` of `outer`, or of the
  // struct being read.
  void Push(std::string_view name, std::string_view outer = {}) {
    path_.push_back(name);
    if (!outer.empty()) struct_ = outer;
  }
  void Pop() { path_.pop_back(); }

  void Text(const document::Value& value, std::string& out);
  void Texts(const document::Value& value, std::vector<std::string>& out);
  void TextMap(const document::Value& value, std::map<std::string, std::string>& out);
  void Bool(const document::Value& value, bool& out);
  // Calls `item` for each element. False where it is null or no list.
  template <class Fn>
  bool List(const document::Value& value, std::string_view type, Fn item) {
    if (value.is_array()) {
      for (const document::Value& v : value.items()) item(v);
      return true;
    }
    if (!value.is_null()) Mismatch(value, type);
    return false;
  }
  void Mismatch(const document::Value& value, std::string_view type);
  void Fail(std::string message);
  // An error that ends Go's decoding at once, and so counts more than mismatches before it.
  void Abort(std::string message);
  bool aborted() const { return aborted_; }

 private:
  template <class T>
  static const GoField<T>* Find(std::span<const GoField<T>> fields, std::string_view name) {
    for (const auto& f : fields) {
      if (f.name == name) return &f;
    }
    for (const auto& f : fields) {
      if (base::EqualFold(f.name, name)) return &f;
    }
    return nullptr;
  }

  Options options_;
  base::Status status_;
  bool aborted_ = false;
  std::string_view struct_;
  std::vector<std::string_view> path_;
};

// A time.Time as Go reads and prints it again: "2020-01-02T03:04:05.500Z" → "….5Z", "+00:00" → "Z".
// A null leaves `out` as it is.
void ReadGoTime(GoDecoder& decoder, const document::Value& value, std::string& out);

// The text of a number or bool that sigs.k8s.io/yaml puts where text is wanted: floats through 32
// bits.
std::string CoercedText(const document::Value& value);

}  // namespace sluice::helm
