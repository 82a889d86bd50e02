#include <algorithm>

#include "archive/tar.h"
#include "base/strings.h"

namespace sluice::archive {
namespace {

constexpr uint64_t kMaxSeconds = 4'102'444'800;  // the year 2100
constexpr uint64_t kMaxMetaEntry = 1 << 20;      // a PAX or long-name record

std::string_view Text(std::string_view block, size_t offset, size_t width) {
  const std::string_view field = block.substr(offset, width);
  return field.substr(0, field.find('\0'));
}

// Octal with spaces or NULs around it, or base-256 (first bit set).
std::optional<uint64_t> Number(std::string_view field) {
  if (!field.empty() && (static_cast<unsigned char>(field[0]) & 0x80) != 0) {
    uint64_t value = static_cast<unsigned char>(field[0]) & 0x7f;
    for (const char c : field.substr(1)) {
      if (value >> 56 != 0) return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
  }
  const std::string_view digits = base::Trim(field, std::string_view(" \0", 2));
  uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7' || value >> 60 != 0) return std::nullopt;
    value = value << 3 | static_cast<uint64_t>(c - '0');
  }
  return value;
}

bool ChecksumHolds(std::string_view block, uint64_t want) {
  uint64_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  return sum == want;
}

// "1700000000.25": seconds, fraction cut after nanoseconds.
std::optional<base::Time> PaxTime(std::string_view text) {
  const size_t dot = std::min(text.find('.'), text.size());
  const auto seconds = base::ParseInt64(text.substr(0, dot));
  if (!seconds || *seconds > static_cast<int64_t>(kMaxSeconds) || *seconds < 0) return std::nullopt;
  std::string nanos(text.substr(std::min(dot + 1, text.size()), 9));
  nanos.resize(9, '0');
  const auto fraction = base::ParseUint64(nanos);
  if (!fraction) return std::nullopt;
  return base::FromUnixSeconds(*seconds) + std::chrono::nanoseconds(*fraction);
}

std::string ModeText(char type) {
  switch (type) {
    case '3':
      return "Dcrw-------";
    case '4':
      return "Drw-------";
    case '6':
      return "prw-------";
    default:
      return "?rw-------";
  }
}

}  // namespace

base::Result<std::string_view> TarReader::Take(uint64_t size) {
  if (size > bytes_.size() - at_) return base::DataLoss("unexpected EOF");
  const std::string_view out = bytes_.substr(at_, static_cast<size_t>(size));
  const uint64_t padded = (size + kTarBlock - 1) / kTarBlock * kTarBlock;
  at_ += static_cast<size_t>(std::min<uint64_t>(padded, bytes_.size() - at_));
  return out;
}

// Records "<length> <key>=<value>\n".
base::Status TarReader::ReadPax(std::string_view body) {
  while (!body.empty()) {
    const size_t space = body.find(' ');
    const auto length =
        space == body.npos ? std::nullopt : base::ParseUint64(body.substr(0, space));
    if (!length || *length <= space + 1 || *length > body.size() || body[*length - 1] != '\n') {
      return base::DataLoss("archive/tar: invalid tar header");
    }
    const std::string_view record = body.substr(space + 1, *length - space - 2);
    body.remove_prefix(*length);
    const auto cut = base::Cut(record, "=");
    if (!cut) return base::DataLoss("archive/tar: invalid tar header");
    if (cut->first == "path") long_name_.emplace(cut->second);
    if (cut->first == "size") {
      long_size_ = base::ParseUint64(cut->second);
      if (!long_size_) return base::DataLoss("archive/tar: invalid tar header");
    }
    if (cut->first == "mtime") long_time_ = PaxTime(cut->second).value_or(base::Time{});
  }
  return base::OkStatus();
}

// A record that describes the entry after it.
base::Result<bool> TarReader::ReadMeta(char type, uint64_t size) {
  if (type != 'x' && type != 'g' && type != 'L' && type != 'K') return false;
  if (size > kMaxMetaEntry) return base::ResourceExhausted("archive/tar: header is too large");
  SLUICE_TRY(const std::string_view body, Take(size));
  if (type == 'x') SLUICE_TRY(ReadPax(body));
  if (type == 'L') long_name_.emplace(body.substr(0, body.find('\0')));
  return true;
}

base::Result<std::optional<TarItem>> TarReader::Next() {
  for (;;) {
    if (at_ == bytes_.size()) return std::optional<TarItem>();  // no end blocks: tolerated
    if (bytes_.size() - at_ < kTarBlock) return base::DataLoss("unexpected EOF");
    const std::string_view block = bytes_.substr(at_, kTarBlock);
    if (block.find_first_not_of('\0') == block.npos) return std::optional<TarItem>();
    at_ += kTarBlock;
    const auto checksum = Number(block.substr(148, 8));
    const auto header_size = Number(block.substr(124, 12));
    const auto mode = Number(block.substr(100, 8));
    if (!checksum || !header_size || !mode || !ChecksumHolds(block, *checksum)) {
      return base::DataLoss("archive/tar: invalid tar header");
    }
    const char type = block[156];
    SLUICE_TRY(const bool meta, ReadMeta(type, *header_size));
    if (meta) continue;
    TarItem item;
    if (long_name_) {
      item.name = std::move(*long_name_);
    } else {
      const bool ustar = block.substr(257, 5) == "ustar";
      const std::string_view prefix =
          ustar && block[262] == '\0' ? Text(block, 345, 155) : std::string_view();
      item.name = base::Cat(prefix, prefix.empty() ? "" : "/", Text(block, 0, 100));
    }
    const uint64_t size = long_size_.value_or(*header_size);
    const uint64_t seconds = Number(block.substr(136, 12)).value_or(0);
    item.modified = long_time_.value_or(
        base::FromUnixSeconds(static_cast<int64_t>(std::min<uint64_t>(seconds, kMaxSeconds))));
    long_name_.reset();
    long_size_.reset();
    long_time_.reset();
    item.executable = (*mode & 0111) != 0;
    if (type == '5' || ((type == '0' || type == '\0') && item.name.ends_with('/'))) {
      item.type = TarType::kDirectory;
      if (type != '5') SLUICE_TRY(Take(size));
    } else if (type == '0' || type == '\0' || type == '7') {
      item.type = TarType::kFile;
      SLUICE_TRY(item.content, Take(size));
    } else {
      item.type = type == '2' ? TarType::kSymlink : TarType::kOther;
      item.mode_text = ModeText(type);
      // Links, devices and pipes have no content, whatever their size says.
      if (std::string_view("12346").find(type) == std::string_view::npos) SLUICE_TRY(Take(size));
    }
    return std::optional<TarItem>(std::move(item));
  }
}

}  // namespace sluice::archive
