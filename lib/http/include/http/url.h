// Url: an absolute http(s) URL taken apart, and the escaping rules of Go's net/url. Values; pure.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::http {

// What a credential is bound to: scheme, host (lower case, without brackets) and port.
struct Origin {
  std::string scheme, host;
  uint16_t port = 0;
  std::string ToString() const;  // "https://example.com:8443"; the scheme's own port is left out
  friend auto operator<=>(const Origin&, const Origin&) = default;
};

struct Url {
  std::string scheme;    // lower case: "http" or "https"
  std::string userinfo;  // as written, "" if none: never part of an error text
  std::string host;      // lower case, IPv6 without brackets
  uint16_t port = 0;     // the scheme's own when absent
  bool has_port = false;
  std::string path;   // escaped, "" or starting with '/'
  std::string query;  // escaped, without '?'

  // Errors in Go's words without user info or query, e.g. `parse "http://[::1": missing ']' in
  // host`.
  static base::Result<Url> Parse(std::string_view text);
  // This URL as base of a reference: absolute, "//host/x", "/x", "x", "?q".
  base::Result<Url> Resolve(std::string_view reference) const;

  Origin origin() const { return {scheme, host, port}; }
  std::string HostPort() const;   // "example.com:443", "[::1]:80"; always with the port
  std::string Authority() const;  // as a Host header has it: the port only if it was written
  std::string ToString() const;   // with the query, without the user info
};

// For errors, logs and events: user info and query cut.
std::string RedactUrl(std::string_view url);

std::string PathEscape(std::string_view segment);  // url.PathEscape: '/' too
std::string QueryEscape(std::string_view text);    // url.QueryEscape: space as '+'
base::Result<std::string> QueryUnescape(std::string_view text);

}  // namespace sluice::http
