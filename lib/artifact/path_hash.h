// How the digest of a path is made: what both makers of the table (path_digests.cc from any tree,
// path_table.cc from an archive's entries) must agree on.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "artifact/path_digests.h"
#include "base/digest.h"

namespace sluice::artifact {

inline PathDigest Half(base::Hasher& hasher) {
  const std::string raw = hasher.FinishRaw();
  PathDigest out;
  std::memcpy(out.data(), raw.data(), out.size());
  return out;
}

inline std::string_view Bytes(const PathDigest& d) {
  return {reinterpret_cast<const char*>(d.data()), d.size()};
}

inline PathDigest DigestOfFile(std::string_view content, bool executable) {
  base::Hasher hasher;
  hasher.Update(executable ? "x" : "f");
  hasher.Update(content);
  return Half(hasher);
}

// A directory's: its children one after the other, in the order of their paths, then the end.
inline void AddChild(base::Hasher& listing, std::string_view name, bool directory,
                     const PathDigest& digest) {
  listing.Update(name);
  listing.Update(std::string_view(directory ? "\0d" : "\0f", 2));
  listing.Update(Bytes(digest));
}

inline PathDigest DigestOfDirectory(base::Hasher& listing) {
  listing.Update("d");
  return Half(listing);
}

}  // namespace sluice::artifact
