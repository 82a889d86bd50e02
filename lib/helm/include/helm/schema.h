// values.schema.json: JSON Schema drafts 4, 6, 7, 2019-09 and 2020-12 over document::Value, with
// the messages Helm shows. A compiled Schema is immutable and may be used from many threads. Spec:
// helm-engine 14.
//
// Hostile input: the number of subschemas, the nesting and the work of one validation are bounded
// (kResourceExhausted: "unable to validate schema: …"); references that go round on one value are
// an error of the value, as in Helm.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "document/value.h"
#include "helm/version.h"

namespace sluice::helm {

class Chart;

// Brings the text of a schema that a $ref names by URL (without its fragment). The default refuses
// every URL: rendering does no I/O. Helm 4's tolerance of "urn:" (a schema that accepts everything)
// needs no loader.
using SchemaLoader = std::function<base::Result<std::string>(std::string_view url)>;

class Schema {
 public:
  // Errors: those of JSON; "\"file:///values.schema.json#\" is not valid against metaschema: …";
  // unresolvable references.
  static base::Result<std::shared_ptr<const Schema>> Compile(std::string_view json,
                                                             HelmVersion version,
                                                             const SchemaLoader& loader = nullptr);
  ~Schema();

  // Error (kInvalidArgument): "- at '/a': got string, want integer\n…", siblings in the order of
  // the schema and of sorted properties.
  base::Status Validate(const document::Value& values) const;

 private:
  struct Data;
  explicit Schema(std::unique_ptr<const Data> data);
  std::unique_ptr<const Data> data_;
};

// The coalesced values against the chart's schema and each subchart's table against its own; all
// failures in one message,
// "<chart>:\n- at …". The caller puts "values don't meet the specifications of the schema(s) in the
// following chart(s):\n" before it.
base::Status ValidateAgainstSchemas(const Chart& chart, const document::Value& values,
                                    HelmVersion version, const SchemaLoader& loader = nullptr);

}  // namespace sluice::helm
