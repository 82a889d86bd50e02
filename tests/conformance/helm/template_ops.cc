// tmpl and parse: single templates with the engine's functions, whose own (include, tpl, required,
// lookup) are placeholders here.
#include "base/strings.h"
#include "base/utf8.h"
#include "gotemplate/template.h"
#include "placeholders.h"
#include "runner.h"

namespace sluice::conformance {
namespace {

using base::Result;
using base::Status;
using document::Value;
using gotemplate::HelmVersion;

class World final : public gotemplate::Environment {
 public:
  explicit World(HelmVersion helm) : helm_(helm) {}
  HelmVersion helm() const override { return helm_; }
  base::Time Now() const override {
    return base::ParseRfc3339("2026-11-23T11:22:00Z").value();
  }  // when the corpus was recorded
  std::string ZoneFile(std::string_view name) override {
    return ReadFile(std::filesystem::path("/usr/share/zoneinfo") / name);
  }

 private:
  HelmVersion helm_;
};

HelmVersion Helm(const Case& c) {
  return c.version == helm::HelmVersion::kV3 ? HelmVersion::k3 : HelmVersion::k4;
}

Result<std::shared_ptr<const gotemplate::ParsedText>> Parse(const Case& c) {
  return gotemplate::ParsedText::Parse("t", std::string(c.Text("template")),
                                       PlaceholderFunctions(Helm(c)));
}

Result<Value> RunParse(const Case& c) {
  SLUICE_TRY(const auto parsed, Parse(c));
  Value out = Value::Object();
  for (const auto& [name, source] : parsed->Dump()) out.Set(name, source);
  return out;
}

// The corpus is JSON: an ill-formed byte of an output stands there as U+FFFD.
std::string AsJsonText(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    base::AppendRune(out, rune.code);
    i += rune.size;
  }
  return out;
}

Result<Value> RunTemplate(const Case& c) {
  SLUICE_TRY(const auto parsed, Parse(c));
  gotemplate::TemplateSet set;
  set.Add(parsed);
  World world(Helm(c));
  gotemplate::ExecuteOptions options;
  options.environment = &world;
  const std::string_view missing = c.Text("missingkey");
  if (missing == "zero") options.missing_key = gotemplate::MissingKey::kZero;
  if (missing == "error") options.missing_key = gotemplate::MissingKey::kError;
  const Value data = c.Data();
  gotemplate::Heap heap;
  std::string out;
  SLUICE_TRY(
      gotemplate::Execute(set, "t", gotemplate::FromDocument(heap, data), heap, options, out));
  return Value(AsJsonText(out));
}

constexpr Op kOps[] = {{"parse", RunParse}, {"tmpl", RunTemplate}};

}  // namespace

Family TemplateFamily() { return {.ops = kOps}; }

}  // namespace sluice::conformance
