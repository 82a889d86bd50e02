// The functions that Helm's engine adds to sprig's: include, tpl, required, fail, lookup. Internal.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gotemplate/function.h"
#include "gotemplate/template.h"
#include "helm/engine.h"
#include "helm/version.h"

namespace sluice::helm {

// All functions of a chart's templates. Lives for ever.
const gotemplate::FunctionTable& EngineFunctions(HelmVersion version);

// What required and fail put around their message, and the rewriting looks for.
inline constexpr std::string_view kMessageStart = "HELM_ERR_START", kMessageEnd = "HELM_ERR_END";

// Of one render; Execution::user() points here.
struct RenderState {
  HelmVersion version = HelmVersion::kV4;
  bool lint = false;
  LookupSource* lookup = nullptr;
  const WarningSink* warn = nullptr;
  gotemplate::MissingKey missing_key = gotemplate::MissingKey::kZero;
  std::unordered_map<std::string, int> included;  // how often a name is being included now
  // Texts of tpl, with what they were parsed to: values in the heap point into them.
  std::unordered_map<std::string, std::shared_ptr<const gotemplate::ParsedText>> tpl_texts;
  std::vector<std::unique_ptr<document::Value>> looked_up;  // likewise
  size_t tpl_bytes = 0;
};

// Without "<no value>".
void RemoveNoValue(std::string& text);

}  // namespace sluice::helm
