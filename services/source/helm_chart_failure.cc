#include "helm_chart_failure.h"

#include <algorithm>
#include <array>

#include "api/conditions.h"
#include "api/helm_source.h"
#include "base/strings.h"

namespace sluice::source {
namespace {

using Kind = HelmChartFailure::Kind;

struct Words {
  std::string_view reason, summary;
  bool build;  // BuildFailed rather than FetchFailed
  bool stalls;
};

Words WordsOf(Kind kind) {
  switch (kind) {
    case Kind::kReference:
      return {"InvalidChartReference", "invalid chart reference", false, true};
    case Kind::kPull:
      return {"ChartPullError", "chart pull error", false, false};
    case Kind::kMetadata:
      return {"MetadataPatchError", "chart metadata patch error", true, true};
    case Kind::kValues:
      return {"ValuesFilesError", "values files merge error", true, true};
    case Kind::kDependencies:
      return {"DependencyBuildError", "dependency build error", true, false};
    case Kind::kPackage:
      return {"ChartPackageError", "chart package error", true, false};
    case Kind::kVerification:
      return {"ChartVerificationError", "chart verification error", true, false};
    case Kind::kUnknown:
    case Kind::kOther:
      break;
  }
  return {"Unknown", "unknown build error", false, false};
}

// "401" by itself: Flux finds it in the port 40123, too.
bool HasNumber401(std::string_view text) {
  const auto digit = [&](size_t at) {
    return at < text.size() && text[at] >= '0' && text[at] <= '9';
  };
  for (size_t at = text.find("401"); at != text.npos; at = text.find("401", at + 1)) {
    if (!digit(at + 3) && (at == 0 || !digit(at - 1))) return true;
  }
  return false;
}

}  // namespace

StepResult ObserveFailure(const HelmChartFailure& failure, SourceStatus& status) {
  const Words words = WordsOf(failure.kind);
  const base::Status said = failure.status.Wrap(words.summary);
  status.Remove(words.build ? api::kFetchFailed : api::kBuildFailed);
  status.SetTrue(words.build ? api::kBuildFailed : api::kFetchFailed, words.reason, said.message());
  if (failure.kind == Kind::kVerification)
    status.SetFalse(api::kSourceVerified, api::kVerificationErrorReason, said.message());
  if (failure.kind != Kind::kOther) {
    return words.stalls ? StepResult::Stalled(words.reason, said)
                        : StepResult::Retry(words.reason, said);
  }
  // Flux shows it as an unknown error of the build, and tells the rest in the event.
  return failure.stalls ? StepResult::Stalled(failure.reason, failure.status)
                        : StepResult::Retry(failure.reason, failure.status);
}

HelmChartFailure TellAuthentication(HelmChartFailure failure) {
  if (failure.kind != Kind::kPull && failure.kind != Kind::kVerification &&
      failure.kind != Kind::kUnknown)
    return failure;
  static constexpr std::array<std::string_view, 4> kSigns{"unauthorized", "authentication required",
                                                          "tls", "unknown certificate authority"};
  const base::Status said = failure.status.Wrap(WordsOf(failure.kind).summary);
  const std::string& text = said.message();
  if (!HasNumber401(text) && std::ranges::none_of(kSigns, [&](std::string_view sign) {
        return base::Contains(text, sign);
      }))
    return failure;
  return HelmChartFailure::Other(api::kAuthenticationFailedReason,
                                 said.Wrap("failed to authenticate with the Helm repository"));
}

}  // namespace sluice::source
