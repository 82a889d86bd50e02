#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "archive/tar.h"
#include "base/strings.h"

namespace sluice::archive {
namespace {

constexpr size_t kNameField = 100, kPrefixField = 155;
constexpr int64_t kMaxTime = 077777777777;  // eleven octal digits

// The fields of a USTAR block: offset and width.
struct Field {
  size_t offset, width;
};
constexpr Field kName{0, 100}, kMode{100, 8}, kUid{108, 8}, kGid{116, 8}, kSize{124, 12},
    kTime{136, 12}, kChecksum{148, 8}, kType{156, 1}, kMagic{257, 6}, kVersion{263, 2},
    kMajor{329, 8}, kMinor{337, 8}, kPrefix{345, 155};

class Block {
 public:
  void Text(Field f, std::string_view text) { text.copy(bytes_.data() + f.offset, f.width); }
  void Octal(Field f, uint64_t value) {  // zero-padded, NUL at the end
    for (size_t i = f.width - 1; i-- > 0; value >>= 3)
      bytes_[f.offset + i] = static_cast<char>('0' + (value & 7));
  }
  std::string_view Seal() {
    Text(kChecksum, "        ");
    uint64_t sum = 0;
    for (const char c : bytes_) sum += static_cast<unsigned char>(c);
    Octal({kChecksum.offset, kChecksum.width - 1}, sum);
    bytes_[kChecksum.offset + kChecksum.width - 2] = '\0';  // six digits, NUL, space
    return {bytes_.data(), bytes_.size()};
  }

 private:
  std::array<char, kTarBlock> bytes_{};
};

std::string_view MakeBlock(Block& b, std::string_view prefix, std::string_view name, uint64_t mode,
                           uint64_t size, char type, uint64_t modified = 0) {
  b.Text(kName, name);
  b.Octal(kMode, mode);
  b.Octal(kUid, 0);
  b.Octal(kGid, 0);
  b.Octal(kSize, size);
  b.Octal(kTime, modified);
  b.Text(kType, std::string_view(&type, 1));
  b.Text(kMagic, std::string_view("ustar\0", 6));
  b.Text(kVersion, "00");
  b.Octal(kMajor, 0);
  b.Octal(kMinor, 0);
  b.Text(kPrefix, prefix);
  return b.Seal();
}

bool IsAscii(std::string_view s) {
  return std::ranges::all_of(s, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::string AsciiOnly(std::string_view s) {
  std::string out;
  std::ranges::copy_if(s, std::back_inserter(out),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return out;
}

// (prefix, name) that fit USTAR, split at the last slash that leaves the prefix short enough.
std::optional<std::pair<std::string_view, std::string_view>> SplitUstar(std::string_view name) {
  if (!IsAscii(name)) return std::nullopt;
  if (name.size() <= kNameField) return std::pair(std::string_view(), name);
  const size_t slash = name.substr(0, std::min(name.size(), kPrefixField + 1)).rfind('/');
  if (slash == name.npos || slash == 0) return std::nullopt;
  const std::string_view rest = name.substr(slash + 1);
  if (rest.empty() || rest.size() > kNameField) return std::nullopt;
  return std::pair(name.substr(0, slash), rest);
}

// "<length> path=<name>\n", where the length counts its own digits.
std::string PaxRecord(std::string_view name) {
  const std::string tail = " path=" + std::string(name) + "\n";
  size_t length = tail.size();
  for (size_t last = 0; last != length;) {
    last = length;
    length = tail.size() + std::to_string(length).size();
  }
  return std::to_string(length) + tail;
}

}  // namespace

bool IsCleanRelativePath(std::string_view path) {
  if (path.find_first_of(std::string_view("\\\0", 2)) != path.npos) return false;
  return std::ranges::all_of(base::Split(path, "/"), [](std::string_view part) {
    return !part.empty() && part != "." && part != "..";
  });
}

base::Result<std::string> FormatTarHeader(const TarEntry& entry) {
  const std::string_view name = entry.name;
  if (!(name == "." && entry.directory) && !IsCleanRelativePath(name)) {
    return base::InvalidArgument("invalid file name " +
                                 base::QuoteGo(base::TruncateUtf8(name, 256)));
  }
  std::string out;
  auto split = SplitUstar(name);
  std::string short_name;
  if (!split) {
    const size_t slash = name.rfind('/');
    const std::string_view dir =
        slash == name.npos ? std::string_view() : name.substr(0, slash + 1);
    const std::string pax_name =
        AsciiOnly(std::string(dir) + "PaxHeaders.0/" + std::string(name.substr(dir.size())));
    std::string record = PaxRecord(name);
    Block pax;
    out += MakeBlock(pax, "", pax_name, 0, record.size(), 'x');
    record.resize((record.size() + kTarBlock - 1) / kTarBlock * kTarBlock);
    out += record;
    short_name = AsciiOnly(name);
    split.emplace("", short_name);
  }
  Block block;
  const uint64_t mode = entry.mode != 0    ? entry.mode
                        : entry.directory  ? 0750
                        : entry.executable ? 0700
                                           : 0600;
  const bool fits = entry.modified >= 0 && entry.modified <= kMaxTime;
  out += MakeBlock(block, split->first, split->second, mode, entry.size,
                   entry.directory ? '5' : '0', fits ? static_cast<uint64_t>(entry.modified) : 0);
  return out;
}

}  // namespace sluice::archive
