#include "webhook_auth.h"

#include <algorithm>
#include <optional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"

namespace sluice::notify {
namespace {

using base::DigestAlgorithm;

// "sha256=<hex>" over the raw body.
base::Status CheckSignature(std::string_view header, const base::SecretString& token,
                            std::string_view body) {
  const auto parts = base::Cut(header, "=");
  if (!parts) return base::Unauthenticated("malformed signature");
  std::optional<DigestAlgorithm> algorithm;
  if (parts->first == "sha1") algorithm = DigestAlgorithm::kSha1;
  if (parts->first == "sha256") algorithm = DigestAlgorithm::kSha256;
  if (parts->first == "sha512") algorithm = DigestAlgorithm::kSha512;
  if (!algorithm) return base::Unauthenticated("unsupported signature algorithm");
  const std::string want = base::HexEncode(base::Hmac(*algorithm, token.Reveal(), body));
  if (!base::ConstantTimeEquals(want, base::ToLower(parts->second))) {
    return base::Unauthenticated("payload signature check failed");
  }
  return base::OkStatus();
}

base::Status CheckToken(std::string_view given, const base::SecretString& token,
                        std::string_view what) {
  if (base::ConstantTimeEquals(given, token.Reveal())) return base::OkStatus();
  return base::Unauthenticated(
      base::Cat("the ", what, " header value does not match the receiver token"));
}

base::Status CheckEvent(const api::Receiver& receiver, std::string_view event,
                        std::string_view what) {
  if (receiver.events.empty()) return base::OkStatus();
  if (std::ranges::any_of(receiver.events,
                          [&](const auto& e) { return base::EqualFold(e, event); }))
    return base::OkStatus();
  return base::PermissionDenied(
      base::Cat("the ", what, " event \"", base::TruncateUtf8(event, 64), "\" is not authorised"));
}

base::Status CheckHubSignature(const base::SecretString& token,
                               const http::ServerRequest& request) {
  const std::string_view newer = request.headers.Get("X-Hub-Signature-256");
  const std::string_view signature = newer.empty() ? request.headers.Get("X-Hub-Signature") : newer;
  if (signature.empty()) return base::Unauthenticated("missing signature");
  return CheckSignature(signature, token, request.body);
}

base::Status Generic(const api::Receiver&, const base::SecretString&, const http::ServerRequest&) {
  return base::OkStatus();
}

base::Status GenericHmac(const api::Receiver&, const base::SecretString& token,
                         const http::ServerRequest& request) {
  return CheckSignature(request.headers.Get("X-Signature"), token, request.body)
      .Wrap("unable to validate HMAC signature");
}

base::Status GitHub(const api::Receiver& receiver, const base::SecretString& token,
                    const http::ServerRequest& request) {
  const std::string_view media = request.headers.Get("Content-Type");
  const auto type = base::TrimSpace(media.substr(0, media.find(';')));
  if (type != "application/json" && type != "application/x-www-form-urlencoded") {
    return base::InvalidArgument("webhook request has unsupported Content-Type");
  }
  SLUICE_TRY(CheckHubSignature(token, request).Wrap("the GitHub signature header is invalid, err"));
  return CheckEvent(receiver, request.headers.Get("X-GitHub-Event"), "GitHub");
}

base::Status GitLab(const api::Receiver& receiver, const base::SecretString& token,
                    const http::ServerRequest& request) {
  SLUICE_TRY(CheckToken(request.headers.Get("X-Gitlab-Token"), token, "X-Gitlab-Token"));
  return CheckEvent(receiver, request.headers.Get("X-Gitlab-Event"), "GitLab");
}

base::Status Bitbucket(const api::Receiver& receiver, const base::SecretString& token,
                       const http::ServerRequest& request) {
  SLUICE_TRY(
      CheckHubSignature(token, request).Wrap("the Bitbucket signature header is invalid, err"));
  return CheckEvent(receiver, request.headers.Get("X-Event-Key"), "Bitbucket");
}

base::Status Harbor(const api::Receiver&, const base::SecretString& token,
                    const http::ServerRequest& request) {
  return CheckToken(request.headers.Get("Authorization"), token, "Authorization");
}

struct Type {
  std::string_view name;
  base::Status (*check)(const api::Receiver&, const base::SecretString&,
                        const http::ServerRequest&);
  std::string_view handling, event_header;
};
constexpr Type kTypes[] = {
    {"generic", Generic, "", ""},
    {"generic-hmac", GenericHmac, "", ""},
    {"github", GitHub, "GitHub event: ", "X-GitHub-Event"},
    {"gitlab", GitLab, "GitLab event: ", "X-Gitlab-Event"},
    {"bitbucket", Bitbucket, "Bitbucket server event: ", "X-Event-Key"},
    {"harbor", Harbor, "Harbor event", ""},
};

const Type* FindType(std::string_view name) {
  const auto* it = std::ranges::find(kTypes, name, &Type::name);
  return it == std::end(kTypes) ? nullptr : it;
}

}  // namespace

WebhookVerdict CheckWebhook(const api::Receiver& receiver, const base::SecretString& token,
                            const http::ServerRequest& request) {
  const Type* type = FindType(receiver.type);
  if (type == nullptr)
    return {base::Unimplemented(base::Cat("unsupported receiver type '", receiver.type, "'")), ""};
  base::Status status = type->check(receiver, token, request);
  if (!status.ok()) return {std::move(status), ""};
  std::string handling(type->handling);
  if (!type->event_header.empty())
    handling += base::TruncateUtf8(request.headers.Get(type->event_header), 64);
  return {base::OkStatus(), std::move(handling)};
}

bool IsSupportedReceiverType(std::string_view type) { return FindType(type) != nullptr; }

}  // namespace sluice::notify
