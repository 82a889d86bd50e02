// A table of path digests as bytes (docs/bus.md): rows in order, each path without what it begins
// with in common with the one before.
#include <algorithm>
#include <cstring>

#include "artifact/path_digests.h"
#include "path_hash.h"

namespace sluice::artifact {
namespace {

constexpr char kVersion = 1;
constexpr char kPartial = 0, kComplete = 1;
constexpr size_t kMaxBytes = 4 * PathDigests::kDefaultBudget;

base::Status Malformed() { return base::InvalidArgument("malformed table of path digests"); }

// Seven bits a byte, the lowest first, the eighth where more follow.
void PutNumber(size_t number, std::string& out) {
  for (; number >= 0x80; number >>= 7) out += static_cast<char>((number & 0x7f) | 0x80);
  out += static_cast<char>(number);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  bool empty() const { return rest_.empty(); }

  bool Number(size_t& out) {
    out = 0;
    for (int shift = 0; shift <= 21; shift += 7) {
      std::string_view byte;
      if (!Take(1, byte)) return false;
      const auto bits = static_cast<uint8_t>(byte[0]);
      out |= static_cast<size_t>(bits & 0x7f) << shift;
      if ((bits & 0x80) == 0) return true;
    }
    return false;
  }
  bool Take(size_t n, std::string_view& out) {
    if (rest_.size() < n) return false;
    out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return true;
  }

 private:
  std::string_view rest_;
};

}  // namespace

std::string PathDigests::Encode() const {
  std::string out;
  if (empty()) return out;
  out += kVersion;
  out += complete_ ? kComplete : kPartial;
  std::string_view former;
  for (size_t row = 0; row < size(); ++row) {
    const std::string_view path = PathAt(row);
    const size_t shared =
        static_cast<size_t>(std::ranges::mismatch(former, path).in2 - path.begin());
    PutNumber(shared, out);
    PutNumber(path.size() - shared, out);
    out += path.substr(shared);
    out += Bytes(digests_[row]);
    former = path;
  }
  return out;
}

base::Result<PathDigests> PathDigests::Decode(std::string_view bytes) {
  PathDigests out;
  if (bytes.empty()) return out;
  Reader reader(bytes);
  std::string_view head;
  if (!reader.Take(2, head) || head[0] != kVersion) return Malformed();
  if (head[1] != kPartial && head[1] != kComplete) return Malformed();
  out.complete_ = head[1] == kComplete;
  std::string path;
  do {
    size_t shared = 0, more = 0;
    std::string_view rest, raw;
    PathDigest digest;
    if (!reader.Number(shared) || !reader.Number(more) || shared > path.size() ||
        !reader.Take(more, rest) || !reader.Take(digest.size(), raw)) {
      return Malformed();
    }
    const std::string_view left = std::string_view(path).substr(shared);
    // The root first and once, then each after the one before.
    if (out.empty() != rest.empty() || (!out.empty() && left >= rest)) return Malformed();
    if (out.bytes() + shared + more + kRowBytes > kMaxBytes) return Malformed();
    path.resize(shared);
    path += rest;
    std::memcpy(digest.data(), raw.data(), digest.size());
    out.Append(path, digest);
  } while (!reader.empty());
  return out;
}

}  // namespace sluice::artifact
