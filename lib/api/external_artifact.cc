#include "api/external_artifact.h"

#include <algorithm>
#include <set>

#include "base/sha256.h"
#include "base/strings.h"

namespace sluice::api {
namespace {

using base::Cat;
using document::Value;

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabelValue =
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an "
    "alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
    "validation is "
    "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

std::string Text(const Value& v) { return std::string(v.AsString()); }

std::string AliasOf(const Value& reference) {
  return std::string(base::TrimPrefix(reference.AsString(), "@"));
}

bool LowerAlnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }
bool Alnum(char c) { return LowerAlnum(c) || (c >= 'A' && c <= 'Z'); }

std::map<std::string, std::string> Texts(const Value& object) {
  std::map<std::string, std::string> out;
  for (const auto& [key, value] : object.members()) out[key] = Text(value);
  return out;
}

CopyOperation OperationFrom(const Value& v) {
  CopyOperation op{
      Text(v["from"]), Text(v["to"]), {}, CopyStrategy::kOverwrite, v["optional"].AsBool()};
  for (const Value& pattern : v["exclude"].items()) op.exclude.push_back(Text(pattern));
  if (v["strategy"].AsString() == "Merge") op.strategy = CopyStrategy::kMerge;
  if (v["strategy"].AsString() == "Extract") op.strategy = CopyStrategy::kExtract;
  return op;
}

std::string Joined(std::vector<std::string> errors) { return base::Join(errors, "; "); }

}  // namespace

GeneratorSpec GeneratorSpec::From(const Value& object) {
  const Value& spec = object["spec"];
  GeneratorSpec out;
  for (const Value& v : spec["sources"].items()) {
    const std::string ns = Text(v["namespace"]);
    out.sources.push_back({Text(v["alias"]), Text(v["kind"]),
                           ns.empty() ? Text(object["metadata"]["namespace"]) : ns,
                           Text(v["name"])});
  }
  for (const Value& v : spec["artifacts"].items()) {
    OutputArtifact artifact{
        Text(v["name"]), AliasOf(v["revision"]), AliasOf(v["originRevision"]), {}, {}};
    for (const Value& op : v["copy"].items()) artifact.copy.push_back(OperationFrom(op));
    out.artifacts.push_back(std::move(artifact));
  }
  out.path_pattern = Text(spec["pathPattern"]);
  out.labels = Texts(spec["commonMetadata"]["labels"]);
  out.annotations = Texts(spec["commonMetadata"]["annotations"]);
  return out;
}

base::Status GeneratorSpec::Validate(const std::string& ns, bool no_cross_namespace_refs) const {
  std::set<std::string_view> aliases, names;
  for (const GeneratorSource& s : sources) {
    if (!aliases.insert(s.alias).second)
      return base::InvalidArgument(Cat("duplicate source alias '", s.alias, "' found"));
    if (no_cross_namespace_refs && s.ns != ns) {
      return base::PermissionDenied(Cat("cross-namespace reference to source ", s.kind, "/", s.ns,
                                        "/", s.name, " is not allowed"));
    }
  }
  for (const OutputArtifact& a : artifacts) {
    if (!names.insert(a.name).second)
      return base::InvalidArgument(Cat("duplicate artifact name '", a.name, "' found"));
    if (const std::string wrong = path_pattern.empty() ? DnsSubdomainErrors(a.name) : "";
        !wrong.empty()) {
      return base::InvalidArgument(Cat("artifact name ", base::QuoteGo(a.name),
                                       " is not a valid Kubernetes object name: ", wrong));
    }
    if (!a.revision.empty() && !aliases.contains(a.revision)) {
      return base::InvalidArgument(
          Cat("artifact ", a.name, " revision source alias '", a.revision, "' not found"));
    }
  }
  return base::OkStatus();
}

std::string HashObservedSources(const std::map<std::string, ObservedSource>& sources) {
  std::vector<std::string> parts;
  for (const auto& [alias, s] : sources)
    parts.push_back(
        Cat(alias, "=[digest=", s.digest, ",revision=", s.revision, ",url=", s.url, "]"));
  std::ranges::sort(parts);  // by the whole text: an alias may begin another
  return Cat("sha256:", base::Sha256Hex(base::Join(parts, "|")));
}

std::vector<GeneratedRef> GeneratedInventory(const Value& object) {
  std::vector<GeneratedRef> out;
  for (const Value& v : object["status"]["inventory"].items()) {
    out.push_back({Text(v["name"]), Text(v["namespace"]), Text(v["digest"]), Text(v["filename"])});
  }
  return out;
}

void SetGeneratedInventory(Value& object, const std::vector<GeneratedRef>& refs) {
  Value list = Value::Array();
  for (const GeneratedRef& r : refs) {
    list.Append(Value::Object(
        {{"digest", r.digest}, {"filename", r.filename}, {"name", r.name}, {"namespace", r.ns}}));
  }
  if (refs.empty()) {
    object.Mutable("status").Erase("inventory");
  } else {
    object.Mutable("status").Set("inventory", std::move(list));
  }
}

bool GeneratorIsDisabled(const Value& object) {
  return base::EqualFold(
      object["metadata"]["annotations"][kGeneratorReconcileAnnotation].AsString(), "disabled");
}

std::string DnsSubdomainErrors(std::string_view name) {
  std::vector<std::string> errors;
  if (name.size() > 253) errors.emplace_back("must be no more than 253 characters");
  bool good = true;
  for (const std::string_view label : base::Split(name, ".")) {
    good = good && !label.empty() && LowerAlnum(label.front()) && LowerAlnum(label.back()) &&
           std::ranges::all_of(label, [](char c) { return LowerAlnum(c) || c == '-'; });
  }
  if (!good) errors.emplace_back(kSubdomain);
  return Joined(std::move(errors));
}

std::string LabelValueErrors(std::string_view value) {
  std::vector<std::string> errors;
  if (value.size() > 63) errors.emplace_back("must be no more than 63 bytes");
  const bool good = value.empty() || (Alnum(value.front()) && Alnum(value.back()) &&
                                      std::ranges::all_of(value, [](char c) {
                                        return Alnum(c) || c == '-' || c == '_' || c == '.';
                                      }));
  if (!good) errors.emplace_back(kLabelValue);
  return Joined(std::move(errors));
}

}  // namespace sluice::api
