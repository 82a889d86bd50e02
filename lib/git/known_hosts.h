// known_hosts: which keys a server may show. The text of a Secret, never a file. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::git {

struct HostKey {
  std::string type;  // "ssh-ed25519"
  std::string blob;  // the key in SSH's wire format
};

class KnownHosts {
 public:
  // Plain names, patterns (* ? !), [host]:port and hashed names. Lines of certificate authorities
  // are left out; a line that cannot be read is kInvalidArgument with its number, as Go has it.
  static base::Result<KnownHosts> Parse(std::string_view text);

  // The types of keys that are known for the host, in the file's order; empty: it is not known.
  std::vector<std::string> TypesFor(std::string_view host, uint16_t port) const;
  // Ok if the host has this key. kUnauthenticated "knownhosts: key is unknown", "knownhosts: key
  // mismatch" or "knownhosts: key is revoked", with the key's type and fingerprint, and the types
  // that are known.
  base::Status Check(std::string_view host, uint16_t port, const HostKey& key) const;

 private:
  struct Line {
    std::vector<std::string> patterns;
    HostKey key;
    bool revoked = false;
  };
  static bool Matches(const Line& line, std::string_view name);
  std::vector<Line> lines_;
};

// The public key's "SHA256:<base64>".
std::string SshFingerprint(std::string_view blob);

}  // namespace sluice::git
