// Reads a tar held in memory: USTAR, PAX (path, size) and GNU long names. Content is pointed to, not copied. Bounds are checked against the
// buffer; a header whose checksum is wrong, and a file that ends early, are errors (kDataLoss).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::artifact {

enum class TarType : uint8_t { kFile, kDirectory, kSymlink, kOther };

struct TarItem {
  std::string name;
  TarType type = TarType::kFile;
  bool executable = false;
  std::string mode_text;     // Go's fs.FileMode of an unsupported type, for messages: "Drw-------"
  std::string_view content;  // kFile
};

class TarReader {
 public:
  explicit TarReader(std::string_view bytes) : bytes_(bytes) {}
  base::Result<std::optional<TarItem>> Next();  // nullopt: the end

 private:
  base::Result<std::string_view> Take(uint64_t size);
  base::Status ReadPax(std::string_view body);

  std::string_view bytes_;
  size_t at_ = 0;
  std::optional<std::string> long_name_;
  std::optional<uint64_t> long_size_;
};

}  // namespace sluice::artifact
