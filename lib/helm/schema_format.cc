// "format" of drafts 4 to 7, with the words of Helm's library.
#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "base/strings.h"
#include "base/utf8.h"
#include "schema_node.h"

namespace sluice::helm::schema {
namespace {

using base::Cat;
using Text = std::string_view;

bool Digit(char c) { return c >= '0' && c <= '9'; }
bool Letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool Digits(Text text) { return !text.empty() && std::ranges::all_of(text, Digit); }
int Number(Text digits) {  // at most four digits
  int n = 0;
  for (const char c : digits) n = n * 10 + (c - '0');
  return n;
}
size_t LeadingDigits(Text text) {
  return static_cast<size_t>(std::ranges::find_if_not(text, Digit) - text.begin());
}

std::string RuneText(Text text, size_t at) {  // %q of a rune
  const std::string quoted = base::QuoteGo(text.substr(at, base::DecodeRune(text, at).size));
  return Cat("'", Text(quoted).substr(1, quoted.size() - 2), "'");
}

std::string JsonPointer(Text s) {
  if (s.empty()) return "";
  if (s[0] != '/') return "not starting with /";
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '~' && (i + 1 == s.size() || (s[i + 1] != '0' && s[i + 1] != '1')))
      return "~ must be followed by 0 or 1";
  }
  return "";
}

std::string RelativeJsonPointer(Text s) {
  const size_t digits = LeadingDigits(s);
  if (digits == 0) return "must start with non-negative integer";
  if (digits > 1 && s[0] == '0') return "starts with zero";
  s.remove_prefix(digits);
  return s == "#" ? "" : JsonPointer(s);
}

std::string Uuid(Text s) {
  constexpr size_t kSizes[] = {8, 4, 4, 4, 12};
  const auto groups = base::Split(s, "-");
  if (groups.size() != 5) return "must have 5 elements";
  for (size_t i = 0; i < 5; ++i) {
    if (groups[i].size() != kSizes[i])
      return Cat("element ", std::to_string(i + 1), " must be ", std::to_string(kSizes[i]),
                 " characters long");
    for (size_t k = 0; k < groups[i].size(); ++k) {
      const char c = groups[i][k];
      if (!Digit(c) && !((c | 0x20) >= 'a' && (c | 0x20) <= 'f'))
        return Cat("non-hex character ", RuneText(groups[i], k));
    }
  }
  return "";
}

std::string Duration(Text s) {
  if (!s.starts_with('P')) return "must start with P";
  s.remove_prefix(1);
  if (s.empty()) return "nothing after P";
  if (s.ends_with('W')) {
    s.remove_suffix(1);
    return s.empty() ? "no number in week" : Digits(s) ? "" : "invalid week";
  }
  constexpr Text kUnits[] = {"YMD", "HMS"};
  const auto parts = base::Split(s, "T");
  for (size_t i = 0; i < parts.size(); ++i) {
    Text part = parts[i];
    if (i != 0 && part.empty()) return "no time elements";
    if (i >= 2) return "more than one T";
    for (Text units = kUnits[i]; !part.empty();) {
      const size_t digits = LeadingDigits(part);
      if (digits == 0) return "missing number";
      part.remove_prefix(digits);
      if (part.empty()) return "missing unit";
      const size_t unit = units.find(part[0]);
      if (unit == units.npos)
        return Cat(kUnits[i].find(part[0]) != Text::npos ? "unit " : "invalid unit ",
                   RuneText(part, 0), kUnits[i].find(part[0]) != Text::npos ? " out of order" : "");
      units.remove_prefix(unit + 1);
      part.remove_prefix(1);
    }
  }
  return "";
}

std::string Ipv4(Text s) {
  const auto groups = base::Split(s, ".");
  if (groups.size() != 4) return "expected four decimals";
  for (const Text group : groups) {
    if (group.size() > 1 && group[0] == '0') return "leading zeros";
    const auto n = base::ParseInt64(base::TrimPrefix(group, "+"));
    if (!n.has_value())
      return Cat("strconv.Atoi: parsing ", base::QuoteGo(group), ": invalid syntax");
    if (*n < 0 || *n > 255) return "decimal must be between 0 and 255";
  }
  return "";
}

std::string Ipv6(Text s) {
  if (!base::Contains(s, ":")) return "missing colon";
  const auto zone = base::Cut(s, "%");
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(zone.has_value() ? zone->first : s).c_str(), &address) != 1) {
    return Cat("ParseAddr(", base::QuoteGo(s), "): unable to parse IP");
  }
  return zone.has_value() ? "zone id is not a part of ipv6 address" : "";
}

std::string Hostname(Text s) {
  s = base::TrimSuffix(s, ".");
  if (s.size() > 253) return "more than 253 characters long";
  for (const Text label : base::Split(s, ".")) {
    if (label.empty() || label.size() > 63) return "label must be 1 to 63 characters long";
    if (label.front() == '-') return "label starts with hyphen";
    if (label.back() == '-') return "label ends with hyphen";
    for (size_t i = 0; i < label.size(); ++i) {
      if (!Letter(label[i]) && !Digit(label[i]) && label[i] != '-')
        return Cat("invalid character ", RuneText(label, i));
    }
  }
  return "";
}

std::string Email(Text s) {
  if (s.size() > 254) return "more than 255 characters long";
  const size_t at = s.rfind('@');
  if (at == s.npos) return "missing @";
  const Text local = s.substr(0, at);
  Text domain = s.substr(at + 1);
  if (local.size() > 64) return "local part more than 64 characters long";
  if (local.size() > 1 && local.front() == '"' && local.back() == '"') {
    if (local.substr(1, local.size() - 2).find_first_of("\\\"") != local.npos) {
      return "backslash and quote are not allowed within quoted local part";
    }
  } else {
    if (local.starts_with('.')) return "starts with dot";
    if (local.ends_with('.')) return "ends with dot";
    if (base::Contains(local, "..")) return "consecutive dots";
    for (size_t i = 0; i < local.size(); ++i) {
      if (!Letter(local[i]) && !Digit(local[i]) &&
          Text(".!#$%&'*+-/=?^_`{|}~").find(local[i]) == Text::npos) {
        return Cat("invalid character ", RuneText(local, i));
      }
    }
  }
  if (domain.starts_with('[') && domain.ends_with(']')) {
    domain = domain.substr(1, domain.size() - 2);
    const bool six = domain.starts_with("IPv6:");
    const std::string why = six ? Ipv6(domain.substr(5)) : Ipv4(domain);
    return why.empty() ? "" : Cat("invalid ", six ? "ipv6" : "ipv4", " address: ", why);
  }
  const std::string why = Hostname(domain);
  return why.empty() ? "" : Cat("invalid domain: ", why);
}

std::string Date(Text s) {
  const auto cannot = [&](Text rest, Text layout) {
    return Cat("parsing time ", base::QuoteGo(s), " as \"2006-01-02\": cannot parse ",
               base::QuoteGo(rest), " as ", base::QuoteGo(layout));
  };
  if (s.size() < 4 || !Digits(s.substr(0, 4))) return cannot(s, "2006");
  Text rest = s.substr(4);
  int parts[2] = {};
  for (size_t i = 0; i < 2; ++i) {
    if (!rest.starts_with('-')) return cannot(rest, "-");
    rest.remove_prefix(1);
    if (rest.size() < 2 || !Digits(rest.substr(0, 2))) return cannot(rest, i == 0 ? "01" : "02");
    parts[i] = Number(rest.substr(0, 2));
    rest.remove_prefix(2);
    if (i == 0 && (parts[0] < 1 || parts[0] > 12))
      return Cat("parsing time ", base::QuoteGo(s), ": month out of range");
  }
  if (!rest.empty())
    return Cat("parsing time ", base::QuoteGo(s), ": extra text: ", base::QuoteGo(rest));
  constexpr std::array<int, 13> kDays = {0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const int year = Number(s.substr(0, 4));
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int days = kDays[static_cast<size_t>(parts[0])] + (parts[0] == 2 && leap ? 1 : 0);
  if (parts[1] < 1 || parts[1] > days)
    return Cat("parsing time ", base::QuoteGo(s), ": day out of range");
  return "";
}

std::string TimeOfDay(Text s) {
  if (s.size() < 9) return "less than 9 characters long";
  if (s[2] != ':' || s[5] != ':') return "missing colon in correct place";
  for (const size_t at : {0u, 3u, 6u}) {
    if (!Digits(s.substr(at, 2))) return "invalid hour/min/sec";
  }
  const int hours = Number(s.substr(0, 2)), minutes = Number(s.substr(3, 2)),
            seconds = Number(s.substr(6, 2));
  if (hours > 23 || minutes > 59 || seconds > 60) return "hour/min/sec out of range";
  s.remove_prefix(8);
  if (s.starts_with('.')) {
    const size_t digits = LeadingDigits(s.substr(1));
    if (digits == 0) return "no digits in second fraction";
    s.remove_prefix(digits + 1);
  }
  int at = hours * 60 + minutes;
  if (s != "z" && s != "Z") {
    if (s.size() != 6) return "offset must be 6 characters long";
    if (s[0] != '+' && s[0] != '-') return "offset must begin with plus/minus";
    if (s[3] != ':') return "missing colon in offset in correct place";
    if (!Digits(s.substr(1, 2)) || !Digits(s.substr(4, 2))) return "invalid hour/min in offset";
    const int h = Number(s.substr(1, 2)), m = Number(s.substr(4, 2));
    if (h > 23 || m > 59) return "hour/min in offset out of range";
    at += (s[0] == '+' ? -1 : 1) * (h * 60 + m);
    if (at < 0) at += 24 * 60;
  }
  return seconds >= 60 && (at / 60 != 23 || at % 60 != 59) ? "invalid leap second" : "";
}

std::string DateTime(Text s) {
  if (s.size() < 20) return "less than 20 characters long";
  if (s[10] != 't' && s[10] != 'T') return "11th character must be t or T";
  if (const std::string why = Date(s.substr(0, 10)); !why.empty())
    return Cat("invalid date element: ", why);
  if (const std::string why = TimeOfDay(s.substr(11)); !why.empty())
    return Cat("invalid time element: ", why);
  return "";
}

std::string Period(Text s) {
  const auto cut = base::Cut(s, "/");
  if (!cut.has_value()) return "missing slash";
  const auto [start, end] = *cut;
  const bool lasting = start.starts_with('P');
  if (const std::string why = lasting ? Duration(start) : DateTime(start); !why.empty()) {
    return Cat(lasting ? "invalid start duration: " : "invalid start date-time: ", why);
  }
  const bool for_time = !lasting && end.starts_with('P');
  const std::string why = for_time ? Duration(end) : DateTime(end);
  return why.empty() ? ""
                     : Cat(for_time ? "invalid end duration: " : "invalid end date-time: ", why);
}

// What net/url refuses, in its words; `absolute` tells whether there is a scheme.
std::string ParseUrl(Text s, bool& absolute) {
  const auto fail = [&](Text why) { return Cat("parse ", base::QuoteGo(s), ": ", why); };
  absolute = false;
  if (std::ranges::any_of(
          s, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    return fail("net/url: invalid control character in URL");
  }
  if (s.starts_with(':')) return fail("missing protocol scheme");
  Text rest = s.substr(0, s.find('#'));
  if (const size_t colon = rest.find(':'); colon != rest.npos && Letter(rest[0])) {
    const Text scheme = rest.substr(0, colon);
    absolute = std::ranges::all_of(
        scheme, [](char c) { return Letter(c) || Digit(c) || c == '+' || c == '-' || c == '.'; });
    if (absolute)
      rest.remove_prefix(colon + 1);
    else if (scheme.find('/') == scheme.npos)
      return fail("first path segment in URL cannot contain colon");
  } else if (colon != rest.npos && rest.find('/') > colon) {
    return fail("first path segment in URL cannot contain colon");
  }
  for (size_t i = s.find('%'); i != s.npos; i = s.find('%', i + 1)) {
    const auto hex = [&](size_t k) {
      return k < s.size() && (Digit(s[k]) || ((s[k] | 0x20) >= 'a' && (s[k] | 0x20) <= 'f'));
    };
    if (!hex(i + 1) || !hex(i + 2))
      return fail(Cat("invalid URL escape ", base::QuoteGo(s.substr(i, 3))));
  }
  if (!rest.starts_with("//")) return "";
  Text host = rest.substr(2);
  host = host.substr(0, host.find_first_of("/?"));
  if (const size_t at = host.rfind('@'); at != host.npos) host.remove_prefix(at + 1);
  if (host.find_first_of(" <>\"") != host.npos)
    return fail(Cat("invalid character ",
                    base::QuoteGo(host.substr(host.find_first_of(" <>\""), 1)), " in host name"));
  if (host.starts_with('[')) {
    const size_t close = host.find(']');
    if (close == host.npos) return fail("missing ']' in host");
    const std::string why = Ipv6(host.substr(1, close - 1));
    return why.empty() ? "" : Cat("invalid ipv6 address: ", why);
  }
  const size_t colon = host.find(':');
  if (colon == host.npos) return "";
  if (host.find(':', colon + 1) != host.npos) return "ipv6 address not enclosed in brackets";
  if (colon + 1 < host.size() && !Digits(host.substr(colon + 1))) {
    return fail(Cat("invalid port ", base::QuoteGo(host.substr(colon)), " after host"));
  }
  return "";
}

std::string Uri(Text s) {
  bool absolute = false;
  std::string why = ParseUrl(s, absolute);
  return !why.empty() || absolute ? why : "relative url";
}

std::string UriReference(Text s) {
  if (base::Contains(s, "\\")) return "contains \\";
  bool absolute = false;
  return ParseUrl(s, absolute);
}

std::string UriTemplate(Text s) {
  bool absolute = false;
  return ParseUrl(s, absolute);
}

std::string Identifiers(Text list, bool build) {
  const Text which = build ? "build" : "pre-release";
  for (const Text id : base::Split(list, ".")) {
    if (id.empty()) return Cat(which, " identifier is empty");
    for (size_t i = 0; i < id.size(); ++i) {
      if (!Digit(id[i]) && !Letter(id[i]) && id[i] != '-')
        return Cat("invalid character ", RuneText(id, i), " in ", which, " identifier");
    }
    if (!build && Digits(id) && id.size() > 1 && id[0] == '0')
      return "pre-release numeric identifier starts with zero";
  }
  return "";
}

std::string Semver(Text s) {
  if (const size_t plus = s.find('+'); plus != s.npos) {
    if (plus + 1 == s.size()) return "build is empty";
    if (std::string why = Identifiers(s.substr(plus + 1), true); !why.empty()) return why;
    s = s.substr(0, plus);
  }
  if (const size_t dash = s.find('-'); dash != s.npos) {
    if (std::string why = Identifiers(s.substr(dash + 1), false); !why.empty()) return why;
    s = s.substr(0, dash);
  }
  const auto parts = base::Split(s, ".");
  if (parts.size() != 3) return "versionCore must have 3 numbers separated by dot";
  constexpr Text kNames[] = {"major", "minor", "patch"};
  for (size_t i = 0; i < 3; ++i) {
    if (parts[i].empty()) return Cat(kNames[i], " is empty");
    if (parts[i].size() > 1 && parts[i][0] == '0') return Cat(kNames[i], " starts with zero");
    if (!Digits(parts[i])) return Cat(kNames[i], " contains non-digit");
  }
  return "";
}

std::string Regex(Text s) {
  const auto regex = CompileRegex(s);
  return regex.ok() ? "" : regex.status().message();
}

using Check = std::string (*)(Text);
constexpr std::pair<Text, Check> kFormats[] = {
    {"json-pointer", JsonPointer},
    {"relative-json-pointer", RelativeJsonPointer},
    {"uuid", Uuid},
    {"duration", Duration},
    {"period", Period},
    {"ipv4", Ipv4},
    {"ipv6", Ipv6},
    {"hostname", Hostname},
    {"email", Email},
    {"date", Date},
    {"time", TimeOfDay},
    {"date-time", DateTime},
    {"uri", Uri},
    {"iri", Uri},
    {"uri-reference", UriReference},
    {"iri-reference", UriReference},
    {"uri-template", UriTemplate},
    {"semver", Semver},
    {"regex", Regex},
};

}  // namespace

bool KnownFormat(std::string_view format) {
  return std::ranges::any_of(kFormats, [&](const auto& known) { return known.first == format; });
}

std::string CheckFormat(std::string_view format, std::string_view text, HelmVersion) {
  for (const auto& [name, check] : kFormats) {
    if (name == format) return check(text);
  }
  return "";
}

}  // namespace sluice::helm::schema
