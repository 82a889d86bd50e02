// HelmChartFailure: why a chart could not be built, and which condition, reason and patience that
// means (source.md §10.2). A value.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "source_status.h"

namespace sluice::source {

struct HelmChartFailure {
  enum class Kind : uint8_t {
    kReference,  // the chart or version asked for is none
    kPull,
    kMetadata,  // its version cannot be changed
    kValues,
    kDependencies,
    kPackage,
    kVerification,
    kUnknown,
    kOther,  // not of the build: `reason` and `stalls` say what to do; the condition shows it as
             // unknown
  } kind = Kind::kOther;
  base::Status status;
  std::string_view reason{};  // of kOther; static storage
  bool stalls = false;        // of kOther

  static HelmChartFailure Of(Kind kind, base::Status status) {
    return {kind, std::move(status), {}, false};
  }
  static HelmChartFailure Other(std::string_view reason, base::Status status, bool stalls = false) {
    return {Kind::kOther, std::move(status), reason, stalls};
  }
};

// Into the object's conditions, and as the step's result.
StepResult ObserveFailure(const HelmChartFailure& failure, SourceStatus& status);

// An error of the transport that speaks of credentials or certificates is one of authentication;
// others stay as they are.
HelmChartFailure TellAuthentication(HelmChartFailure failure);

}  // namespace sluice::source
