#include <array>

#include "base/strings.h"
#include "git/signature.h"

namespace sluice::git {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kArmors{
    {{"-----BEGIN PGP SIGNATURE-----", "openpgp"},
     {"-----BEGIN SSH SIGNATURE-----", "ssh"},
     {"-----BEGIN SIGNED MESSAGE-----", "x509"}}};
constexpr size_t kMaxTagName = 1024;

// The next line with its newline.
std::string_view NextLine(std::string_view bytes) {
  const size_t end = bytes.find('\n');
  return bytes.substr(0, end == bytes.npos ? bytes.size() : end + 1);
}

}  // namespace

std::string_view SignatureType(std::string_view signature) {
  if (signature.empty()) return "empty";
  const std::string_view text = base::TrimSpace(signature);
  for (const auto& [armor, type] : kArmors) {
    if (text.starts_with(armor)) return type;
  }
  return "unknown";
}

// Headers up to the empty line; gpgsig's value goes on in lines that begin with a space.
base::Result<SignedObject> SplitCommit(const ObjectId& oid, std::string_view bytes) {
  SignedObject out;
  out.oid = oid;
  bool in_signature = false, seen = false;
  while (!bytes.empty() && bytes.front() != '\n') {
    const std::string_view line = NextLine(bytes);
    if (line.find('\0') != line.npos) return base::DataLoss("malformed commit object");
    bytes.remove_prefix(line.size());
    if (line.starts_with(' ') && in_signature) {
      out.signature += line.substr(1);
      continue;
    }
    in_signature = line.starts_with("gpgsig ");
    if (line.starts_with("gpgsig-sha256 "))
      return base::DataLoss("commit is signed for another object format");
    if (!in_signature) {
      out.payload += line;
      continue;
    }
    if (seen) return base::DataLoss("commit has two signatures");
    seen = true;
    out.signature = line.substr(7);
  }
  out.payload += bytes;
  return out;
}

// The signature is the end of the message, from the last line that begins an armor.
base::Result<SignedObject> SplitTag(const ObjectId& oid, std::string_view bytes) {
  SignedObject out;
  out.oid = oid;
  out.tag = true;
  size_t begin = bytes.size();
  bool in_headers = true;
  for (size_t at = 0; at < bytes.size();) {
    const std::string_view line = NextLine(bytes.substr(at));
    if (in_headers && line.find('\0') != line.npos) return base::DataLoss("malformed tag object");
    if (in_headers && line.starts_with("tag "))
      out.tag_name = base::TruncateUtf8(base::TrimSpace(line.substr(4)), kMaxTagName);
    if (in_headers && line.starts_with("gpgsig"))
      return base::DataLoss("tag is signed for another object format");
    if (line == "\n") in_headers = false;
    if (!in_headers) {
      for (const auto& [armor, type] : kArmors) {
        if (line.starts_with(armor)) begin = at;
      }
    }
    at += line.size();
  }
  out.payload = bytes.substr(0, begin);
  out.signature = bytes.substr(begin);
  return out;
}

}  // namespace sluice::git
