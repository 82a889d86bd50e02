#include "pkt_line.h"

#include <optional>

namespace sluice::git {
namespace {

constexpr size_t kLengthDigits = 4;

std::optional<size_t> ParseLength(std::string_view digits) {
  size_t value = 0;
  for (const char c : digits) {
    const int d = c >= '0' && c <= '9'   ? c - '0'
                  : c >= 'a' && c <= 'f' ? c - 'a' + 10
                  : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                         : -1;
    if (d < 0) return std::nullopt;
    value = value << 4 | static_cast<size_t>(d);
  }
  return value;
}

// The packet's whole length for a valid header, 4 for the special ones.
base::Result<size_t> PacketLength(std::string_view header, PktKind& kind) {
  const auto length = ParseLength(header);
  if (!length || *length == 3 || *length > kMaxPkt) return base::DataLoss("invalid pkt-len found");
  switch (*length) {
    case 0:
      kind = PktKind::kFlush;
      return kLengthDigits;
    case 1:
      kind = PktKind::kDelimiter;
      return kLengthDigits;
    case 2:
      kind = PktKind::kResponseEnd;
      return kLengthDigits;
    default:
      kind = PktKind::kData;
      return *length;
  }
}

}  // namespace

void AppendPkt(std::string& out, std::string_view data) {
  SLUICE_CHECK(data.size() + kLengthDigits <= kMaxPkt);
  constexpr char kHex[] = "0123456789abcdef";
  const size_t n = data.size() + kLengthDigits;
  for (const int shift : {12, 8, 4, 0}) out += kHex[n >> shift & 15];
  out += data;
}

base::Status PktReader::Feed(std::string_view bytes, const Callback& on_packet) {
  while (!bytes.empty()) {
    // Packets that lie whole in the chunk are not copied.
    std::string_view source = bytes;
    if (!held_.empty()) {
      if (held_.size() < kLengthDigits) {
        const size_t n = std::min(kLengthDigits - held_.size(), bytes.size());
        held_ += bytes.substr(0, n);
        bytes.remove_prefix(n);
        if (held_.size() < kLengthDigits) return base::OkStatus();
      }
      PktKind kind;
      SLUICE_TRY(const size_t length,
                 PacketLength(std::string_view(held_).substr(0, kLengthDigits), kind));
      const size_t n = std::min(length - std::min(length, held_.size()), bytes.size());
      held_ += bytes.substr(0, n);
      bytes.remove_prefix(n);
      if (held_.size() < length) return base::OkStatus();
      const std::string packet = std::move(held_);
      held_.clear();
      SLUICE_TRY(on_packet({kind, std::string_view(packet).substr(kLengthDigits)}));
      continue;
    }
    if (source.size() < kLengthDigits) {
      held_ = source;
      return base::OkStatus();
    }
    PktKind kind;
    SLUICE_TRY(const size_t length, PacketLength(source.substr(0, kLengthDigits), kind));
    if (source.size() < length) {
      held_ = source;
      return base::OkStatus();
    }
    bytes.remove_prefix(length);
    SLUICE_TRY(on_packet({kind, source.substr(kLengthDigits, length - kLengthDigits)}));
  }
  return base::OkStatus();
}

}  // namespace sluice::git
