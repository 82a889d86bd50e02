// index: reading an index.yaml and choosing from it.
#include "helm/index.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using document::Value;

Value Texts(const std::vector<std::string>& texts) {
  Value out = Value::Array();
  for (const std::string& text : texts) out.Append(text);
  return out;
}

Result<Value> Index(const Case& c) {
  const auto source = helm::MakeTextSource(c.Text("index"));
  const auto spill = helm::MakeMemorySpill();
  SLUICE_TRY(const auto index,
             helm::RepositoryIndex::Read(*source, {.version = c.version}, spill.get())
                 .Wrap("error loading index.yaml"));
  if (c.Text("fn") == "json") {  // as Flux stores it; not of the corpus, for comparing with Helm
    std::string text;
    SLUICE_TRY(index.WriteJson([&](std::string_view bytes) {
      text += bytes;
      return base::OkStatus();
    }));
    return Value(text);
  }
  if (c.Text("fn") != "dump") {
    SLUICE_TRY(const auto chosen, index.Choose(c.Text("chart"), c.Text("version")));
    return Value::Object(
        {{"digest", chosen.digest}, {"urls", Texts(chosen.urls)}, {"version", chosen.version}});
  }
  Value out = Value::Object();
  for (const std::string_view name : index.names()) {
    Value versions;
    for (const std::string_view version : index.Versions(name)) versions.Append(version);
    out.Set(name, std::move(versions));
  }
  return out;
}

constexpr Op kOps[] = {{"index", Index}};

}  // namespace

Family IndexFamily() { return {kOps}; }

}  // namespace sluice::conformance
