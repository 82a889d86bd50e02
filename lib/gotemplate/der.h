// DER and PEM, what certificates need of them. Private to the library. Pure.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "go_time.h"

namespace sluice::gotemplate::der {

inline constexpr uint8_t kInteger = 0x02, kBitString = 0x03, kOctetString = 0x04, kOid = 0x06,
                         kUtf8String = 0x0c, kPrintableString = 0x13, kUtcTime = 0x17,
                         kGeneralizedTime = 0x18, kSequence = 0x30, kSet = 0x31;

std::string Element(uint8_t tag, std::string_view content);
std::string Element(uint8_t tag, std::initializer_list<std::string_view> contents);
std::string Unsigned(std::string_view big_endian);  // INTEGER
std::string Oid(std::string_view encoded);          // of encoded arcs
std::string BitString(std::string_view bytes);      // whole bytes
std::string Boolean(bool b);
// UTCTime up to 2049, GeneralizedTime after; nullopt past the year 9999.
std::optional<std::string> Time(const GoTime& t);
// PrintableString where the text is one, else UTF8String, as encoding/asn1 chooses.
std::string DirectoryString(std::string_view text);
// The content of the first element; `rest` is what follows it. nullopt where it is malformed.
std::optional<std::string_view> Content(std::string_view text, std::string_view* rest = nullptr);

struct PemBlock {
  std::string type;  // "RSA PRIVATE KEY"
  std::string bytes;
};
std::string EncodePem(std::string_view type, std::string_view bytes);
std::optional<PemBlock> DecodePem(std::string_view text);  // the first block

}  // namespace sluice::gotemplate::der
