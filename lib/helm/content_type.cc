#include "content_type.h"

#include <algorithm>
#include <array>

namespace sluice::helm {
namespace {

// '.' in a pattern's mask lets any byte stand; a pattern without mask is taken as it is.
struct Signature {
  std::string_view pattern, type, mask = {};
};

using namespace std::literals;

constexpr std::string_view kHtml = "text/html; charset=utf-8", kText = "text/plain; charset=utf-8";

constexpr std::array kTags = {"<!DOCTYPE HTML"sv,
                              "<HTML"sv,
                              "<HEAD"sv,
                              "<SCRIPT"sv,
                              "<IFRAME"sv,
                              "<H1"sv,
                              "<DIV"sv,
                              "<FONT"sv,
                              "<TABLE"sv,
                              "<A"sv,
                              "<STYLE"sv,
                              "<TITLE"sv,
                              "<B"sv,
                              "<BODY"sv,
                              "<BR"sv,
                              "<P"sv,
                              "<!--"sv};

constexpr Signature kBeforeMp4[] = {
    {"%PDF-"sv, "application/pdf"},
    {"%!PS-Adobe-"sv, "application/postscript"},
    {"\xfe\xff--"sv, "text/plain; charset=utf-16be", "##.."},
    {"\xff\xfe--"sv, "text/plain; charset=utf-16le", "##.."},
    {"\xef\xbb\xbf-"sv, kText, "###."},
    {"\0\0\1\0"sv, "image/x-icon"},
    {"\0\0\2\0"sv, "image/x-icon"},
    {"BM"sv, "image/bmp"},
    {"GIF87a"sv, "image/gif"},
    {"GIF89a"sv, "image/gif"},
    {"RIFF----WEBPVP"sv, "image/webp", "####....######"},
    {"\x89PNG\r\n\x1a\n"sv, "image/png"},
    {"\xff\xd8\xff"sv, "image/jpeg"},
    {"FORM----AIFF"sv, "audio/aiff", "####....####"},
    {"ID3"sv, "audio/mpeg"},
    {"OggS\0"sv, "application/ogg"},
    {"MThd\0\0\0\6"sv, "audio/midi"},
    {"RIFF----AVI "sv, "video/avi", "####....####"},
    {"RIFF----WAVE"sv, "audio/wave", "####....####"},
};
constexpr Signature kAfterMp4[] = {
    {"\x1a\x45\xdf\xa3"sv, "video/webm"},
    {"----------------------------------LP"sv, "application/vnd.ms-fontobject",
     "..................................##"},
    {"\0\1\0\0"sv, "font/ttf"},
    {"OTTO"sv, "font/otf"},
    {"ttcf"sv, "font/collection"},
    {"wOFF"sv, "font/woff"},
    {"wOF2"sv, "font/woff2"},
    {"\x1f\x8b\x08"sv, "application/x-gzip"},
    {"PK\x03\x04"sv, "application/zip"},
    {"Rar!\x1a\x07\0"sv, "application/x-rar-compressed"},
    {"Rar!\x1a\x07\x01\0"sv, "application/x-rar-compressed"},
    {"\0asm"sv, "application/wasm"},
};

bool Matches(const Signature& s, std::string_view head) {
  if (head.size() < s.pattern.size()) return false;
  for (size_t i = 0; i < s.pattern.size(); ++i) {
    if (head[i] != s.pattern[i] && (s.mask.empty() || s.mask[i] != '.')) return false;
  }
  return true;
}

bool IsTag(std::string_view tag, std::string_view text) {
  if (text.size() <= tag.size() || (text[tag.size()] != ' ' && text[tag.size()] != '>'))
    return false;
  return std::ranges::equal(tag, text.substr(0, tag.size()), [](char want, char got) {
    return want == (want >= 'A' && want <= 'Z' ? static_cast<char>(got & 0xdf) : got);
  });
}

bool IsMp4(std::string_view head) {
  if (head.size() < 12 || head.substr(4, 4) != "ftyp") return false;
  size_t box = 0;
  for (const char c : head.substr(0, 4)) box = box << 8 | static_cast<unsigned char>(c);
  if (box > head.size() || box % 4 != 0) return false;
  for (size_t at = 8; at < box; at += 4) {
    if (at != 12 && head.substr(at, 3) == "mp4") return true;
  }
  return false;
}

bool IsBinary(char c) {
  const auto b = static_cast<unsigned char>(c);
  return b <= 0x08 || b == 0x0b || (b >= 0x0e && b <= 0x1a) || (b >= 0x1c && b <= 0x1f);
}

}  // namespace

std::string_view DetectContentType(std::string_view head) {
  head = head.substr(0, 512);
  const std::string_view text =
      head.substr(std::min(head.find_first_not_of("\t\n\f\r "), head.size()));
  if (std::ranges::any_of(kTags, [&](std::string_view tag) { return IsTag(tag, text); }))
    return kHtml;
  if (text.starts_with("<?xml")) return "text/xml; charset=utf-8";
  for (const Signature& s : kBeforeMp4) {
    if (Matches(s, head)) return s.type;
  }
  if (IsMp4(head)) return "video/mp4";
  for (const Signature& s : kAfterMp4) {
    if (Matches(s, head)) return s.type;
  }
  return std::ranges::any_of(text, IsBinary) ? "application/octet-stream" : kText;
}

}  // namespace sluice::helm
