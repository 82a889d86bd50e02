#include "git/url.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::git {

base::Result<http::Url> ParseUrl(std::string_view text) {
  const size_t colon = text.find("://");
  const std::string scheme =
      colon == text.npos ? std::string() : base::ToLower(text.substr(0, colon));
  if (scheme != "http" && scheme != "https" && scheme != "ssh")
    return base::InvalidArgument(base::Cat("unknown transport '", scheme, "'"));
  if (std::ranges::any_of(
          text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return base::InvalidArgument("net/url: invalid control character in URL");
  }
  SLUICE_TRY(http::Url url,
             http::Url::Parse(scheme == "ssh" ? base::Cat("https", text.substr(colon))
                                              : std::string(text)));
  if (url.host.starts_with('-')) return base::InvalidArgument("invalid host name");
  if (scheme == "ssh") {
    url.scheme = scheme;
    if (!url.has_port) url.port = 22;
  }
  return url;
}

}  // namespace sluice::git
