#include "oci/reference.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "base/utf8.h"

namespace sluice::oci {
namespace {

constexpr std::string_view kDefaultRegistry = "index.docker.io";
constexpr std::string_view kRepositoryChars = "abcdefghijklmnopqrstuvwxyz0123456789_-./";
constexpr std::string_view kTagChars =
    "abcdefghijklmnopqrstuvwxyz0123456789_-.ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr size_t kShownBytes = 512;  // of a bad name in an error

size_t CountRunes(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

base::Status CheckElement(std::string_view what, std::string_view element, std::string_view allowed,
                          size_t least, size_t most) {
  const size_t runes = CountRunes(element);
  const std::string_view shown = base::TruncateUtf8(element, kShownBytes);
  if (runes < least || runes > most) {
    return base::InvalidArgument(base::Cat(what, " must be between ", std::to_string(least),
                                           " and ", std::to_string(most),
                                           " characters in length: ", shown));
  }
  if (element.find_first_not_of(allowed) == element.npos) return base::OkStatus();
  return base::InvalidArgument(
      base::Cat(what, " can only contain the characters `", allowed, "`: ", shown));
}

// What Go's url.Parse takes as the host of "//<name>" and gives back unchanged.
bool IsAuthority(std::string_view name) {
  constexpr std::string_view kHostChars = "-_.~!$&'()*+,;=:[]<>\"";
  const bool plain = std::ranges::all_of(name, [&](char c) {
    const auto u = static_cast<unsigned char>(c);
    return u >= 0x80 || std::isalnum(u) != 0 || kHostChars.find(c) != kHostChars.npos;
  });
  if (!plain) return false;
  const size_t bracket = name.rfind(']');
  if (name.starts_with('[') != (bracket != name.npos)) return false;
  const std::string_view rest = bracket == name.npos ? name : name.substr(bracket + 1);
  const size_t colon = rest.rfind(':');
  if (bracket != name.npos && !rest.empty() && colon != 0) return false;
  return colon == rest.npos || rest.find_first_not_of("0123456789", colon + 1) == rest.npos;
}

bool IsRfc1918(std::string_view name) {
  const std::string host(name.substr(0, name.find(':')));
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) != 1) return false;
  const uint32_t a = ntohl(v4.s_addr);
  return a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8;
}

// "x.localhost" with or without a port of up to five digits.
bool IsLocalhostName(std::string_view name) {
  if (const size_t colon = name.rfind(':'); colon != name.npos) {
    const std::string_view port = name.substr(colon + 1);
    if (!port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos)
      name = name.substr(0, colon);
  }
  return name.ends_with(".localhost");
}

bool IsPrivateV4(uint32_t a) {
  return a >> 24 == 127 || a >> 24 == 10 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
         a >> 16 == 0xa9fe || a >> 8 == 0xe00000 || a == 0;
}

}  // namespace

base::Result<Registry> Registry::Parse(std::string_view name, bool insecure) {
  if (!IsAuthority(name)) {
    return base::InvalidArgument(base::Cat("registries must be valid RFC 3986 URI authorities: ",
                                           base::TruncateUtf8(name, kShownBytes)));
  }
  if (name.empty() || name == "docker.io") name = kDefaultRegistry;
  return Registry(std::string(name), insecure);
}

bool Registry::AllowsPlainHttp() const {
  return insecure_ || IsRfc1918(name_) || name_.starts_with("localhost:") ||
         IsLocalhostName(name_) || base::Contains(name_, "127.0.0.1") ||
         base::Contains(name_, "::1");
}

base::Result<Repository> Repository::Parse(std::string_view name, bool insecure) {
  if (name.empty()) return base::InvalidArgument("a repository name must be specified");
  std::string_view registry, path = name;
  const size_t slash = name.find('/');
  if (slash != name.npos && name.substr(0, slash).find_first_of(".:") != name.npos) {
    registry = name.substr(0, slash);
    path = name.substr(slash + 1);
  }
  SLUICE_TRY(CheckElement("repository", path, kRepositoryChars, 2, 255));
  SLUICE_TRY(Registry parsed, Registry::Parse(registry, insecure));
  return Repository(std::move(parsed), std::string(path));
}

std::string Repository::Path() const {
  const bool implicit = registry_.name() == kDefaultRegistry && path_.find('/') == path_.npos;
  return implicit ? "library/" + path_ : path_;
}

base::Result<Reference> Reference::Parse(std::string_view text, bool insecure) {
  const auto failed = [&] {
    return base::InvalidArgument(
        base::Cat("could not parse reference: ", base::TruncateUtf8(text, kShownBytes)));
  };
  std::string_view name = text, digest;
  if (const auto at = base::Cut(text, "@")) {
    name = at->first;
    digest = at->second;
    if (!IsSha256Digest(digest)) return failed();
  }
  std::string_view tag = "latest";
  if (const size_t colon = name.rfind(':');
      colon != name.npos && name.find('/', colon) == name.npos) {
    tag = name.substr(colon + 1);
    name = name.substr(0, colon);
    if (!CheckElement("tag", tag, kTagChars, 1, 128).ok()) return failed();
  }
  auto repository = Repository::Parse(name, insecure);
  if (!repository.ok()) return failed();
  if (!digest.empty()) return Digest(*std::move(repository), std::string(digest));
  return Tag(*std::move(repository), std::string(tag));
}

bool IsSha256Digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  return text.size() == kPrefix.size() + 64 && text.starts_with(kPrefix) &&
         text.find_first_not_of("0123456789abcdef", kPrefix.size()) == text.npos;
}

bool IsPrivateAddress(std::string_view host) {
  const std::string text(base::TrimSuffix(base::Trim(host, "[]"), "."));
  in_addr v4{};
  // Not inet_pton: whoever dials takes "127.1", "0x7f000001" and "2130706433" for addresses, too.
  if (inet_aton(text.c_str(), &v4) == 1) return IsPrivateV4(ntohl(v4.s_addr));
  std::array<uint8_t, 16> a{};
  if (inet_pton(AF_INET6, text.c_str(), a.data()) != 1) return false;
  const auto zeros = [&](size_t n) {
    return std::all_of(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n),
                       [](uint8_t b) { return b == 0; });
  };
  if (zeros(15)) return a[15] <= 1;  // :: and ::1
  if (zeros(10) && a[10] == 0xff && a[11] == 0xff) {
    return IsPrivateV4(static_cast<uint32_t>(a[12]) << 24 | static_cast<uint32_t>(a[13]) << 16 |
                       static_cast<uint32_t>(a[14]) << 8 | a[15]);
  }
  const bool link_local = a[0] == 0xfe && (a[1] & 0xc0) == 0x80,
             unique_local = (a[0] & 0xfe) == 0xfc;
  return link_local || unique_local || (a[0] == 0xff && (a[1] & 0x0f) == 2);
}

bool IsLocal(std::string_view host) {
  const std::string_view name = base::TrimSuffix(host, ".");
  return name == "localhost" || name.ends_with(".localhost") || IsPrivateAddress(host);
}

bool MayBeLocal(std::string_view host) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '%'; };
  return IsLocal(host) || !std::ranges::all_of(host, plain);
}

}  // namespace sluice::oci
