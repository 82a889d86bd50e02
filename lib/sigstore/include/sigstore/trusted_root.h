// TrustedRoot: whom keyless signatures are trusted by, as a trusted_root.json says: certificate and
// timestamp authorities, transparency logs, certificate logs (sigstore's protobuf-specs,
// application/vnd.dev.sigstore.trustedroot+json;version=0.1 and 0.2). Immutable, thread-safe, cheap
// to copy.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::sigstore {

struct TrustedMaterial;

class TrustedRoot {
 public:
  static base::Result<TrustedRoot> Parse(std::string_view json);
  // Of the first transparency log that has one. Errors: "no transparency log entries found in
  // trusted root", "no transparency log entry with a BaseURL found in trusted root".
  base::Result<std::string> RekorUrl() const;
  const TrustedMaterial& material() const { return *material_; }  // for this library

 private:
  explicit TrustedRoot(std::shared_ptr<const TrustedMaterial> material)
      : material_(std::move(material)) {}
  std::shared_ptr<const TrustedMaterial> material_;
};

}  // namespace sluice::sigstore
