#include "der.h"

#include <algorithm>

#include "base/encoding.h"
#include "base/strings.h"

namespace sluice::gotemplate::der {
namespace {

bool IsPrintable(char c) {
  constexpr std::string_view kOthers = " '()+,-./:=?";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kOthers.find(c) != kOthers.npos;
}

}  // namespace

std::string Element(uint8_t tag, std::string_view content) {
  std::string out(1, static_cast<char>(tag));
  if (content.size() < 0x80) {
    out += static_cast<char>(content.size());
  } else {
    std::string length;
    for (size_t n = content.size(); n > 0; n >>= 8)
      length.insert(length.begin(), static_cast<char>(n & 0xff));
    out += static_cast<char>(0x80 | length.size());
    out += length;
  }
  return out.append(content);
}

std::string Element(uint8_t tag, std::initializer_list<std::string_view> contents) {
  std::string all;
  for (const std::string_view content : contents) all += content;
  return Element(tag, all);
}

std::string Unsigned(std::string_view big_endian) {
  const size_t first = std::min(big_endian.find_first_not_of('\0'), big_endian.size());
  std::string bytes(big_endian.substr(first));
  if (bytes.empty() || (bytes[0] & 0x80) != 0) bytes.insert(bytes.begin(), '\0');
  return Element(kInteger, bytes);
}

std::string Oid(std::string_view encoded) { return Element(kOid, encoded); }
std::string BitString(std::string_view bytes) {
  return Element(kBitString, {std::string_view("\0", 1), bytes});
}
std::string Boolean(bool b) { return {'\x01', '\x01', b ? '\xff' : '\0'}; }

std::optional<std::string> Time(const GoTime& t) {
  GoTime utc = t;
  utc.zone = Zone::Utc();
  const int64_t year = CivilOf(utc).year;
  if (year >= 1950 && year < 2050)
    return Element(kUtcTime, FormatGoTime(utc, "060102150405") + "Z");
  if (year < 0 || year > 9999) return std::nullopt;
  return Element(kGeneralizedTime, FormatGoTime(utc, "20060102150405") + "Z");
}

std::string DirectoryString(std::string_view text) {
  return Element(std::ranges::all_of(text, IsPrintable) ? kPrintableString : kUtf8String, text);
}

std::optional<std::string_view> Content(std::string_view text, std::string_view* rest) {
  if (text.size() < 2) return std::nullopt;
  size_t length = static_cast<unsigned char>(text[1]), at = 2;
  if (length >= 0x80) {
    const size_t bytes = length & 0x7f;
    if (bytes == 0 || bytes > 4 || text.size() < 2 + bytes) return std::nullopt;
    length = 0;
    for (; at < 2 + bytes; ++at) length = length << 8 | static_cast<unsigned char>(text[at]);
  }
  if (text.size() - at < length) return std::nullopt;
  if (rest != nullptr) *rest = text.substr(at + length);
  return text.substr(at, length);
}

std::string EncodePem(std::string_view type, std::string_view bytes) {
  constexpr size_t kColumns = 64;
  std::string out = base::Cat("-----BEGIN ", type, "-----\n");
  const std::string text = base::Base64Encode(bytes);
  for (size_t i = 0; i < text.size(); i += kColumns)
    out += base::Cat(std::string_view(text).substr(i, kColumns), "\n");
  return out + base::Cat("-----END ", type, "-----\n");
}

std::optional<PemBlock> DecodePem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ", kDashes = "-----";
  for (size_t begin = text.find(kBegin); begin != text.npos; begin = text.find(kBegin, begin + 1)) {
    if (begin > 0 && text[begin - 1] != '\n') continue;
    const std::string_view rest = text.substr(begin + kBegin.size());
    const size_t line = std::min(rest.find('\n'), rest.size());
    const std::string_view title = base::TrimRight(rest.substr(0, line), " \t\r");
    if (!title.ends_with(kDashes)) continue;
    const std::string_view type = title.substr(0, title.size() - kDashes.size());
    const size_t end = rest.find(base::Cat("-----END ", type, "-----"));
    if (end == rest.npos) continue;
    std::string_view body = rest.substr(std::min(line + 1, end), end - std::min(line + 1, end));
    // Headers ("Proc-Type: …") end at a blank line.
    if (const size_t colon = body.find(':'); colon != body.npos) {
      const size_t blank = body.find("\n\n", colon);
      if (blank == body.npos) continue;
      body = body.substr(blank + 2);
    }
    std::string digits(body);
    std::erase_if(digits, [](char c) { return c == ' ' || c == '\t'; });
    if (auto bytes = base::Base64Decode(digits); bytes.ok())
      return PemBlock{std::string(type), std::move(*bytes)};
  }
  return std::nullopt;
}

}  // namespace sluice::gotemplate::der
