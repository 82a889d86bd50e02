// The part of CBOR (RFC 8949) that COSE envelopes use: definite lengths, integers, byte and text
// strings, arrays, maps, tags, booleans, null.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::sigstore {

struct CborMember;

struct Cbor {
  enum class Kind : uint8_t {
    kInt,
    kBytes,
    kText,
    kArray,
    kMap,
    kTag,
    kSimple
  } kind = Kind::kSimple;
  int64_t number = 0;               // kInt, kTag's number, kSimple's value
  std::string text;                 // kBytes, kText
  std::vector<Cbor> items;          // kArray; kTag: the one it holds
  std::vector<CborMember> members;  // kMap

  const Cbor* Find(int64_t key) const;
  const Cbor* Find(std::string_view key) const;
};

struct CborMember {
  Cbor key, value;
};

// One item, the whole text. Depth and sizes are bounded.
base::Result<Cbor> ParseCbor(std::string_view bytes);
std::string CborBytes(std::string_view bytes);  // a byte string, encoded

}  // namespace sluice::sigstore
