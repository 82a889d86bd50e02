// Reading DER as golang.org/x/crypto/cryptobyte does: each call takes what it names from the front,
// or says false. Private to the library. Pure; views into the bytes given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::gotemplate::der {

class Reader {
 public:
  Reader() = default;
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  std::string_view bytes() const { return bytes_; }
  bool Peek(uint8_t tag) const { return !bytes_.empty() && static_cast<uint8_t>(bytes_[0]) == tag; }

  bool ReadAny(std::string_view& content, uint8_t& tag) { return Take(content, tag, true); }
  bool ReadAnyElement(std::string_view& element, uint8_t& tag) { return Take(element, tag, false); }
  bool Read(uint8_t tag, std::string_view& content);
  bool Read(uint8_t tag, Reader& content);
  bool ReadElement(uint8_t tag, std::string_view& element);
  bool ReadOptional(uint8_t tag, std::optional<std::string_view>& content);
  bool SkipOptional(uint8_t tag);

  bool ReadInteger(std::string_view& content);  // minimal, not empty
  bool ReadInt64(int64_t& value, uint8_t tag = 0x02);
  bool ReadOid(std::string_view& encoded);
  bool ReadBits(std::string_view& bytes, int& padding);
  bool ReadBoolean(bool& value);
  bool ReadTime(bool utc);

 private:
  bool Take(std::string_view& out, uint8_t& tag, bool skip_header);
  std::string_view bytes_;
};

std::string OidText(std::string_view encoded);  // "1.2.840"; of what ReadOid accepts

}  // namespace sluice::gotemplate::der
