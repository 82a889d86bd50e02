// Decoder: a Value into structs, as Go's encoding/json does it and in its words: field names match
// without regard to case, unknown fields fail when strict, the first error is the one reported and
// the rest is decoded all the same. When not strict, it decodes as sigs.k8s.io/yaml's Unmarshal
// does, which turns numbers and booleans into texts where a text is wanted.
//
// A struct takes part by two functions found by its namespace:
//   constexpr std::string_view GoName(const T*);              // "Image"; errors print
//   "types.Image" for the type template <class V> void VisitFields(V& v, T& t) { v("name", t.name);
//   v.Embed("GoStruct", t.inlined); } constexpr std::string_view GoTypeName(const T*);          //
//   only where the whole name is not "types." + GoName void GoListHoldsPointers(const T*); // only
//   where Go's lists of it are []*T
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "base/strings.h"
#include "document/json.h"
#include "document/value.h"

namespace sluice::kustomize {

// A text that Go knows as types.PatchStrategicMerge.
struct MergePatchText {
  std::string text;
};

// encoding/json's word for what a value is.
inline std::string_view JsonKind(const document::Value& value) {
  if (value.is_string()) return "string";
  if (value.is_bool()) return "bool";
  if (value.is_number()) return "number";
  return value.is_array() ? "array" : "object";
}

class Decoder {
 public:
  explicit Decoder(bool strict) : strict_(strict) {}

  template <class T>
  base::Status Decode(const document::Value& value, T& out) {
    Read(value, out);
    return std::move(status_);
  }

 private:
  using Value = document::Value;

  // Finds the field of one JSON member and reads it.
  struct Matcher {
    Decoder& decoder;
    std::string_view key;
    const Value& value;
    bool fold;
    bool done = false;

    template <class F>
    void operator()(std::string_view name, F& field) {
      if (done || (fold ? !base::EqualFold(name, key) : name != key)) return;
      done = true;
      decoder.path_.push_back(name);
      decoder.Read(value, field);
      decoder.path_.pop_back();
    }
    // An embedded Go struct, whose name errors print.
    template <class F>
    void Embed(std::string_view name, F& inlined) {
      decoder.path_.push_back(name);
      VisitFields(*this, inlined);
      decoder.path_.pop_back();
    }
    // The fields of one that has no struct of its own here.
    template <class F>
    requires std::is_invocable_v<F>
    void Embed(std::string_view name, F fields) {
      decoder.path_.push_back(name);
      fields();
      decoder.path_.pop_back();
    }
  };

  template <class T>
  static std::string TypeName(const T* t) {
    if constexpr (requires { GoTypeName(t); })
      return std::string(GoTypeName(t));
    else
      return base::Cat("types.", GoName(t));
  }
  static std::string TypeName(const std::string*) { return "string"; }
  static std::string TypeName(const MergePatchText*) { return "types.PatchStrategicMerge"; }
  static std::string TypeName(const bool*) { return "bool"; }
  static std::string TypeName(const int64_t*) { return "int64"; }
  static std::string TypeName(const int*) { return "int"; }
  static std::string TypeName(const Value*) { return "map[string]interface {}"; }
  template <class T>
  static std::string TypeName(const std::optional<T>*) {
    return TypeName(static_cast<const T*>(nullptr));
  }
  template <class T>
  static std::string TypeName(const std::vector<T>*) {
    constexpr bool kPointers = requires { GoListHoldsPointers(static_cast<const T*>(nullptr)); };
    return (kPointers ? "[]*" : "[]") + TypeName(static_cast<const T*>(nullptr));
  }
  template <class T>
  static std::string TypeName(const std::map<std::string, T>*) {
    return "map[string]" + TypeName(static_cast<const T*>(nullptr));
  }

  template <class T>
  void Mismatch(const Value& value, const T* type) {
    Fail(std::string(JsonKind(value)), TypeName(type));
  }
  void Fail(const std::string& what, const std::string& type) {
    if (!status_.ok()) return;
    std::string text = base::Cat("json: cannot unmarshal ", what, " into Go ");
    if (structs_.empty())
      text += "value";
    else
      text += base::Cat("struct field ", structs_.back(), ".", base::Join(path_, "."));
    status_ = base::InvalidArgument(base::Cat(text, " of type ", type));
  }

  void Read(const Value& value, std::string& out) {
    if (value.is_null()) return;
    if (value.is_string()) {
      out = value.AsString();
    } else if (!strict_ && (value.is_bool() || value.is_number())) {
      // sigs.k8s.io/yaml makes a scalar the text that its target wants
      out = document::ToJson(value);
    } else {
      Mismatch(value, &out);
    }
  }
  void Read(const Value& value, MergePatchText& out) {
    if (value.is_null()) return;
    if (!value.is_string()) return Mismatch(value, &out);
    out.text = value.AsString();
  }
  void Read(const Value& value, bool& out) {
    if (value.is_null()) return;
    if (!value.is_bool()) return Mismatch(value, &out);
    out = value.AsBool();
  }
  template <class Int>
  void ReadInt(const Value& value, Int& out) {
    if (value.is_null()) return;
    if (!value.is_number()) return Mismatch(value, &out);
    const std::string text = document::ToJson(value);  // of 3.0 and 1e2 Go reads 3 and 100
    const auto number = base::ParseInt64(text);
    if (!number.has_value()) return Fail("number " + text, TypeName(&out));
    out = static_cast<Int>(*number);
  }
  void Read(const Value& value, int64_t& out) { ReadInt(value, out); }
  void Read(const Value& value, int& out) { ReadInt(value, out); }
  void Read(const Value& value, Value& out) {  // any map
    if (value.is_null()) return;
    if (!value.is_object()) return Mismatch(value, &out);
    out = value;
  }
  template <class T>
  void Read(const Value& value, std::optional<T>& out) {
    if (value.is_null()) return;
    if (!out.has_value()) out.emplace();
    Read(value, *out);
  }
  template <class T>
  void Read(const Value& value, std::vector<T>& out) {
    if (value.is_null()) return;
    if (!value.is_array()) return Mismatch(value, &out);
    out.clear();
    out.reserve(value.size());
    for (const Value& item : value.items()) Read(item, out.emplace_back());
  }
  template <class T>
  void Read(const Value& value, std::map<std::string, T>& out) {
    if (value.is_null()) return;
    if (!value.is_object()) return Mismatch(value, &out);
    for (const auto& [key, item] : value.members()) Read(item, out[key]);
  }
  // A list type that Go has a name for.
  template <class T>
  requires(std::is_base_of_v<std::vector<typename T::value_type>, T> &&
           !std::is_same_v<std::vector<typename T::value_type>, T>) void Read(const Value& value,
                                                                              T& out) {
    if (!value.is_null() && !value.is_array()) return Mismatch(value, &out);
    Read(value, static_cast<std::vector<typename T::value_type>&>(out));
  }
  template <class T>
  requires(std::is_class_v<T> &&
           !requires { typename T::value_type; }) void Read(const Value& value, T& out) {
    if (value.is_null()) return;
    if (!value.is_object()) return Mismatch(value, &out);
    structs_.push_back(GoName(&out));
    // Go's maps are written sorted by key on the way from YAML, so errors come in that order.
    std::vector<const Value::Member*> members;
    for (const auto& member : value.members()) members.push_back(&member);
    std::sort(members.begin(), members.end(), [](auto* a, auto* b) { return a->first < b->first; });
    for (const auto* member : members) {
      Matcher match{*this, member->first, member->second, false};
      VisitFields(match, out);
      if (!match.done) {
        match.fold = true;
        VisitFields(match, out);
      }
      if (!match.done && strict_ && status_.ok()) {
        status_ =
            base::InvalidArgument(base::Cat("json: unknown field ", base::QuoteGo(member->first)));
      }
    }
    structs_.pop_back();
  }

  bool strict_;
  base::Status status_;
  std::vector<std::string_view> structs_, path_;
};

}  // namespace sluice::kustomize
