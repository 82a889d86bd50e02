#include "lint_text.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::helm {
namespace {

using base::Cat;

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHigh(char c) { return static_cast<unsigned char>(c) >= 0x80; }  // of a rune past ASCII
bool IsAlnum(char c) { return IsLetter(c) || IsDigit(c) || IsHigh(c); }
bool IsOneOf(char c, std::string_view set) { return set.find(c) != set.npos; }
template <class Fn>
bool All(std::string_view text, Fn good) {
  return std::ranges::all_of(text, good);
}

bool EscapesAreWhole(std::string_view text) {
  const auto hex = [](char c) {
    return IsDigit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && (i + 2 >= text.size() || !hex(text[i + 1]) || !hex(text[i + 2])))
      return false;
  }
  return true;
}

bool IsAuthority(std::string_view text) {
  if (const size_t at = text.rfind('@'); at != text.npos) {
    if (!All(text.substr(0, at),
             [](char c) { return (IsAlnum(c) && !IsHigh(c)) || IsOneOf(c, "-._:~!$&'()*+,;=%@"); }))
      return false;
    if (!EscapesAreWhole(text.substr(0, at))) return false;
    text.remove_prefix(at + 1);
  }
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t end = text.rfind(']');
    if (end == text.npos) return false;
    port = text.substr(end + 1);
  } else if (const size_t colon = text.rfind(':'); colon != text.npos) {
    port = text.substr(colon);
  }
  if (!port.empty() && (port[0] != ':' || !All(port.substr(1), IsDigit))) return false;
  return All(text, [](char c) { return IsAlnum(c) || IsOneOf(c, "-_.~!$&'()*+,;=:[]<>\""); });
}

bool IsDnsLabel(std::string_view label, bool letter_first) {
  const auto good = [](char c) { return (c >= 'a' && c <= 'z') || IsDigit(c); };
  if (label.empty() || !good(label.front()) || !good(label.back())) return false;
  if (letter_first && IsDigit(label.front())) return false;
  return All(label, [&](char c) { return good(c) || c == '-'; });
}

constexpr std::string_view kSubdomain =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or "
    "'.', and must start and end with an "
    "alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
constexpr std::string_view kLabel =
    "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and "
    "must start and end with an alphanumeric "
    "character (e.g. 'my-name',  or '123-abc', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
constexpr std::string_view kLabel1035 =
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an "
    "alphabetic character, and end with an "
    "alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is "
    "'[a-z]([-a-z0-9]*[a-z0-9])?')";

std::vector<std::string> PathSegmentProblems(std::string_view name) {
  for (const std::string_view illegal : {".", ".."}) {
    if (name == illegal) return {Cat("may not be '", illegal, "'")};
  }
  std::vector<std::string> out;
  for (const std::string_view illegal : {"/", "%"}) {
    if (base::Contains(name, illegal)) out.push_back(Cat("may not contain '", illegal, "'"));
  }
  return out;
}

struct Row {
  std::string_view api_version, kind;
  int deprecated, removed;
  std::string_view replacement;
  int clients;
};
constexpr Row kDeprecations[] = {
#include "deprecations.inc"
};

}  // namespace

bool IsRequestUrl(std::string_view text) {
  if (!All(text, [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; }))
    return false;
  const size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || !IsLetter(text[0])) return false;
  if (!All(text.substr(0, colon),
           [](char c) { return (IsAlnum(c) && !IsHigh(c)) || IsOneOf(c, "+-."); }))
    return false;
  std::string_view rest = text.substr(colon + 1);
  rest = rest.substr(0, rest.find('?'));
  if (!rest.starts_with('/')) return true;  // opaque
  if (rest.starts_with("//")) {
    const size_t slash = std::min(rest.find('/', 2), rest.size());
    if (!IsAuthority(rest.substr(2, slash - 2))) return false;
    rest.remove_prefix(slash);
  }
  return EscapesAreWhole(rest);
}

bool IsWebUrl(std::string_view text) {
  if (text.size() <= 3 || text.size() >= 2083 || text.starts_with('.')) return false;
  if (const size_t mark = text.find("://"); mark != text.npos) {
    constexpr std::string_view kSchemes[] = {"ftp", "tcp", "udp", "ws", "wss", "http", "https"};
    if (std::ranges::find(kSchemes, text.substr(0, mark)) == std::end(kSchemes)) return false;
    text.remove_prefix(mark + 3);
  }
  std::string_view host = text.substr(0, text.find_first_of("/?#"));
  if (!All(text, [](char c) { return static_cast<unsigned char>(c) > 0x20 && c != 0x7f; }))
    return false;
  if (const size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  if (const size_t colon = host.rfind(':'); colon != host.npos && !host.starts_with('[')) {
    if (colon + 1 == host.size() || host.size() - colon > 6 ||
        !All(host.substr(colon + 1), IsDigit))
      return false;
    host = host.substr(0, colon);
  }
  if (host == "localhost" || host.starts_with('[')) return true;
  const auto labels = base::Split(base::TrimSuffix(host, "."), ".");
  return labels.size() > 1 && All(labels.back(), [](char c) { return IsAlnum(c) || c == '-'; }) &&
         std::ranges::all_of(labels, [](std::string_view label) {
           return !label.empty() && IsAlnum(label.front()) && IsAlnum(label.back()) &&
                  All(label, [](char c) { return IsAlnum(c) || c == '-' || c == '_'; });
         });
}

bool IsEmail(std::string_view text) {
  const size_t at = text.rfind('@');
  if (at == text.npos || at == 0) return false;
  const std::string_view local = text.substr(0, at),
                         domain = base::TrimSuffix(text.substr(at + 1), ".");
  if (!(local.size() > 1 && local.starts_with('"') && local.ends_with('"'))) {
    for (const std::string_view atom : base::Split(local, ".")) {
      if (atom.empty() ||
          !All(atom, [](char c) { return IsAlnum(c) || IsOneOf(c, "!#$%&'*+/=?^_`{|}~-"); }))
        return false;
    }
  }
  const auto labels = base::Split(domain, ".");
  if (labels.size() < 2) return false;
  const auto letter = [](char c) { return IsLetter(c) || IsHigh(c); };
  if (labels.back().empty() || !letter(labels.back().front()) || !letter(labels.back().back()))
    return false;
  return IsAlnum(domain.front()) && std::ranges::all_of(labels, [](std::string_view label) {
           return !label.empty() && IsAlnum(label.back()) &&
                  All(label, [](char c) { return IsAlnum(c) || IsOneOf(c, "-_~"); });
         });
}

std::vector<std::string> NameProblems(std::string_view kind, std::string_view name) {
  const std::string lower = base::ToLower(kind);
  if (lower == "certificatesigningrequest") return {};
  if (lower == "role" || lower == "clusterrole" || lower == "rolebinding" ||
      lower == "clusterrolebinding")
    return PathSegmentProblems(name);
  const bool service = lower == "service", label = service || lower == "namespace";
  const size_t most = label ? 63 : 253;
  std::vector<std::string> out;
  if (name.size() > most)
    out.push_back(Cat("must be no more than ", std::to_string(most), " characters"));
  const auto labels = base::Split(name, ".");
  const bool good =
      label ? IsDnsLabel(name, service) : std::ranges::all_of(labels, [](std::string_view each) {
        return IsDnsLabel(each, false);
      });
  const bool dots = label && !service && std::ranges::all_of(labels, [](std::string_view each) {
                      return IsDnsLabel(each, false);
                    });
  if (!good)
    out.emplace_back(service ? kLabel1035
                     : dots  ? "must not contain dots"
                     : label ? kLabel
                             : kSubdomain);
  return out;
}

std::string Deprecation(std::string_view api_version, std::string_view kind, int64_t minor,
                        HelmVersion version) {
  const int client = version == HelmVersion::kV3 ? 1 : 2;
  for (const Row& row : kDeprecations) {
    if (row.api_version != api_version || row.kind != kind || (row.clients & client) == 0 ||
        row.deprecated > minor)
      continue;
    std::string out =
        Cat(api_version, " ", kind, " is deprecated in v1.", std::to_string(row.deprecated), "+");
    if (row.removed != 0) out += Cat(", unavailable in v1.", std::to_string(row.removed), "+");
    if (!row.replacement.empty()) out += Cat("; use ", row.replacement);
    return out;
  }
  return "";
}

}  // namespace sluice::helm
