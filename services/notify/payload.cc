#include "payload.h"

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "document/json.h"
#include "event_text.h"
#include "http/url.h"

namespace sluice::notify {
namespace {

using document::Value;

constexpr std::string_view kSlackApi = "https://slack.com/api/chat.postMessage";

http::Request PostJson(const ProviderConfig& config, std::string url, std::string body) {
  http::Request request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.Set("Content-Type", "application/json");
  request.body = std::move(body);
  request.tls = config.tls;
  request.proxy = config.proxy;
  request.max_response_bytes = 64 << 10;
  request.redact_query = true;
  return request;
}

// The Slack message, which Discord takes as well with small differences.
struct SlackStyle {
  std::string channel, username;
  bool fallback = true;
};
std::string SlackMessage(const SlackStyle& style, const api::Event& event) {
  const std::string title = ObjectTitle(event);
  const std::string_view first_line =
      std::string_view(event.message).substr(0, event.message.find('\n'));
  Value fields = Value::Array();
  for (const auto& [key, value] : event.metadata) {
    fields.Append(Value::Object({{"title", key}, {"value", value}, {"short", false}}));
  }
  Value attachment = Value::Object({
      {"fallback", style.fallback ? base::Cat(title, ": ", first_line) : ""},
      {"color", event.severity == "error" ? "danger" : "good"},
      {"author_name", title},
      {"text", event.message},
      {"mrkdwn_in", Value::Array({Value("text")})},
  });
  attachment.Set("fields", std::move(fields));
  Value message = Value::Object({{"channel", style.channel},
                                 {"username", style.username},
                                 {"icon_url", ""},
                                 {"icon_emoji", ""}});
  message.Set("attachments", Value::Array({std::move(attachment)}));
  return document::ToJson(message, {.sort_keys = false});
}

base::Result<http::Url> ParseHook(const ProviderConfig& config, std::string_view what) {
  auto url = http::Url::Parse(config.address);
  // The address may be the secret itself: it is left out of the error.
  if (!url.ok()) return base::InvalidArgument(base::Cat("invalid ", what, " hook URL"));
  return url;
}

base::Result<Payload> Slack(const ProviderConfig& config, const api::Event& event) {
  SLUICE_TRY(ParseHook(config, "Slack"));
  const std::string username =
      config.username.empty() ? event.reporting_controller : config.username;
  Payload out{PostJson(config, config.address, SlackMessage({config.channel, username}, event))};
  if (!config.token.empty()) {
    auto credentials = std::make_shared<http::Credentials>();
    credentials->bearer = config.token;
    out.request.credentials = std::move(credentials);
  }
  out.slack_api_answer = config.address == kSlackApi;
  return out;
}

base::Result<Payload> Discord(const ProviderConfig& config, const api::Event& event) {
  SLUICE_TRY(http::Url url, ParseHook(config, "Discord"));
  if (!url.path.ends_with("/slack")) url.path += url.path.ends_with('/') ? "slack" : "/slack";
  const std::string username =
      config.username.empty() ? event.reporting_controller : config.username;
  ProviderConfig plain = config;
  plain.tls = nullptr;  // the type takes no certificates
  return Payload{PostJson(plain, url.ToString(), SlackMessage({"", username, false}, event))};
}

base::Result<Payload> Generic(const ProviderConfig& config, const api::Event& event) {
  SLUICE_TRY(ParseHook(config, "generic"));
  Payload out{PostJson(config, config.address, api::ToJsonText(event))};
  out.request.headers.Set("gotk-component", event.reporting_controller);
  for (const auto& [name, value] : config.headers) {
    out.request.headers.Erase(name);
    out.request.secret_headers.Set(name, value);
  }
  return out;
}

base::Result<Payload> GenericHmac(const ProviderConfig& config, const api::Event& event) {
  if (config.token.empty()) return base::InvalidArgument("HMAC key is empty");
  SLUICE_TRY(Payload out, Generic(config, event));
  const std::string mac =
      base::Hmac(base::DigestAlgorithm::kSha256, config.token.Reveal(), out.request.body);
  out.request.headers.Set("X-Signature", "sha256=" + base::HexEncode(mac));
  return out;
}

constexpr struct {
  std::string_view type;
  base::Result<Payload> (*make)(const ProviderConfig&, const api::Event&);
} kTypes[] = {
    {"slack", Slack}, {"discord", Discord}, {"generic", Generic}, {"generic-hmac", GenericHmac}};

}  // namespace

base::Result<Payload> MakePayload(const ProviderConfig& config, const api::Event& event) {
  for (const auto& t : kTypes) {
    if (t.type == config.type) return t.make(config, event);
  }
  return base::Unimplemented(base::Cat("provider ", config.type, " not supported"));
}

bool WantsCommitStatusUpdates(std::string_view type) {
  for (const std::string_view t : {"generic", "generic-hmac", "github", "gitlab", "gitea",
                                   "bitbucketserver", "bitbucket", "azuredevops"}) {
    if (t == type) return true;
  }
  return false;
}

}  // namespace sluice::notify
