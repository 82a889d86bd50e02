#include "der_reader.h"

#include "base/strings.h"
#include "der.h"

namespace sluice::gotemplate::der {
namespace {

uint8_t At(std::string_view s, size_t i) { return static_cast<uint8_t>(s[i]); }

bool MinimalInteger(std::string_view s) {
  if (s.empty()) return false;
  if (s.size() == 1) return true;
  const bool high = (At(s, 1) & 0x80) != 0;
  return !(At(s, 0) == 0 && !high) && !(At(s, 0) == 0xff && high);
}

// The arcs of an OID, each at most 31 bits in 5 bytes.
bool ReadArc(std::string_view& s, uint32_t& arc) {
  arc = 0;
  for (size_t i = 0; !s.empty(); ++i) {
    if (i == 5 || arc >= 1U << 24) return false;
    const uint8_t b = At(s, 0);
    if (i == 0 && b == 0x80) return false;
    s.remove_prefix(1);
    arc = arc << 7 | (b & 0x7f);
    if ((b & 0x80) == 0) return true;
  }
  return false;
}

bool TwoDigits(std::string_view s, size_t at, int& value) {
  if (at + 2 > s.size() || s[at] < '0' || s[at] > '9' || s[at + 1] < '0' || s[at + 1] > '9')
    return false;
  value = (s[at] - '0') * 10 + (s[at + 1] - '0');
  return true;
}

bool IsZone(std::string_view s) {
  if (s == "Z") return true;
  int hours = 0, minutes = 0;
  return s.size() == 5 && (s[0] == '+' || s[0] == '-') && TwoDigits(s, 1, hours) &&
         TwoDigits(s, 3, minutes) && hours <= 24 && minutes < 60 && hours + minutes > 0;
}

// What follows the year of a time that Go prints back as it was.
bool IsTimeOfYear(std::string_view s, int year, bool seconds) {
  int month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!TwoDigits(s, 0, month) || !TwoDigits(s, 2, day) || !TwoDigits(s, 4, hour) ||
      !TwoDigits(s, 6, minute))
    return false;
  if (seconds && !TwoDigits(s, 8, second)) return false;
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const int days = kDays[month - 1] + (month == 2 && leap ? 1 : 0);
  return day >= 1 && day <= days && hour < 24 && minute < 60 && second < 60 &&
         IsZone(s.substr(seconds ? 10 : 8));
}

}  // namespace

bool Reader::Take(std::string_view& out, uint8_t& tag, bool skip_header) {
  if (bytes_.size() < 2) return false;
  tag = At(bytes_, 0);
  if ((tag & 0x1f) == 0x1f) return false;
  size_t header = 2;
  uint64_t length = At(bytes_, 1);
  if ((length & 0x80) != 0) {
    const size_t bytes = length & 0x7f;
    if (bytes == 0 || bytes > 4 || bytes_.size() < 2 + bytes) return false;
    length = 0;
    for (size_t i = 0; i < bytes; ++i) length = length << 8 | At(bytes_, 2 + i);
    if (length < 0x80 || length >> ((bytes - 1) * 8) == 0) return false;
    header += bytes;
  }
  if (length > bytes_.size() - header) return false;
  const size_t size = header + static_cast<size_t>(length);
  out = skip_header ? bytes_.substr(header, size - header) : bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return true;
}

bool Reader::Read(uint8_t tag, std::string_view& content) {
  uint8_t found = 0;
  return Take(content, found, true) && found == tag;
}

bool Reader::Read(uint8_t tag, Reader& content) {
  std::string_view bytes;
  if (!Read(tag, bytes)) return false;
  content = Reader(bytes);
  return true;
}

bool Reader::ReadElement(uint8_t tag, std::string_view& element) {
  uint8_t found = 0;
  return Take(element, found, false) && found == tag;
}

bool Reader::ReadOptional(uint8_t tag, std::optional<std::string_view>& content) {
  content.reset();
  if (!Peek(tag)) return true;
  std::string_view bytes;
  if (!Read(tag, bytes)) return false;
  content = bytes;
  return true;
}

bool Reader::SkipOptional(uint8_t tag) {
  std::optional<std::string_view> ignored;
  return ReadOptional(tag, ignored);
}

bool Reader::ReadInteger(std::string_view& content) {
  return Read(kInteger, content) && MinimalInteger(content);
}

bool Reader::ReadInt64(int64_t& value, uint8_t tag) {
  std::string_view content;
  if (!Read(tag, content) || !MinimalInteger(content) || content.size() > 8) return false;
  uint64_t bits = (At(content, 0) & 0x80) != 0 ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < content.size(); ++i) bits = bits << 8 | At(content, i);
  value = static_cast<int64_t>(bits);
  return true;
}

bool Reader::ReadOid(std::string_view& encoded) {
  if (!Read(kOid, encoded) || encoded.empty()) return false;
  uint32_t arc = 0;
  for (std::string_view rest = encoded; !rest.empty();) {
    if (!ReadArc(rest, arc)) return false;
  }
  return true;
}

bool Reader::ReadBits(std::string_view& bytes, int& padding) {
  if (!Read(kBitString, bytes) || bytes.empty()) return false;
  padding = At(bytes, 0);
  bytes.remove_prefix(1);
  if (padding > 7 || (bytes.empty() && padding != 0)) return false;
  return bytes.empty() || (At(bytes, bytes.size() - 1) & ((1 << padding) - 1)) == 0;
}

bool Reader::ReadBoolean(bool& value) {
  std::string_view content;
  if (!Read(0x01, content) || content.size() != 1 ||
      (At(content, 0) != 0 && At(content, 0) != 0xff))
    return false;
  value = content[0] != 0;
  return true;
}

bool Reader::ReadTime(bool utc) {
  std::string_view text;
  if (!Read(utc ? kUtcTime : kGeneralizedTime, text)) return false;
  int high = 20, low = 0;
  if (!utc && !TwoDigits(text, 0, high)) return false;
  const size_t at = utc ? 0 : 2;
  if (!TwoDigits(text, at, low)) return false;
  const int year = utc && low >= 50 ? 1900 + low : high * 100 + low;
  const std::string_view rest = text.substr(at + 2);
  return IsTimeOfYear(rest, year, true) || (utc && IsTimeOfYear(rest, year, false));
}

std::string OidText(std::string_view encoded) {
  uint32_t arc = 0;
  if (!ReadArc(encoded, arc)) return {};
  const uint32_t first = arc < 80 ? arc / 40 : 2;
  std::string out = base::Cat(std::to_string(first), ".", std::to_string(arc - first * 40));
  while (ReadArc(encoded, arc)) out += base::Cat(".", std::to_string(arc));
  return out;
}

}  // namespace sluice::gotemplate::der
