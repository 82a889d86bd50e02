#include "base/encoding.h"

#include <array>
#include <cstdint>

#include "base/strings.h"

namespace sluice::base {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kStd =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view kUrl =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::array<int8_t, 256> Inverse(std::string_view alphabet) {
  std::array<int8_t, 256> table{};
  for (auto& t : table) t = -1;
  for (size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<unsigned char>(alphabet[i])] = static_cast<int8_t>(i);
  return table;
}
constexpr auto kStdInverse = Inverse(kStd);
constexpr auto kUrlInverse = Inverse(kUrl);
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr auto kBase32Inverse = Inverse(kBase32);

std::string Encode(std::string_view bytes, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t n = std::min<size_t>(3, bytes.size() - i);
    uint32_t word = 0;
    for (size_t k = 0; k < 3; ++k) {
      word = word << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    }
    for (size_t k = 0; k < 4; ++k) {
      if (k <= n) {
        out += alphabet[word >> (18 - 6 * k) & 63];
      } else if (pad) {
        out += '=';
      }
    }
  }
  return out;
}

Status Corrupt(size_t at) {
  return InvalidArgument(Cat("illegal base64 data at input byte ", std::to_string(at)));
}

void SkipNewlines(std::string_view text, size_t& at) {
  while (at < text.size() && (text[at] == '\n' || text[at] == '\r')) ++at;
}

// One group of up to four digits from `at`, its bytes appended. `pad`: a short group must end in
// '='.
Status DecodeGroup(std::string_view text, const std::array<int8_t, 256>& inverse, bool pad,
                   size_t& at, std::string& out) {
  uint32_t word = 0;
  size_t digits = 0;
  while (digits < 4) {
    SkipNewlines(text, at);
    if (at == text.size()) {
      if (digits == 0) return {};
      if (digits == 1 || pad) return Corrupt(at - digits);
      break;
    }
    const char c = text[at++];
    if (const int8_t v = inverse[static_cast<unsigned char>(c)]; v >= 0) {
      word = word << 6 | static_cast<uint32_t>(v);
      ++digits;
      continue;
    }
    if (c != '=' || digits < 2) return Corrupt(at - 1);
    if (digits == 2) {
      SkipNewlines(text, at);
      if (at == text.size()) return Corrupt(text.size());
      if (text[at] != '=') return Corrupt(at - 1);
      ++at;
    }
    SkipNewlines(text, at);
    if (at < text.size()) return Corrupt(at);  // padding ends the text
    break;
  }
  word <<= 6 * (4 - digits);
  for (size_t k = 0; k + 1 < digits; ++k) out += static_cast<char>(word >> (16 - 8 * k) & 0xff);
  return {};
}

Result<std::string> Decode(std::string_view text, const std::array<int8_t, 256>& inverse,
                           bool pad) {
  std::string out;
  out.reserve(text.size() / 4 * 3);
  for (size_t at = 0; at < text.size();) SLUICE_TRY(DecodeGroup(text, inverse, pad, at, out));
  return out;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string HexEncode(std::string_view bytes) {
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto b = static_cast<unsigned char>(c);
    out += kHex[b >> 4];
    out += kHex[b & 15];
  }
  return out;
}

Result<std::string> HexDecode(std::string_view text) {
  if (text.size() % 2 != 0) return InvalidArgument("encoding/hex: odd length hex string");
  std::string out;
  out.reserve(text.size() / 2);
  for (size_t i = 0; i < text.size(); i += 2) {
    const int hi = HexValue(text[i]), lo = HexValue(text[i + 1]);
    if (hi < 0 || lo < 0) return InvalidArgument("encoding/hex: invalid byte");
    out += static_cast<char>(hi * 16 + lo);
  }
  return out;
}

std::string Base64Encode(std::string_view bytes) { return Encode(bytes, kStd, true); }
std::string Base64UrlEncode(std::string_view bytes) { return Encode(bytes, kUrl, false); }
Result<std::string> Base64Decode(std::string_view text) { return Decode(text, kStdInverse, true); }
Result<std::string> Base64UrlDecode(std::string_view text) {
  return Decode(text, kUrlInverse, false);
}

std::string PercentEncode(std::string_view text, std::string_view keep) {
  constexpr std::string_view kUpper = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~' || keep.find(c) != keep.npos;
    if (plain) {
      out += c;
    } else {
      const auto b = static_cast<unsigned char>(c);
      out += '%';
      out += kUpper[b >> 4];
      out += kUpper[b & 15];
    }
  }
  return out;
}

std::string Base32Encode(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 4) / 5 * 8);
  for (size_t i = 0; i < bytes.size(); i += 5) {
    const size_t n = std::min<size_t>(5, bytes.size() - i);
    uint64_t word = 0;
    for (size_t k = 0; k < 5; ++k)
      word = word << 8 | (k < n ? static_cast<unsigned char>(bytes[i + k]) : 0u);
    const size_t digits = (8 * n + 4) / 5;
    for (size_t k = 0; k < 8; ++k) out += k < digits ? kBase32[word >> (35 - 5 * k) & 31] : '=';
  }
  return out;
}

namespace {

// The number of digits before padding that begins at `at` with `digits` read of the group, or where
// it is corrupt. Lengths of 1, 3 and 6 digits hold no whole byte more than the one below them.
Status CheckBase32Padding(std::string_view text, size_t at, size_t digits) {
  const auto corrupt = [](size_t i) {
    return InvalidArgument(Cat("illegal base32 data at input byte ", std::to_string(i)));
  };
  const size_t left = text.size() - at - 1;  // behind the first '='
  if (left + digits < 7) return corrupt(text.size());
  for (size_t k = 0; k < 7 - digits; ++k) {
    if (text[at + 1 + k] != '=') return corrupt(at + k);
  }
  if (digits == 1 || digits == 3 || digits == 6) return corrupt(at);
  return {};
}

}  // namespace

Result<std::string> Base32Decode(std::string_view given) {
  std::string text;
  text.reserve(given.size());
  for (const char c : given) {
    if (c != '\r' && c != '\n') text += c;
  }
  std::string out;
  out.reserve(text.size() / 8 * 5 + 5);
  bool end = false;
  for (size_t at = 0; at < text.size() && !end;) {
    uint64_t word = 0;
    size_t digits = 0;
    for (; digits < 8; ++digits, ++at) {
      if (at == text.size())
        return InvalidArgument(
            Cat("illegal base32 data at input byte ", std::to_string(at - digits)));
      const char c = text[at];
      if (c == '=' && digits >= 2 && text.size() - at - 1 < 8) {
        SLUICE_TRY(CheckBase32Padding(text, at, digits));
        end = true;
        break;
      }
      const int8_t v = kBase32Inverse[static_cast<unsigned char>(c)];
      if (v < 0)
        return InvalidArgument(Cat("illegal base32 data at input byte ", std::to_string(at)));
      word = word << 5 | static_cast<uint64_t>(v);
    }
    word <<= 5 * (8 - digits);
    for (size_t k = 0; k < digits * 5 / 8; ++k)
      out += static_cast<char>(word >> (32 - 8 * k) & 0xff);
  }
  return out;
}

}  // namespace sluice::base
