#include "index_detail.h"

#include <algorithm>

namespace sluice::helm {
namespace {

// Flags of the first byte.
constexpr uint8_t kRemoved = 1, kBinaryDigest = 2, kOtherName = 4, kCreated = 8;
constexpr size_t kDigestBytes = 32;

void AppendNumber(std::string& out, uint64_t n) {  // seven bits a byte, low ones first
  for (; n >= 0x80; n >>= 7) out += static_cast<char>(n | 0x80);
  out += static_cast<char>(n);
}
void AppendText(std::string& out, std::string_view text) {
  AppendNumber(out, text.size());
  out += text;
}

class Reader {
 public:
  Reader(std::string_view bytes, size_t at) : rest_(bytes.substr(at)) {}
  uint64_t Number() {
    uint64_t n = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(rest_[0]);
      rest_.remove_prefix(1);
      n |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return n;
    }
  }
  std::string_view Bytes(size_t n) {
    const std::string_view out = rest_.substr(0, n);
    rest_.remove_prefix(n);
    return out;
  }
  std::string Text() {
    const auto size = static_cast<size_t>(Number());
    return std::string(Bytes(size));
  }

 private:
  std::string_view rest_;
};

bool IsSha256(std::string_view text) {
  return text.size() == 2 * kDigestBytes && std::ranges::all_of(text, [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

void AppendDetail(std::string& out, const IndexDetail& d) {
  const bool binary = IsSha256(d.digest), dated = d.created != base::Time{};
  out += static_cast<char>((d.removed ? kRemoved : 0) | (binary ? kBinaryDigest : 0) |
                           (d.other_name ? kOtherName : 0) | (dated ? kCreated : 0));
  if (d.other_name) AppendText(out, d.name);
  if (dated) AppendNumber(out, static_cast<uint64_t>(d.created.time_since_epoch().count()));
  if (binary) {
    const auto nibble = [](char c) {
      return static_cast<unsigned>(c <= '9' ? c - '0' : c - 'a' + 10);
    };
    for (size_t i = 0; i < d.digest.size(); i += 2)
      out += static_cast<char>(nibble(d.digest[i]) << 4 | nibble(d.digest[i + 1]));
  } else {
    AppendText(out, d.digest);
  }
  AppendNumber(out, d.urls.size());
  for (const std::string& url : d.urls) AppendText(out, url);
  AppendNumber(out, d.spill_offset);
  AppendNumber(out, d.spill_size);
}

IndexDetail ReadDetail(std::string_view bytes, size_t at) {
  Reader in(bytes, at);
  IndexDetail d;
  const auto flags = static_cast<uint8_t>(in.Bytes(1)[0]);
  d.removed = (flags & kRemoved) != 0;
  d.other_name = (flags & kOtherName) != 0;
  if (d.other_name) d.name = in.Text();
  if ((flags & kCreated) != 0)
    d.created = base::Time(base::Time::duration(static_cast<int64_t>(in.Number())));
  if ((flags & kBinaryDigest) != 0) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (const char c : in.Bytes(kDigestBytes)) {
      d.digest += kHex[static_cast<unsigned char>(c) >> 4];
      d.digest += kHex[static_cast<unsigned char>(c) & 15];
    }
  } else {
    d.digest = in.Text();
  }
  d.urls.resize(static_cast<size_t>(in.Number()));
  for (std::string& url : d.urls) url = in.Text();
  d.spill_offset = in.Number();
  d.spill_size = static_cast<size_t>(in.Number());
  return d;
}

}  // namespace sluice::helm
