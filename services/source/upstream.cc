#include "upstream.h"

#include "api/bucket.h"
#include "api/helm_source.h"
#include "api/oci_repository.h"
#include "base/strings.h"

namespace sluice::source {

std::optional<http::Url> UpstreamOf(const document::Value& object, const SourceObjects& objects) {
  const std::string_view kind = object["kind"].AsString();
  const document::Value& spec = object["spec"];
  if (kind == api::kHelmChartKind) {
    const document::Value& ref = spec["sourceRef"];
    if (ref["kind"].AsString() != api::kHelmRepositoryKind) return std::nullopt;
    const auto repository = objects.Find(
        api::kHelmRepositoryKind, {kube::KeyOf(object).ns, std::string(ref["name"].AsString())});
    return repository != nullptr ? UpstreamOf(*repository, objects) : std::nullopt;
  }
  const std::string_view scheme = spec["insecure"].AsBool() ? "http://" : "https://";
  std::string url(spec["url"].AsString());
  if (kind == api::kBucketKind) {
    url = spec["endpoint"].AsString();
    if (!base::Contains(url, "://")) url = base::Cat(scheme, url);
  }
  if (url.starts_with(api::kOciUrlPrefix)) {
    const std::string_view name = std::string_view(url).substr(api::kOciUrlPrefix.size());
    const size_t slash = name.find('/');
    if (slash == name.npos) return std::nullopt;
    url = base::Cat(scheme, name.substr(0, slash), "/v2", name.substr(slash));
  }
  auto parsed = http::Url::Parse(url);
  return parsed.ok() ? std::optional(*std::move(parsed)) : std::nullopt;
}

}  // namespace sluice::source
