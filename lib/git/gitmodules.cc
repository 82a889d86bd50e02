#include "git/gitmodules.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "git/url.h"

namespace sluice::git {
namespace {

constexpr size_t kMaxSubmodules = 1000, kMaxValue = 4096;

bool HasControl(std::string_view s) {
  return std::ranges::any_of(
      s, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

bool IsSafePath(std::string_view path) {
  if (path.empty() || path.size() > kMaxValue || path.starts_with('-') || HasControl(path) ||
      path.find('\\') != path.npos)
    return false;
  return std::ranges::all_of(base::Split(path, "/"), [](std::string_view part) {
    return !part.empty() && part != "." && part != ".." && !base::EqualFold(part, ".git") &&
           !base::EqualFold(part, "git~1");
  });
}

// A value: quotes and escapes undone, a comment behind it gone.
std::string Unquote(std::string_view text) {
  std::string out;
  size_t kept = 0;  // without spaces at the end
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      quoted = !quoted;
      kept = out.size();
      continue;
    }
    if (!quoted && (c == '#' || c == ';')) break;
    if (c == '\\' && i + 1 < text.size()) {
      c = text[++i];
      if (c == 'n') c = '\n';
      if (c == 't') c = '\t';
    }
    out += c;
    if (quoted || (c != ' ' && c != '\t')) kept = out.size();
  }
  out.resize(kept);
  return out;
}

// `[submodule "name"]` → name; nullopt for other sections.
std::optional<std::string> SectionName(std::string_view line) {
  const size_t quote = line.find('"'), last = line.rfind('"');
  if (quote == line.npos || last == quote) return std::nullopt;
  if (!base::EqualFold(base::TrimSpace(line.substr(1, quote - 1)), "submodule"))
    return std::nullopt;
  return std::string(line.substr(quote + 1, last - quote - 1));
}

base::Status Invalid(std::string_view what, const Submodule& s) {
  return base::InvalidArgument(
      base::Cat("submodule ", base::QuoteGo(base::TruncateUtf8(s.name, 256)), " has ", what));
}

}  // namespace

base::Result<std::string> ResolveSubmoduleUrl(std::string_view parent_url, std::string_view url) {
  const auto refuse = [&] {
    return base::InvalidArgument(
        base::Cat("invalid submodule url ", base::QuoteGo(http::RedactUrl(url.substr(0, 256)))));
  };
  if (url.empty() || url.size() > kMaxValue || url.starts_with('-') || HasControl(url))
    return refuse();
  if (url.starts_with("./") || url.starts_with("../")) {
    auto parent = ParseUrl(parent_url);
    if (!parent.ok()) return refuse();
    auto parts = base::Split(base::TrimSuffix(parent->path, "/"), "/");
    for (const std::string_view part : base::Split(url, "/")) {
      if (part.empty() || part == ".") continue;
      if (part == "..") {
        if (parts.size() <= 1) return refuse();
        parts.pop_back();
      } else {
        parts.push_back(part);
      }
    }
    std::string path;
    for (const std::string_view part : parts) {
      if (!part.empty()) path += base::Cat("/", part);
    }
    parent->path = path;
    parent->query.clear();
    return base::Cat(parent->scheme, "://", parent->userinfo, parent->userinfo.empty() ? "" : "@",
                     parent->Authority(), path);
  }
  if (const size_t scheme = url.find("://"); scheme != url.npos) {
    const std::string_view name = url.substr(0, scheme);
    if (name != "http" && name != "https" && name != "ssh") return refuse();
    if (!ParseUrl(url).ok()) return refuse();
    return std::string(url);
  }
  // scp form: no slash before the colon.
  const size_t colon = url.find(':');
  if (colon == url.npos || colon == 0 || url.substr(0, colon).find('/') != url.npos ||
      url.substr(colon).starts_with("::"))
    return refuse();
  const std::string_view path = url.substr(colon + 1);
  std::string as_ssh =
      base::Cat("ssh://", url.substr(0, colon), path.starts_with('/') ? "" : "/", path);
  if (!ParseUrl(as_ssh).ok()) return refuse();
  return as_ssh;
}

base::Result<std::vector<Submodule>> ParseGitmodules(std::string_view text) {
  std::vector<Submodule> out;
  bool in_submodule = false;
  for (const std::string_view raw : base::Split(text, "\n")) {
    const std::string_view line = base::TrimSpace(raw);
    if (line.empty() || line[0] == '#' || line[0] == ';') continue;
    if (line[0] == '[') {
      const auto name = SectionName(line);
      in_submodule = name.has_value();
      if (!in_submodule) continue;
      if (out.size() >= kMaxSubmodules) return base::ResourceExhausted("too many submodules");
      out.push_back({*name, "", ""});
      continue;
    }
    const size_t equals = line.find('=');
    if (!in_submodule || equals == line.npos) continue;
    const std::string key = base::ToLower(base::TrimSpace(line.substr(0, equals)));
    if (key == "path") out.back().path = Unquote(base::TrimSpace(line.substr(equals + 1)));
    if (key == "url") out.back().url = Unquote(base::TrimSpace(line.substr(equals + 1)));
  }
  for (const Submodule& s : out) {
    if (!IsSafePath(s.path)) return Invalid("an invalid path", s);
    if (!ResolveSubmoduleUrl("https://parent.invalid/a/b/c/d/e/f/g/h", s.url).ok())
      return Invalid("an invalid url", s);
  }
  return out;
}

}  // namespace sluice::git
