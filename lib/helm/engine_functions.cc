#include "engine_functions.h"

#include "base/strings.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using gotemplate::Call;
using gotemplate::Function;
using gotemplate::Value;

constexpr int kMaxIncludes = 1000;
constexpr std::string_view kRootName = "gotpl";
constexpr size_t kMaxTplBytes = 64 << 20;  // of all texts one render gives to tpl

RenderState& StateOf(Call& call) { return *static_cast<RenderState*>(call.execution.user()); }

Value Own(Call& call, std::string_view text) {
  return text.empty() ? Value::String({}) : call.String(text);
}

Result<Value> Include(Call& call) {
  RenderState& state = StateOf(call);
  const std::string_view name = call[0].text();
  int& depth = state.included[std::string(name)];
  if (depth > kMaxIncludes) {
    return base::ResourceExhausted(Cat("rendering template has a nested reference name: ", name,
                                       ": unable to execute template"));
  }
  const gotemplate::TemplateSet& set = call.execution.templates();
  if (!set.Has(name)) {
    return base::NotFound(Cat("template: no template ", base::QuoteGo(name),
                              " associated with template ", base::QuoteGo(kRootName)));
  }
  ++depth;  // references into an unordered_map stay valid
  std::string out;
  base::Status status = call.execution.ExecuteTemplate(set, name, call[1], out);
  --depth;
  if (!status.ok()) return status;
  return Own(call, out);
}

Result<Value> Tpl(Call& call) {
  RenderState& state = StateOf(call);
  const std::string_view text = call[0].text();
  if (text.find("{{") == text.npos) {  // its own text, most often
    if (text.find("<no value>") == text.npos) return call[0];
    std::string out(text);
    RemoveNoValue(out);
    return Own(call, out);
  }
  auto& parsed = state.tpl_texts[std::string(text)];
  if (parsed == nullptr) {
    state.tpl_bytes += text.size();
    if (state.tpl_bytes > kMaxTplBytes)
      return base::ResourceExhausted("the templates given to tpl are too large");
    auto made =
        gotemplate::ParsedText::Parse(kRootName, std::string(text), EngineFunctions(state.version));
    if (!made.ok())
      return std::move(made).status().Wrap(Cat("cannot parse template ", base::QuoteGo(text)));
    parsed = *std::move(made);
  }
  gotemplate::TemplateSet set(&call.execution.templates());
  set.Add(parsed, true);
  std::string out;
  base::Status status = call.execution.ExecuteTemplate(set, kRootName, call[1], out);
  if (!status.ok())
    return std::move(status).Wrap(
        Cat("error during tpl function execution for ", base::QuoteGo(text)));
  RemoveNoValue(out);
  return Own(call, out);
}

// What lint lets pass: `place` and `what` are Helm 3's words, `logged` Helm 4's.
void Say(const RenderState& state, std::string_view place, std::string_view what,
         std::string_view logged, WarningLevel level, std::string_view text) {
  if (state.warn == nullptr || !*state.warn) return;
  if (state.version == HelmVersion::kV3)
    return (*state.warn)({.place = place, .text = Cat("[INFO] ", what, ": ", text)});
  (*state.warn)(
      {.level = level, .text = std::string(logged), .fields = {{"message", std::string(text)}}});
}

base::Status Wrapped(std::string_view message) {
  return base::FailedPrecondition(Cat(kMessageStart, message, kMessageEnd));
}

Result<Value> Required(Call& call) {
  const bool missing = call[1].is_nil() || (call[1].is_string() && call[1].text().empty());
  if (!missing) return call[1];
  const RenderState& state = StateOf(call);
  if (!state.lint) return Wrapped(call[0].text());
  const bool nil = call[1].is_nil();
  Say(state, nil ? "engine.go:206" : "engine.go:214", "Missing required value",
      nil ? "missing required value" : "missing required values", WarningLevel::kWarn,
      call[0].text());
  return Value::String({});
}

Result<Value> Fail(Call& call) {
  const RenderState& state = StateOf(call);
  if (!state.lint) return Wrapped(call[0].text());
  Say(state, "engine.go:227", "Fail", "funcMap fail", WarningLevel::kInfo, call[0].text());
  return Value::String({});
}

Result<Value> Lookup(Call& call) {
  RenderState& state = StateOf(call);
  if (state.lookup == nullptr || state.lint) return Value::Of(call.heap.NewMap());
  SLUICE_TRY(auto found,
             state.lookup->Lookup(call[0].text(), call[1].text(), call[2].text(), call[3].text()));
  if (!found.is_object()) return Value::Of(call.heap.NewMap());
  state.looked_up.push_back(std::make_unique<document::Value>(std::move(found)));
  return gotemplate::FromDocument(call.heap, *state.looked_up.back());
}

constexpr Function kFunctions[] = {
    {"fail", "S>S", Fail},          {"include", "SA>S", Include}, {"lookup", "SSSS>M", Lookup},
    {"required", "SA>A", Required}, {"tpl", "SA>S", Tpl},
};

}  // namespace

const gotemplate::FunctionTable& EngineFunctions(HelmVersion version) {
  static const gotemplate::FunctionTable v3(kFunctions, gotemplate::HelmVersion::k3);
  static const gotemplate::FunctionTable v4(kFunctions, gotemplate::HelmVersion::k4);
  return version == HelmVersion::kV3 ? v3 : v4;
}

void RemoveNoValue(std::string& text) {
  constexpr std::string_view kNoValue = "<no value>";
  size_t at = text.find(kNoValue);
  if (at == text.npos) return;
  std::string out;
  out.reserve(text.size());
  size_t from = 0;
  for (; at != text.npos; at = text.find(kNoValue, from)) {
    out.append(text, from, at - from);
    from = at + kNoValue.size();
  }
  out.append(text, from);
  text = std::move(out);
}

}  // namespace sluice::helm
