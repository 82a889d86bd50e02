#include "helm/value_options.h"

#include <utility>

#include "base/strings.h"
#include "document/json.h"
#include "helm/values.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

// Helm 4 takes a whole object, too.
Status SetJson(const std::string& text, HelmVersion version, Value* into) {
  const std::string_view trimmed = base::TrimSpace(text);
  if (version == HelmVersion::kV4 && trimmed.starts_with('{')) {
    auto object = document::ParseSmallJson(trimmed);
    if (!object.ok())
      return base::InvalidArgument(Cat("failed parsing --set-json data JSON: ", text));
    NumbersToDouble(*object);
    *into = MergeMaps(std::move(*into), *object);
    return {};
  }
  if (!ParseSet(text, SetKind::kJson, version, into).ok())
    return base::InvalidArgument(Cat("failed parsing --set-json data ", text));
  return {};
}

}  // namespace

Result<Value> MergeValueOptions(const ValueOptions& options, HelmVersion version,
                                const FileReader& read) {
  Value values = Value::Object();
  for (const std::string& file : options.files) {
    SLUICE_TRY(const std::string text, read(file));
    SLUICE_TRY(const Value next, ParseValues(text, version).Wrap(Cat("failed to parse ", file)));
    values = MergeMaps(std::move(values), next);
  }
  for (const std::string& text : options.json) SLUICE_TRY(SetJson(text, version, &values));
  const struct {
    const std::vector<std::string>& texts;
    SetKind kind;
    std::string_view flag;
  } sets[] = {{options.set, SetKind::kSet, "--set"},
              {options.strings, SetKind::kString, "--set-string"},
              {options.set_files, SetKind::kFile, "--set-file"},
              {options.literals, SetKind::kLiteral, "--set-literal"}};
  for (const auto& [texts, kind, flag] : sets) {
    for (const std::string& text : texts)
      SLUICE_TRY(
          ParseSet(text, kind, version, &values, read).Wrap(Cat("failed parsing ", flag, " data")));
  }
  return values;
}

}  // namespace sluice::helm
