// YAML in and out. Reading: libyaml's scanner and parser, whose errors are told in go-yaml's words,
// and go-yaml's rules for what a scalar means. Writing: byte-equal to go-yaml v3 (the styled tree)
// and go-yaml v2 (plain data, as sigs.k8s.io/yaml, kustomize's output and Helm's toYaml have it).
// Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "document/value.h"

namespace sluice::document {

// The two generations differ in which plain scalars are not strings ("yes", "1:30", "0o7") and in
// the line an error names.
enum class YamlDialect : uint8_t { kGoYaml2, kGoYaml3 };
enum class DuplicateKeys : uint8_t { kLastWins, kError };

// What a plain scalar's text is.
struct Resolved {
  Tag tag = Tag::kStr;
  // null, bool, int64, uint64 or double; a string for kStr and kMerge; RFC 3339 text for kTimestamp
  Value value;
};
Resolved ResolvePlain(std::string_view text, YamlDialect dialect = YamlDialect::kGoYaml3);
// the tag alone, cheaper
Tag ResolveTag(std::string_view text, YamlDialect dialect = YamlDialect::kGoYaml3);

struct YamlReadOptions {
  YamlDialect dialect = YamlDialect::kGoYaml3;
  bool first_document_only = false;  // what follows is not even parsed, as go-yaml's Unmarshal
  // not read yet: libyaml drops them; the v3 writer writes what code sets
  bool comments = false;
  size_t max_depth = 1000;
};

// The documents of a stream as trees in `arena`: aliases stay aliases, duplicate keys stay side by
// side. No document where the text is empty or only comments; an explicit empty document is a null
// scalar. Errors: "yaml: line 3: mapping values are not allowed in this context", "yaml: unknown
// anchor 'x' referenced".
base::Result<std::vector<Node*>> ParseYaml(Arena& arena, std::string_view text,
                                           const YamlReadOptions& options = {});
// The first document alone; null root where there is none.
base::Result<Document> ParseYamlDocument(std::string_view text,
                                         const YamlReadOptions& options = {});

struct ToValueOptions {
  YamlDialect dialect = YamlDialect::kGoYaml3;
  DuplicateKeys duplicate_keys = DuplicateKeys::kError;
  // Keys that are not strings: true makes them strings ("1", "true"), as sigs.k8s.io/yaml; false
  // fails as encoding/json does.
  bool convert_keys = false;
  size_t max_depth = 1000;
};
// Data of a tree: aliases and merge keys followed, limits as go-yaml's. Errors in go-yaml's words:
// "yaml: unmarshal errors:\n  line 3: mapping key \"a\" already defined at line 1", "json:
// unsupported value: +Inf".
base::Result<Value> ToValue(const Node& node, const ToValueOptions& options = {});
// tags set, strings plain: the writer quotes where it must
Node* FromValue(Arena& arena, const Value& value);

// sigs.k8s.io/yaml: Kubernetes manifests, Helm values. go-yaml v2's meaning of scalars, keys made
// strings, duplicate keys: last wins. Only the first document; an empty text is null. Errors:
// "error converting YAML to JSON: yaml: …" without that prefix.
struct YamlValueOptions {
  DuplicateKeys duplicate_keys =
      DuplicateKeys::kLastWins;  // kError: UnmarshalStrict: key "a" already set in map
  size_t max_depth = 1000;
};
base::Result<Value> ParseYamlToValue(std::string_view text, const YamlValueOptions& options = {});
// Every document of a stream of manifests that is not null, in order.
base::Result<std::vector<Value>> ParseYamlStream(std::string_view text,
                                                 const YamlValueOptions& options = {});

// go-yaml v3's encoder on a tree, styles and comments kept. kustomize writes with indent 2 and
// compact sequences (a sequence in a mapping is not indented); go-yaml's own default is 4 and
// indented.
struct Yaml3WriteOptions {
  int indent = 4;
  bool compact_sequences = false;
};
std::string WriteYaml3(const Node& node, const Yaml3WriteOptions& options = {});

// go-yaml v2's encoder on plain data: sorted keys (v2's natural order), strings quoted where
// YAML 1.1 would read another type, folded past column 80. With sigs.k8s.io/yaml's and Helm's
// detour over JSON: integral floats print as integers. Ends in a newline. Fails on infinities, DEL
// and C1 controls ("yaml: control characters are not allowed") and keys past 1024 bytes; ToYaml is
// "" then.
base::Status AppendYaml(std::string& out, const Value& value);
std::string ToYaml(const Value& value);

// What `kustomize build` prints of one resource: the chain of node tree, go-yaml v3, JSON, go-yaml
// v2, its re-encoding quirks included (spec of kustomize's output). Fails where the chain does,
// with the message that follows the object's dump: duplicate or non-string keys, infinities,
// control characters. `out` is untouched on failure.
base::Status AppendResourceYaml(std::string& out, const Node& resource);

// go-yaml's order of mapping keys ("a2" before "a10", letters after the rest).
bool NaturalKeyLess(std::string_view a, std::string_view b);

}  // namespace sluice::document
