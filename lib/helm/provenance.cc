#include "helm/provenance.h"

#include <utility>

#include "base/digest.h"
#include "base/strings.h"
#include "document/yaml.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::QuoteGo;

constexpr std::string_view kBegin = "-----BEGIN PGP SIGNED MESSAGE-----";
constexpr std::string_view kDocumentEnd = "\n...\n";
constexpr size_t kMaxProvenance = 1 << 20;

}  // namespace

base::Result<Provenance> VerifyProvenance(std::string_view archive, std::string_view prov,
                                          std::string_view file_name, const pgp::Keyring& ring) {
  if (prov.size() > kMaxProvenance) return base::ResourceExhausted("provenance file is too large");
  if (!base::Contains(prov, kBegin)) return base::InvalidArgument("signature block not found");
  SLUICE_TRY(pgp::ClearSigned block, ring.VerifyClearSigned(prov));
  const auto parts = base::Split(block.text, kDocumentEnd);
  if (parts.size() < 2) return base::InvalidArgument("message block must have at least two parts");
  Provenance out;
  out.signer = std::move(block.signer);
  out.file_name = file_name;
  SLUICE_TRY(FromYaml(parts[0], &out.metadata));
  SLUICE_TRY(const document::Value sums, document::ParseYamlToValue(parts[1]));
  const document::Value* sum = sums["files"].Find(file_name);
  if (sum == nullptr || !sum->is_string()) {
    return base::PermissionDenied(
        Cat("provenance does not contain a SHA for a file named ", QuoteGo(file_name)));
  }
  out.file_hash = base::Digest::Sha256(archive).ToString();
  if (sum->AsString() != out.file_hash) {
    return base::PermissionDenied(Cat("sha256 sum does not match for ", file_name, ": ",
                                      QuoteGo(sum->AsString()), " != ", QuoteGo(out.file_hash)));
  }
  return out;
}

}  // namespace sluice::helm
