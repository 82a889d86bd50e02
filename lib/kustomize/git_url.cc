#include "git_url.h"

#include <map>

#include "base/strings.h"
#include "io/file_tree.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

bool ConsumePrefixFold(std::string_view& text, std::string_view prefix) {
  if (text.size() < prefix.size() || !base::EqualFold(text.substr(0, prefix.size()), prefix))
    return false;
  text.remove_prefix(prefix.size());
  return true;
}

bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "git@" or another user before the host.
std::string_view TakeUser(std::string_view& rest) {
  const size_t at = rest.find('@');
  if (at == rest.npos || at == 0 || !IsAlpha(rest[0])) return "";
  for (size_t i = 1; i < at; ++i) {
    if (!IsAlpha(rest[i]) && !IsDigit(rest[i]) && rest[i] != '-') return "";
  }
  const std::string_view user = rest.substr(0, at + 1);
  rest.remove_prefix(at + 1);
  return user;
}

// As url.QueryUnescape; nothing where an escape is broken.
std::optional<std::string> Unescape(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] != '%') {
      out += text[i];
    } else {
      const auto digit = [&](size_t at) {
        return at < text.size()
                   ? std::string_view("0123456789abcdef").find(base::ToLower(text.substr(at, 1))[0])
                   : std::string_view::npos;
      };
      const size_t high = digit(i + 1), low = digit(i + 2);
      if (high == text.npos || low == text.npos) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

using Query = std::map<std::string, std::string, std::less<>>;

// The first value of every key; nothing at all where any part is broken.
Query ReadQuery(std::string_view text) {
  Query values;
  for (const std::string_view pair : base::Split(text, "&")) {
    if (pair.empty()) continue;
    const auto cut = base::Cut(pair, "=");
    const auto key = Unescape(cut.has_value() ? cut->first : pair),
               value = Unescape(cut.has_value() ? cut->second : std::string_view());
    if (!key.has_value() || !value.has_value() || pair.find(';') != pair.npos) return {};
    values.emplace(*key, *value);
  }
  return values;
}

void ParseQuery(std::string_view text, RepoSpec& spec) {
  Query query = ReadQuery(text);
  spec.ref = query["ref"].empty() ? query["version"] : query["ref"];
  if (const auto flag = base::ParseBool(query["submodules"])) spec.submodules = *flag;
  const std::string& timeout = query["timeout"];
  if (timeout.empty()) return;
  const auto seconds = base::ParseInt64(timeout);
  if (!seconds.has_value())
    spec.timeout = timeout;
  else if (*seconds > 0)
    spec.timeout = Cat(std::to_string(*seconds), "s");
}

struct Split {
  std::string_view repo, path;
};

std::optional<Split> SplitPathOf(std::string_view rest, bool file) {
  constexpr std::string_view kAzure = "_git/";
  if (const size_t azure = rest.find(kAzure); azure != rest.npos) {
    const size_t end = rest.find('/', azure + kAzure.size());
    if (end == rest.npos) return Split{rest, ""};
    return Split{rest.substr(0, end), rest.substr(end + 1)};
  }
  if (const size_t marker = rest.find("//"); marker != rest.npos) {
    return Split{rest.substr(0, marker), rest.substr(marker + 2)};
  }
  if (const size_t git = rest.find(".git"); git != rest.npos) {
    std::string_view path = rest.substr(git + 4);
    if (path.starts_with('/')) path.remove_prefix(1);
    return Split{rest.substr(0, git + 4), path};
  }
  if (file) return Split{rest, ""};
  const size_t first = rest.find('/');
  if (first == rest.npos) return std::nullopt;
  const size_t second = rest.find('/', first + 1);
  if (second == rest.npos) return Split{rest, ""};
  return Split{rest.substr(0, second), rest.substr(second + 1)};
}

}  // namespace

bool IsHttpUrl(std::string_view path) {
  return path.starts_with("https://") || path.starts_with("http://");
}

std::optional<RepoSpec> ParseGitUrl(std::string_view url) {
  if (url.starts_with('/')) return std::nullopt;
  RepoSpec spec;
  spec.raw = url;
  std::string_view rest = url;
  if (const auto query = base::Cut(rest, "?")) {
    ParseQuery(query->second, spec);
    rest = query->first;
  }
  ConsumePrefixFold(rest, "git::");
  std::string_view scheme;
  for (const std::string_view candidate : {"ssh://", "https://", "http://", "file://"}) {
    if (ConsumePrefixFold(rest, candidate)) {
      scheme = candidate;
      break;
    }
  }
  const bool file = scheme == "file://";
  std::string host;
  if (file) {
    host = scheme;
  } else {
    std::string_view after = rest;
    const std::string_view user = TakeUser(after);
    const bool github =
        ConsumePrefixFold(after, "github.com/") || ConsumePrefixFold(after, "github.com:");
    if (github) {
      host = scheme == "ssh://" || !user.empty() ? Cat(user.empty() ? "git@" : user, "github.com:")
                                                 : "https://github.com/";
    } else {
      if (scheme.empty() && user.empty()) return std::nullopt;
      size_t end = after.find('/');
      const size_t colon = after.find(':');
      if (scheme.empty() && colon < end) end = colon;
      if (end == after.npos) return std::nullopt;
      host = Cat(scheme, user, after.substr(0, end + 1));
      after.remove_prefix(end + 1);
    }
    rest = after;
  }
  const auto split = SplitPathOf(rest, file);
  if (!split.has_value() || split->repo.empty()) return std::nullopt;
  if (!split->path.empty()) {
    const std::string clean = io::CleanPath(split->path);
    if (clean == ".." || clean.starts_with("../")) return std::nullopt;
    spec.path = clean == "." ? "" : clean;
  }
  spec.clone_spec = Cat(host, split->repo);
  return spec;
}

}  // namespace sluice::kustomize
