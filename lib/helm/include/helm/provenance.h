// A chart's .prov file: who signed it, and whether the archive is the one that was signed. A
// library of its own (helm_provenance), so that rendering needs no OpenPGP. Pure. Spec:
// helm-engine 22.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "helm/metadata.h"
#include "pgp/keyring.h"

namespace sluice::helm {

struct Provenance {
  Metadata metadata;      // as signed; not validated
  std::string file_name;  // "<name>-<version>.tgz"
  std::string file_hash;  // "sha256:<hex>"
  pgp::Signer signer;
};

// `file_name` is the archive's base name. Fails closed: an empty or unsigned .prov, a key that is
// not in the ring, a file the block does not name, another digest are all errors. kPermissionDenied
// or kInvalidArgument; "signature block not found", `provenance does not contain a SHA for a file
// named "x"`, `sha256 sum does not match for x: "…" != "…"`.
base::Result<Provenance> VerifyProvenance(std::string_view archive, std::string_view prov,
                                          std::string_view file_name, const pgp::Keyring& ring);

}  // namespace sluice::helm
