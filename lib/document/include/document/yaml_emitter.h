// go-yaml v2's emitter, one piece at a time: for writers that walk data of their own (ToYaml,
// kustomize's resources, templates' values). Scalars come out as behind sigs.k8s.io/yaml's detour
// over JSON text; the caller orders keys (NaturalKeyLess) and matches Enter and Leave. `out` must
// be empty or end in a newline, and outlive the emitter. Thread-compatible.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"

namespace sluice::document {

class YamlOut;

class YamlEmitter {
 public:
  explicit YamlEmitter(std::string& out);
  ~YamlEmitter();

  void Null();
  void Bool(bool b);
  void Int(int64_t i);
  void Uint(uint64_t u);
  base::Status Double(double d);  // "json: unsupported value: +Inf"
  base::Status Text(std::string_view text, bool simple_key = false);
  base::Status Scalar(const Value& value);  // REQUIRES: no array, no object
  // "key:" or "? key" and ":"; then comes the value.
  base::Status Key(std::string_view key);

  // The indentation of a collection's children; give the returned outer one back to Leave().
  int EnterMapping();
  int EnterSequence(bool in_mapping);  // in_mapping: it is a mapping's value
  void Leave(int outer);
  void Dash();
  void Empty(std::string_view brackets);                   // "[]" or "{}"
  base::Status Data(const Value& value, bool in_mapping);  // a whole tree, keys sorted
  void End();                                              // ends the document's last line

 private:
  void TextScalar(std::string_view text, bool simple_key);
  base::Status Array(const Value& value, bool in_mapping);
  base::Status Object(const Value& value);
  base::Status Member(const Value::Member& member);
  std::unique_ptr<YamlOut> out_;
};

// For trees that WriteYaml3 is to write as go-yaml v3's encoder would write plain data: keys sorted
// by NaturalKeyLess3 (letters behind digits come first there), texts that YAML 1.1 reads as a
// boolean or in base 60 double-quoted.
bool NaturalKeyLess3(std::string_view a, std::string_view b);
bool IsYaml11Scalar(std::string_view text);

}  // namespace sluice::document
