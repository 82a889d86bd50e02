// What both go-yaml v2 writers share, the one of plain data and the one of trees: scalars behind the detour over JSON text, and the
// frames of collections. Private to the library.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "yaml_out.h"

namespace sluice::document {

class Yaml2Out {
 public:
  explicit Yaml2Out(std::string& out);

  // null, booleans and numbers. Infinities: "json: unsupported value: +Inf".
  base::Status Plain(const Value& value);
  base::Status Text(std::string_view text, bool simple_key = false);
  // "key:" or "? key" and ":"; then comes the value.
  base::Status Key(std::string_view key);

  // The indentation of a collection's children; give the returned outer one back to Leave().
  int EnterMapping();
  int EnterSequence(bool in_mapping);  // in_mapping: it is a mapping's value
  void Leave(int outer) { out_.indent = outer; }
  void Dash();
  void Empty(std::string_view brackets);  // "[]" or "{}"
  void End() { out_.WriteIndent(); }      // ends the document's last line

 private:
  void Scalar(std::string_view text, bool simple_key);
  YamlOut out_;
};

}  // namespace sluice::document
