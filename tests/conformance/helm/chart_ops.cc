// load, ignore, kubeversion.
#include <algorithm>

#include "chart_case.h"
#include "helm/chart.h"
#include "helm/ignore.h"
#include "helm/kube_version.h"
#include "helm/loader.h"
#include "runner.h"

namespace sluice::conformance {

using base::Result;
using document::Value;

Result<std::unique_ptr<helm::Chart>> LoadCase(const Case& c) {
  std::vector<helm::File> files;
  for (const auto& [name, text] : c.json["files"].members())
    files.push_back({name, helm::SharedText(std::string(text.AsString()))});
  std::ranges::sort(files, {}, &helm::File::name);
  return helm::LoadFiles(std::move(files), {.version = c.version});
}

Value TreeOf(const helm::Chart& chart) {
  std::vector<const helm::Chart*> sorted;
  for (const auto& child : chart.dependencies()) sorted.push_back(child.get());
  std::ranges::sort(sorted, {},
                    [](const helm::Chart* child) -> const std::string& { return child->name(); });
  Value children;
  for (const helm::Chart* child : sorted) children.Append(TreeOf(*child));
  return Value::Object({{"dependencies", std::move(children)},
                        {"name", chart.name()},
                        {"path", chart.full_path()},
                        {"version", chart.metadata.version}});
}

namespace {

template <class Range, class Name>
Value SortedNames(const Range& range, Name name) {
  std::vector<std::string> names;
  for (const auto& item : range) names.push_back(name(item));
  std::ranges::sort(names);
  Value out;
  for (const std::string& n : names) out.Append(n);
  return out;
}

Result<Value> Load(const Case& c) {
  SLUICE_TRY(const auto chart, LoadCase(c));
  const auto name_of = [](const auto& file) { return file.name; };
  return Value::Object(
      {{"crds", SortedNames(chart->Crds(), [](const helm::Crd& crd) { return crd.file_name; })},
       {"files", SortedNames(chart->files(), name_of)},
       {"lock", chart->lock ? ToValue(*chart->lock) : Value()},
       {"metadata", ToValue(chart->metadata)},
       {"templates", SortedNames(chart->templates(), name_of)},
       {"tree", TreeOf(*chart)},
       {"values", chart->values()}});
}

Result<Value> Ignore(const Case& c) {
  SLUICE_TRY(auto rules, helm::IgnoreRules::Parse(c.Text("rules")));
  if (c.Text("fn") != "nodefaults") rules.AddDefaults();
  Value out = Value::Object();
  for (const std::string& path : c.Texts("paths")) {
    const bool directory = path.ends_with('/');
    out.Set(path, rules.Ignores(std::string_view(path).substr(0, path.size() - (directory ? 1 : 0)),
                                directory));
  }
  return out;
}

Result<Value> ParseKubeVersion(const Case& c) {
  SLUICE_TRY(const auto v, helm::KubeVersion::Parse(c.Text("input"), c.version));
  return Value::Object({{"GitVersion", v.version},
                        {"Major", v.major},
                        {"Minor", v.minor},
                        {"String", v.normalized},
                        {"Version", v.version}});
}

constexpr Op kOps[] = {{"ignore", Ignore}, {"kubeversion", ParseKubeVersion}, {"load", Load}};

}  // namespace

Family ChartFamily() { return {kOps}; }

}  // namespace sluice::conformance
