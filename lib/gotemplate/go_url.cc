#include "go_url.h"

#include <algorithm>
#include <optional>

#include "base/strings.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate::internal {
namespace {

using base::Cat;

enum class Part { kPath, kUser, kHost, kZone, kFragment };

bool IsAlphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool ShouldEscape(char c, Part part) {
  if (IsAlphanumeric(c) || c == '-' || c == '_' || c == '.' || c == '~') return false;
  std::string_view plain;
  switch (part) {
    case Part::kPath:
      plain = "$&+,/:;=@";
      break;
    case Part::kUser:
      plain = "$&+,;=";
      break;
    case Part::kFragment:
      plain = "!$&()*+,/:;=?@";
      break;
    case Part::kHost:
    case Part::kZone:
      plain = "!\"$&'()*+,:;<=>[]";
      break;
  }
  return plain.find(c) == plain.npos;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string Quote(std::string_view text) {
  std::string out;
  AppendGoQuoted(out, text);
  return out;
}

base::Result<std::string> Unescape(std::string_view text, Part part) {
  const bool host = part == Part::kHost || part == Part::kZone;
  const auto bad = [](std::string_view escape) {
    return base::InvalidArgument(Cat("invalid URL escape ", Quote(escape)));
  };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      if (host && static_cast<unsigned char>(text[i]) < 0x80 && ShouldEscape(text[i], part)) {
        return base::InvalidArgument(
            Cat("invalid character ", Quote(text.substr(i, 1)), " in host name"));
      }
      out += text[i];
      continue;
    }
    const std::string_view escape = text.substr(i, 3);
    if (escape.size() < 3 || HexDigit(escape[1]) < 0 || HexDigit(escape[2]) < 0) return bad(escape);
    const auto byte = static_cast<char>(HexDigit(escape[1]) << 4 | HexDigit(escape[2]));
    if (part == Part::kHost && HexDigit(escape[1]) < 8 && escape != "%25") return bad(escape);
    if (part == Part::kZone && escape != "%25" && byte != ' ' && ShouldEscape(byte, Part::kHost))
      return bad(escape);
    out += byte;
    i += 2;
  }
  return out;
}

std::string Escape(std::string_view text, Part part) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (!ShouldEscape(c, part)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append(1, '%').append(1, kHex[byte >> 4]).append(1, kHex[byte & 15]);
  }
  return out;
}

bool IsOptionalPort(std::string_view port) {
  if (port.empty()) return true;
  return port[0] == ':' &&
         std::ranges::all_of(port.substr(1), [](char c) { return c >= '0' && c <= '9'; });
}

// netip.ParseAddr for what stands in brackets: no failure for an address, its words otherwise.
class AddressCheck {
 public:
  explicit AddressCheck(std::string_view text) : text_(text) {}

  base::Status Run(bool& is_v4) {
    is_v4 = false;
    const size_t at = text_.find_first_of(".:%");
    if (at == text_.npos) return Fail("unable to parse IP");
    if (text_[at] == '%') return Fail("missing IPv6 address");
    if (text_[at] == ':') return V6();
    is_v4 = true;
    return V4(text_);
  }

 private:
  base::Status Fail(std::string_view why, std::string_view at = {}) const {
    std::string text = Cat("invalid host: ParseAddr(", Quote(text_), "): ", why);
    if (!at.empty()) text += Cat(" (at ", Quote(at), ")");
    return base::InvalidArgument(std::move(text));
  }

  base::Status V4(std::string_view s) const {
    int value = 0, dots = 0, digits = 0;
    for (size_t i = 0; i < s.size(); ++i) {
      if (s[i] >= '0' && s[i] <= '9') {
        if (digits == 1 && value == 0) return Fail("IPv4 field has octet with leading zero");
        value = value * 10 + (s[i] - '0');
        ++digits;
        if (value > 255) return Fail("IPv4 field has value >255");
      } else if (s[i] == '.') {
        if (i == 0 || i == s.size() - 1 || s[i - 1] == '.')
          return Fail("IPv4 field must have at least one digit", s.substr(i));
        if (dots == 3) return Fail("IPv4 address too long");
        ++dots;
        value = digits = 0;
      } else {
        return Fail("unexpected character", s.substr(i));
      }
    }
    return dots < 3 ? Fail("IPv4 address too short") : base::OkStatus();
  }

  base::Status V6() const {
    std::string_view s = text_;
    if (const size_t percent = s.find('%'); percent != s.npos) {
      if (percent + 1 == s.size()) return Fail("zone must be a non-empty string");
      s = s.substr(0, percent);
    }
    bool ellipsis = false;
    if (s.starts_with("::")) {
      ellipsis = true;
      s.remove_prefix(2);
      if (s.empty()) return base::OkStatus();
    }
    int bytes = 0;
    while (bytes < 16) {
      size_t digits = 0;
      while (digits < s.size() && HexDigit(s[digits]) >= 0) {
        if (++digits > 4) return Fail("each group must have 4 or less digits", s);
      }
      if (digits == 0) return Fail("each colon-separated field must have at least one digit", s);
      if (digits < s.size() && s[digits] == '.') {
        if (!ellipsis && bytes != 12)
          return Fail("embedded IPv4 address must replace the final 2 fields of the address", s);
        if (bytes + 4 > 16)
          return Fail("too many hex fields to fit an embedded IPv4 at the end of the address", s);
        SLUICE_TRY(V4(s));
        s = {};
        bytes += 4;
        break;
      }
      bytes += 2;
      s.remove_prefix(digits);
      if (s.empty()) break;
      if (s[0] != ':') return Fail("unexpected character, want colon", s);
      if (s.size() == 1) return Fail("colon must be followed by more characters", s);
      s.remove_prefix(1);
      if (s[0] == ':') {
        if (ellipsis) return Fail("multiple :: in address", s);
        ellipsis = true;
        s.remove_prefix(1);
        if (s.empty()) break;
      }
    }
    if (!s.empty()) return Fail("trailing garbage after address", s);
    if (bytes < 16 && !ellipsis) return Fail("address string too short");
    if (bytes == 16 && ellipsis) return Fail("the :: must expand to at least one field of zeros");
    return base::OkStatus();
  }

  std::string_view text_;
};

base::Status InvalidPort(std::string_view port) {
  return base::InvalidArgument(Cat("invalid port ", Quote(port), " after host"));
}

base::Result<std::string> ParseLiteral(std::string_view host) {
  const size_t close = host.rfind(']');
  if (close == host.npos) return base::InvalidArgument("missing ']' in host");
  const std::string_view port = host.substr(close + 1), name = host.substr(1, close - 1);
  if (!IsOptionalPort(port)) return InvalidPort(port);
  const size_t zone = name.find("%25");
  SLUICE_TRY(std::string address, Unescape(name.substr(0, zone), Part::kHost));
  if (zone != name.npos) {
    SLUICE_TRY(const std::string zone_text, Unescape(name.substr(zone), Part::kZone));
    address += zone_text;
  }
  bool is_v4 = false;
  SLUICE_TRY(AddressCheck(address).Run(is_v4));
  if (is_v4) return base::InvalidArgument("invalid IP-literal");
  return Cat("[", address, "]", port);
}

base::Result<std::string> ParseHost(std::string_view scheme, std::string_view host,
                                    bool strict_colons) {
  const size_t bracket = host.rfind('[');
  if (bracket == 0) return ParseLiteral(host);
  if (bracket != host.npos) return base::InvalidArgument("invalid IP-literal");
  size_t colon = host.find(':');
  if (colon != host.npos) {
    if (!strict_colons || (scheme != "http" && scheme != "https")) colon = host.rfind(':');
    if (!IsOptionalPort(host.substr(colon))) return InvalidPort(host.substr(colon));
  }
  return Unescape(host, Part::kHost);
}

base::Status ParseAuthority(GoUrl& url, std::string_view authority, bool strict_colons) {
  const size_t at = authority.rfind('@');
  SLUICE_TRY(url.host,
             ParseHost(url.scheme, at == authority.npos ? authority : authority.substr(at + 1),
                       strict_colons));
  if (at == authority.npos) return base::OkStatus();
  const std::string_view user = authority.substr(0, at);
  const auto allowed = [](char c) {
    return IsAlphanumeric(c) ||
           std::string_view("-._:~!$&'()*+,;=%@").find(c) != std::string_view::npos;
  };
  if (!std::ranges::all_of(user, allowed))
    return base::InvalidArgument("net/url: invalid userinfo");
  const size_t colon = user.find(':');
  SLUICE_TRY(url.user, Unescape(user.substr(0, colon), Part::kUser));
  url.has_user = true;
  if (colon == user.npos) return base::OkStatus();
  SLUICE_TRY(url.password, Unescape(user.substr(colon + 1), Part::kUser));
  url.has_password = true;
  return base::OkStatus();
}

// Takes "scheme:" off the front; a text that cannot begin with one has none.
base::Result<std::string> TakeScheme(std::string_view& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) continue;
    if (i > 0 && ((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.')) continue;
    if (c != ':') return std::string();
    if (i == 0) return base::InvalidArgument("missing protocol scheme");
    std::string scheme = base::ToLower(text.substr(0, i));
    text.remove_prefix(i + 1);
    return scheme;
  }
  return std::string();
}

base::Status ParseRest(GoUrl& url, std::string_view text, bool strict_colons) {
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return base::InvalidArgument("net/url: invalid control character in URL");
  }
  if (text == "*") {
    url.path = text;
    return base::OkStatus();
  }
  SLUICE_TRY(url.scheme, TakeScheme(text));
  const size_t question = text.find('?');
  if (question != text.npos) url.query = text.substr(question + 1);
  text = text.substr(0, question);
  if (!text.starts_with('/')) {
    if (!url.scheme.empty()) {
      url.opaque = text;
      return base::OkStatus();
    }
    if (text.substr(0, text.find('/')).find(':') != text.npos) {
      return base::InvalidArgument("first path segment in URL cannot contain colon");
    }
  }
  if ((!url.scheme.empty() || !text.starts_with("///")) && text.starts_with("//")) {
    const std::string_view authority = text.substr(2, text.find('/', 2) - 2);
    text.remove_prefix(2 + authority.size());
    SLUICE_TRY(ParseAuthority(url, authority, strict_colons));
  }
  SLUICE_TRY(url.path, Unescape(text, Part::kPath));
  return base::OkStatus();
}

}  // namespace

base::Result<GoUrl> GoUrl::Parse(std::string_view text, bool strict_colons) {
  GoUrl url;
  const size_t hash = text.find('#');
  const std::string_view before = text.substr(0, hash);
  if (base::Status status = ParseRest(url, before, strict_colons); !status.ok()) {
    return base::InvalidArgument(Cat("parse ", Quote(before), ": ", status.message()));
  }
  if (hash != text.npos) {
    auto fragment = Unescape(text.substr(hash + 1), Part::kFragment);
    if (!fragment.ok())
      return base::InvalidArgument(Cat("parse ", Quote(text), ": ", fragment.status().message()));
    url.fragment = *std::move(fragment);
  }
  return url;
}

std::string GoUrl::UserInfo() const {
  if (!has_user) return {};
  std::string out = Escape(user, Part::kUser);
  if (has_password) out += Cat(":", Escape(password, Part::kUser));
  return out;
}

std::string_view GoUrl::Hostname() const {
  std::string_view name = host;
  if (const size_t colon = name.rfind(':');
      colon != name.npos && IsOptionalPort(name.substr(colon)))
    name = name.substr(0, colon);
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  return name;
}

std::string GoUrl::ToString() const {
  std::string out;
  if (!scheme.empty()) out = scheme + ":";
  if (!opaque.empty()) {
    out += opaque;
  } else {
    if (!host.empty() || has_user || (!scheme.empty() && !path.empty())) out += "//";
    if (has_user) out += UserInfo() + "@";
    out += Escape(host, Part::kHost);
    const std::string escaped = path == "*" ? "*" : Escape(path, Part::kPath);
    if (!escaped.empty() && escaped[0] != '/' && !host.empty()) out += '/';
    if (out.empty() && escaped.substr(0, escaped.find('/')).find(':') != std::string::npos)
      out += "./";
    out += escaped;
  }
  if (!query.empty()) out += "?" + query;
  if (!fragment.empty()) out += "#" + Escape(fragment, Part::kFragment);
  return out;
}

}  // namespace sluice::gotemplate::internal
