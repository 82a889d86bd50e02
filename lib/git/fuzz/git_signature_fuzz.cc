// A commit, a tag, an SSH signature and authorized keys, all from hostile bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "git/signature.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  static_cast<void>(sluice::git::SplitCommit({}, bytes));
  static_cast<void>(sluice::git::SplitTag({}, bytes));
  const size_t cut = bytes.find("\n\n\n");
  const std::string keys(cut == bytes.npos ? bytes : bytes.substr(cut));
  static_cast<void>(sluice::git::VerifySshSignature(bytes.substr(0, cut), "payload", {keys}));
  return 0;
}
