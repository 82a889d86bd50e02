// Tar: one entry's header out, a whole archive in. Pure; thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"

namespace sluice::archive {

inline constexpr size_t kTarBlock = 512;

struct TarEntry {
  std::string_view name{};
  bool directory = false;
  bool executable = false;
  uint64_t size = 0;
  uint32_t mode = 0;     // 0: as Flux has it, 0750 for a directory, 0700 or 0600 for a file
  int64_t modified = 0;  // seconds since the epoch; what does not fit the field is 0
};

// All header blocks of the entry as Go's archive/tar writes them: USTAR, preceded by a PAX header
// where the name is long or not ASCII. kInvalidArgument for a name that could leave the place it is
// unpacked in, or that is not a clean path.
base::Result<std::string> FormatTarHeader(const TarEntry& entry);

// "invalid" reasons shared by writer and reader; true for "a", "a/b.c".
bool IsCleanRelativePath(std::string_view path);

enum class TarType : uint8_t { kFile, kDirectory, kSymlink, kOther };

struct TarItem {
  std::string name;
  TarType type = TarType::kFile;
  bool executable = false;
  std::string mode_text;  // Go's fs.FileMode of an unsupported type, for messages: "Drw-------"
  base::Time modified{};
  std::string_view content;  // into the reader's bytes; empty for links and devices
};

// Reads a tar held in memory: USTAR, PAX (path, size, mtime) and GNU long names. Content is pointed
// to, not copied. Bounds are checked against the buffer; a header whose checksum is wrong, and a
// file that ends early, are errors (kDataLoss).
class TarReader {
 public:
  explicit TarReader(std::string_view bytes) : bytes_(bytes) {}
  base::Result<std::optional<TarItem>> Next();  // nullopt: the end

 private:
  base::Result<std::string_view> Take(uint64_t size);
  base::Status ReadPax(std::string_view body);
  base::Result<bool> ReadMeta(char type, uint64_t size);  // false: an entry of its own

  std::string_view bytes_;
  size_t at_ = 0;
  std::optional<std::string> long_name_;
  std::optional<uint64_t> long_size_;
  std::optional<base::Time> long_time_;
};

}  // namespace sluice::archive
