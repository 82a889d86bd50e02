// URLs as Go 1.26's net/url reads and prints them. Values; pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::gotemplate::internal {

struct GoUrl {
  // host with port; path and fragment decoded, query raw
  std::string scheme, opaque, host, path, query, fragment;
  bool has_user = false, has_password = false;
  std::string user, password;  // decoded

  // Failures in net/url's words: `parse "http://[::1": missing ']' in host`. `strict_colons`: http
  // and https hosts may hold one colon (Go 1.26); otherwise the last one begins the port.
  static base::Result<GoUrl> Parse(std::string_view text, bool strict_colons = true);
  std::string UserInfo() const;  // "user:pass", escaped
  std::string_view Hostname() const;
  std::string ToString() const;
};

}  // namespace sluice::gotemplate::internal
