#include "ask.h"

#include <algorithm>
#include <cctype>

#include "base/strings.h"
#include "cloud/xml.h"
#include "document/json.h"
#include "http/url.h"
#include "io/file_tree.h"

namespace sluice::cloud {
namespace {

using base::Cat;
using document::Value;

constexpr std::chrono::seconds kPatience{10};
constexpr uint64_t kMaxAnswer = 1 << 20;

// "AccessDenied", "invalid_client": a word, or nothing.
std::string CodeIn(std::string_view body) {
  std::string code;
  if (body.starts_with('<')) {
    code = XmlText(body, "Code").value_or("");
  } else if (const auto json = document::ParseJson(body, {.max_depth = 16}); json.ok()) {
    const Value& error = (*json)["error"];
    code = error.is_object() ? error["status"].AsString() : error.AsString();
    if (code.empty()) code = (*json)["code"].AsString((*json)["Code"].AsString());
  }
  const bool plain =
      code.size() <= 64 && std::ranges::all_of(code, [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.';
      });
  return plain ? code : "";
}

std::string Shown(const http::Request& request) {
  return Cat(request.method, " ", http::RedactUrl(request.url));
}

}  // namespace

base::Result<std::string> Ask(const observe::Context& ctx, http::Client& client,
                              http::Request request) {
  request.max_redirects = 0;  // what is sent and what comes are credentials
  request.max_response_bytes = kMaxAnswer;
  request.redact_query = true;
  const std::string what = Shown(request);
  SLUICE_TRY(http::Response response, client.Do(ctx.WithTimeout(kPatience), std::move(request)));
  if (response.status == 200) return std::move(response.body);
  const std::string code = CodeIn(response.body);
  return base::Unauthenticated(Cat(what, ": unexpected status code ",
                                   std::to_string(response.status), code.empty() ? "" : ": ",
                                   code));
}

base::Result<Value> AskJson(const observe::Context& ctx, http::Client& client,
                            http::Request request) {
  const std::string what = Shown(request);
  SLUICE_TRY(const std::string body, Ask(ctx, client, std::move(request)));
  auto json = document::ParseJson(body, {.max_depth = 16});
  if (!json.ok() || !json->is_object())
    return base::FailedPrecondition(what + ": the answer is not a JSON object");
  return json;
}

http::Request FormPost(std::string url, const std::map<std::string, std::string>& fields,
                       ProxyPtr proxy) {
  http::Request r;
  r.method = "POST";
  r.url = std::move(url);
  r.headers.Set("Content-Type", "application/x-www-form-urlencoded");
  r.proxy = std::move(proxy);
  for (const auto& [key, value] : fields)
    r.body += Cat(r.body.empty() ? "" : "&", key, "=", http::QueryEscape(value));
  return r;
}

http::Request MetadataRequest(std::string url) {
  http::Request r;
  r.url = std::move(url);
  r.proxy = std::make_shared<http::ProxyOptions>();
  r.connect_timeout = std::chrono::seconds(2);
  return r;
}

base::Result<std::string> ReadMounted(const std::string& path) {
  const size_t slash = path.rfind('/');
  // Kubernetes mounts tokens as links within their folder: a reader of the tree follows those.
  SLUICE_TRY(const auto tree,
             io::OpenDirectory(slash == path.npos ? "." : path.substr(0, slash + 1)));
  SLUICE_TRY(const std::string text, tree->ReadFile(path.substr(slash + 1), 1 << 20));
  return std::string(base::TrimSpace(text));
}

base::Result<Credential> BearerFrom(const Value& answer, base::Time now) {
  const std::string_view text = answer["access_token"].AsString();
  if (text.empty()) return base::Unauthenticated("no access token in the identity's answer");
  const Value& lasts = answer["expires_in"];
  const int64_t life = lasts.is_string()
                           ? base::ParseInt64(lasts.AsString()).value_or(kShortLife.count())
                           : lasts.AsInt(kShortLife.count());
  return Credential{"",
                    base::SecretString(text),
                    {},
                    now + std::chrono::seconds(std::clamp<int64_t>(life, 0, 86400))};
}

std::string Annotation(const ServiceAccount& account, const std::string& key) {
  const auto it = account.annotations.find(key);
  return it == account.annotations.end() ? "" : it->second;
}

base::Result<Credential> WithAccountToken(
    const observe::Context& ctx, const ServiceAccount& account, const std::string& audience,
    const std::function<base::Result<Credential>(const base::SecretString&)>& exchange) {
  const std::string shown = Cat("'", account.ns, "/", account.name, "'");
  auto token = account.token(ctx, audience);
  if (!token.ok())
    return std::move(token).status().Wrap(
        Cat("failed to create kubernetes token for service account ", shown));
  auto made = exchange(*token);
  if (!made.ok())
    return std::move(made).status().Wrap(
        Cat("failed to create provider access token for service account ", shown));
  return made;
}

base::Status OfIdentity(const ServiceAccount& account, base::Status why) {
  return std::move(why).Wrap(Cat("failed to get provider identity from service account '",
                                 account.ns, "/", account.name, "' annotations"));
}

}  // namespace sluice::cloud
