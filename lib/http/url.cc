#include "http/url.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::http {
namespace {

bool IsUnreserved(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

std::string Escape(std::string_view text, std::string_view keep, bool plus) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string out;
  out.reserve(text.size());
  for (const char c : text) {
    if (IsUnreserved(c) || keep.find(c) != keep.npos) {
      out += c;
    } else if (plus && c == ' ') {
      out += '+';
    } else {
      const auto u = static_cast<unsigned char>(c);
      out += {'%', kHex[u >> 4], kHex[u & 15]};
    }
  }
  return out;
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

base::Status ParseError(std::string_view text, std::string_view why) {
  constexpr size_t kMaxEcho = 256;
  return base::InvalidArgument(
      base::Cat("parse ", base::QuoteGo(RedactUrl(text.substr(0, kMaxEcho))), ": ", why));
}

uint16_t DefaultPort(std::string_view scheme) { return scheme == "https" ? 443 : 80; }

bool IsHostByte(char c) {
  const auto u = static_cast<unsigned char>(c);
  return IsUnreserved(c) || u >= 0x80 ||
         std::string_view("!$&'()*+,;=:%").find(c) != std::string_view::npos;
}

// "host", "host:port", "[v6]", "[v6]:port".
base::Status SplitHostPort(std::string_view text, std::string_view authority, Url& url) {
  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t end = authority.find(']');
    if (end == authority.npos) return ParseError(text, "missing ']' in host");
    url.host = base::ToLower(authority.substr(1, end - 1));
    port = authority.substr(end + 1);
    if (!port.empty() && port.front() != ':') {
      return ParseError(text, base::Cat("invalid port ", base::QuoteGo(port), " after host"));
    }
  } else {
    const size_t colon = authority.find(':');
    url.host = base::ToLower(authority.substr(0, colon));
    port = colon == authority.npos ? "" : authority.substr(colon);
  }
  // Whoever dials would undo the escapes: the name that was judged would not be the one that is
  // asked.
  if (const size_t escape = url.host.find('%');
      escape != std::string::npos && url.host.find(':') == std::string::npos) {
    return ParseError(text, base::Cat("invalid URL escape ",
                                      base::QuoteGo(std::string_view(url.host).substr(escape, 3))));
  }
  const auto bad = std::ranges::find_if_not(url.host, IsHostByte);
  if (bad != url.host.end()) {
    return ParseError(text, base::Cat("invalid character ", base::QuoteGo(std::string(1, *bad)),
                                      " in host name"));
  }
  url.port = DefaultPort(url.scheme);
  if (port.size() <= 1) return {};
  const auto number = base::ParseUint64(port.substr(1));
  if (!number || *number > 65535 || port[1] == '+') {
    return ParseError(text, base::Cat("invalid port ", base::QuoteGo(port), " after host"));
  }
  url.port = static_cast<uint16_t>(*number);
  url.has_port = true;
  return {};
}

// RFC 3986 §5.2.4.
std::string RemoveDotSegments(std::string_view path) {
  std::vector<std::string_view> out;
  const auto segments = base::Split(path, "/");
  for (size_t i = 0; i < segments.size(); ++i) {
    const bool last = i + 1 == segments.size();
    if (segments[i] == "..") {
      if (out.size() > 1) out.pop_back();
      if (last) out.push_back("");
    } else if (segments[i] == ".") {
      if (last) out.push_back("");
    } else {
      out.push_back(segments[i]);
    }
  }
  return base::Join(out, "/");
}

// Bytes a request line cannot hold are escaped, as Go does when it prints a path.
std::string EscapeIllegal(std::string_view text) {
  return Escape(text, "%!#$&'()*+,/:;=?@[]\\^`{|}\"<>", false);
}

}  // namespace

std::string Origin::ToString() const {
  const std::string h = host.find(':') == host.npos ? host : "[" + host + "]";
  if (port == DefaultPort(scheme)) return scheme + "://" + h;
  return scheme + "://" + h + ":" + std::to_string(port);
}

base::Result<Url> Url::Parse(std::string_view text) {
  constexpr size_t kMaxUrl = 64u << 10;
  if (text.size() > kMaxUrl) return base::InvalidArgument("URL is too long");
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return ParseError(text, "net/url: invalid control character in URL");
  }
  Url url;
  const size_t colon = text.find("://");
  const std::string scheme = colon == text.npos ? "" : base::ToLower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https") {
    return base::InvalidArgument(
        base::Cat("unsupported protocol scheme ", base::QuoteGo(scheme.substr(0, 32))));
  }
  url.scheme = scheme;
  std::string_view rest = text.substr(colon + 3);
  rest = rest.substr(0, rest.find('#'));
  const size_t end = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, end);
  rest = end == rest.npos ? "" : rest.substr(end);
  if (const size_t at = authority.rfind('@'); at != authority.npos) {
    url.userinfo = authority.substr(0, at);
    authority = authority.substr(at + 1);
  }
  SLUICE_TRY(SplitHostPort(text, authority, url));
  if (url.host.empty()) return base::InvalidArgument("http: no Host in request URL");
  const size_t question = rest.find('?');
  url.path = EscapeIllegal(rest.substr(0, question));
  if (question != rest.npos) url.query = EscapeIllegal(rest.substr(question + 1));
  return url;
}

base::Result<Url> Url::Resolve(std::string_view reference) const {
  const size_t stop = reference.find_first_of(":/?#");
  if (stop != reference.npos && reference[stop] == ':') return Parse(reference);
  if (reference.starts_with("//")) return Parse(base::Cat(scheme, ":", reference));
  Url out = *this;
  reference = reference.substr(0, reference.find('#'));
  const size_t question = reference.find('?');
  const std::string_view ref_path = reference.substr(0, question);
  if (question != reference.npos || !ref_path.empty()) {
    out.query = question == reference.npos ? "" : EscapeIllegal(reference.substr(question + 1));
  }
  if (ref_path.empty()) return out;
  std::string merged;
  if (ref_path.front() == '/') {
    merged = ref_path;
  } else {
    const std::string_view base_path = path.empty() ? "/" : std::string_view(path);
    merged = base::Cat(base_path.substr(0, base_path.rfind('/') + 1), ref_path);
  }
  out.path = EscapeIllegal(RemoveDotSegments(merged));
  return Parse(out.ToString());
}

std::string Url::HostPort() const {
  return (host.find(':') == host.npos ? host : "[" + host + "]") + ":" + std::to_string(port);
}

std::string Url::Authority() const {
  const std::string h = host.find(':') == host.npos ? host : "[" + host + "]";
  return has_port ? h + ":" + std::to_string(port) : h;
}

std::string Url::ToString() const {
  return base::Cat(scheme, "://", Authority(), path, query.empty() ? "" : "?", query);
}

std::string RedactUrl(std::string_view url) {
  std::string out(url.substr(0, url.find_first_of("?#")));
  const size_t start = out.find("://");
  if (start == out.npos) return out;
  const size_t authority = start + 3;
  const size_t end = std::min(out.find('/', authority), out.size());
  const size_t at = out.rfind('@', end);
  if (at != out.npos && at >= authority) out.erase(authority, at + 1 - authority);
  return out;
}

std::string PathEscape(std::string_view segment) { return Escape(segment, "$&+=:@", false); }

std::string QueryEscape(std::string_view text) { return Escape(text, "", true); }

base::Result<std::string> QueryUnescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%') {
      const int hi = i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
      const int lo = i + 2 < text.size() ? HexDigit(text[i + 2]) : -1;
      if (hi < 0 || lo < 0) {
        return base::InvalidArgument(
            base::Cat("invalid URL escape ", base::QuoteGo(text.substr(i, 3))));
      }
      out += static_cast<char>(hi * 16 + lo);
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

}  // namespace sluice::http
