#include "registry_error.h"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "base/strings.h"
#include "document/json.h"
#include "http/status_text.h"
#include "http/url.h"

namespace sluice::oci {
namespace {

using document::Value;

constexpr size_t kMaxShownBody = 8 << 10, kMaxErrors = 64;
constexpr int kMaxFormatDepth = 16;

void Append(std::string& out, const Value& v, int depth) {
  if (depth > kMaxFormatDepth) return;
  switch (v.kind()) {
    case Value::Kind::kNull:
      out += "<nil>";
      break;
    case Value::Kind::kBool:
      out += v.AsBool() ? "true" : "false";
      break;
    case Value::Kind::kInt:
    case Value::Kind::kUint:
    case Value::Kind::kDouble:
      document::AppendJsonNumber(out, v.AsDouble());
      break;
    case Value::Kind::kString:
      out += v.AsString();
      break;
    case Value::Kind::kArray: {
      out += '[';
      for (size_t i = 0; i < v.size(); ++i) {
        if (i > 0) out += ' ';
        Append(out, v.items()[i], depth + 1);
      }
      out += ']';
      break;
    }
    case Value::Kind::kObject: {
      Value sorted = v;
      sorted.SortMembers();
      out += "map[";
      bool first = true;
      for (const auto& [key, member] : sorted.members()) {
        if (!std::exchange(first, false)) out += ' ';
        out += key + ":";
        Append(out, member, depth + 1);
      }
      out += ']';
      break;
    }
  }
}

// The texts of `{"errors": […]}`; empty if the body is not that.
std::vector<std::string> Diagnostics(std::string_view body) {
  std::vector<std::string> out;
  const auto parsed = document::ParseJson(body, {.max_depth = 32});
  if (!parsed.ok() || !(*parsed)["errors"].is_array()) return out;
  for (const Value& e : (*parsed)["errors"].items()) {
    if (out.size() >= kMaxErrors) break;
    std::string text = base::Cat(e["code"].AsString(), ": ", e["message"].AsString());
    if (!e["detail"].is_null()) text += "; " + FormatGo(e["detail"]);
    out.push_back(std::move(text));
  }
  return out;
}

}  // namespace

base::StatusCode CodeOfAnswer(int status) {
  switch (status) {
    case 401:
      return base::StatusCode::kUnauthenticated;
    case 403:
      return base::StatusCode::kPermissionDenied;
    case 404:
      return base::StatusCode::kNotFound;
    case 408:
    case 429:
      return base::StatusCode::kUnavailable;
    default:
      return status >= 500 || status == 499 ? base::StatusCode::kUnavailable
                                            : base::StatusCode::kFailedPrecondition;
  }
}

std::string FormatGo(const Value& value) {
  std::string out;
  Append(out, value, 0);
  return out;
}

std::string ShownUrl(const std::string& url) {
  static constexpr std::array<std::string_view, 7> kShown{"scope",  "service", "mount", "from",
                                                          "digest", "n",       "last"};
  auto parsed = http::Url::Parse(url);
  if (!parsed.ok()) return http::RedactUrl(url);
  if (parsed->query.empty()) return parsed->ToString();
  std::multimap<std::string, std::string> query;
  for (const std::string_view part : base::Split(parsed->query, "&")) {
    const auto cut = base::Cut(part, "=");
    const std::string key(cut ? cut->first : part);
    const bool shown = std::ranges::find(kShown, key) != kShown.end();
    query.emplace(key, shown && cut
                           ? http::QueryEscape(http::QueryUnescape(cut->second).value_or(""))
                       : shown ? ""
                               : "REDACTED");
  }
  parsed->query.clear();
  for (const auto& [key, value] : query)
    parsed->query += base::Cat(parsed->query.empty() ? "" : "&", key, "=", value);
  return parsed->ToString();
}

base::Status RegistryError(std::string_view method, const std::string& url, int status,
                           std::string_view body) {
  std::string text = base::Cat(method, " ", ShownUrl(url), ": ");
  const auto errors = Diagnostics(body);
  if (errors.size() == 1) return {CodeOfAnswer(status), text + errors.front()};
  if (errors.size() > 1)
    return {CodeOfAnswer(status),
            base::Cat(text, "multiple errors returned: ", base::Join(errors, "; "))};
  text +=
      base::Cat("unexpected status code ", std::to_string(status), " ", http::StatusText(status));
  if (!body.empty()) {
    text += base::Cat(": ", base::TruncateUtf8(body, kMaxShownBody));
  } else if (method == "HEAD") {
    text += " (HEAD responses have no body, use GET for details)";
  }
  return {CodeOfAnswer(status), text};
}

}  // namespace sluice::oci
