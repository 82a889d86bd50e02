#include "sigstore/notation.h"

#include <openssl/x509v3.h>

#include <algorithm>

#include "base/strings.h"
#include "document/json.h"
#include "envelope.h"

namespace sluice::sigstore {
namespace {

using base::Cat;
using base::QuoteGo;
using document::Value;

constexpr std::string_view kPayloadType = "application/vnd.cncf.notary.payload.v1+json";
constexpr std::string_view kSubjectPrefix = "x509.subject:";

using Attributes = std::map<std::string, std::string>;

// "C=US, ST=WA, O=acme" with RFC 4514's escapes; "S" is "ST".
base::Result<Attributes> ParseName(std::string_view text) {
  Attributes out;
  std::string key, value, *part = &key;
  const auto finish = [&]() -> base::Status {
    std::string name(base::TrimSpace(key));
    if (name == "S") name = "ST";
    if (name.empty() || part == &key)
      return base::InvalidArgument(
          Cat("parsing distinguished name (DN) ", QuoteGo(text), " failed"));
    if (!out.emplace(std::move(name), std::string(base::TrimSpace(value))).second) {
      return base::InvalidArgument(
          Cat("distinguished name (DN) ", QuoteGo(text), " has duplicate RDN attribute"));
    }
    key.clear();
    value.clear();
    part = &key;
    return base::OkStatus();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      *part += text[++i];
    } else if (text[i] == '=' && part == &key) {
      part = &value;
    } else if (text[i] == ',') {
      SLUICE_TRY(finish());
    } else {
      *part += text[i];
    }
  }
  SLUICE_TRY(finish());
  for (const char* wanted : {"C", "ST", "O"}) {
    if (!out.contains(wanted))
      return base::InvalidArgument(Cat("distinguished name (DN) ", QuoteGo(text),
                                       " has no mandatory RDN attribute for ", QuoteGo(wanted)));
  }
  return out;
}

Attributes SubjectOf(const Certificate& c) {
  Attributes out;
  X509_NAME* name = X509_get_subject_name(c.get());
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const int nid = OBJ_obj2nid(X509_NAME_ENTRY_get_object(entry));
    unsigned char* utf8 = nullptr;
    const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(entry));
    if (size < 0 || nid == NID_undef) continue;
    out.emplace(OBJ_nid2sn(nid),
                std::string(reinterpret_cast<char*>(utf8), static_cast<size_t>(size)));
    OPENSSL_free(utf8);
  }
  return out;
}

std::string ShownSubject(const Certificate& c) {
  std::string out;
  for (const auto& [key, value] : SubjectOf(c)) out += Cat(out.empty() ? "" : ",", key, "=", value);
  return out;
}

base::Result<std::vector<Certificate>> ReadRoots(const std::vector<std::string>& roots) {
  std::vector<Certificate> out;
  for (const std::string& bytes : roots) {
    if (bytes.find("-----BEGIN ") != bytes.npos) {
      SLUICE_TRY(auto list, Certificate::ListFromPem(bytes));
      std::ranges::move(list, std::back_inserter(out));
    } else {
      SLUICE_TRY(Certificate c, Certificate::FromDer(bytes));
      out.push_back(std::move(c));
    }
  }
  return out;
}

base::Status CheckIdentity(const NotationStatement& s, const Certificate& leaf) {
  if (std::ranges::find(s.identities, "*") != s.identities.end()) return base::OkStatus();
  const Attributes subject = SubjectOf(leaf);
  for (const std::string& id : s.identities) {
    if (!id.starts_with(kSubjectPrefix)) continue;
    SLUICE_TRY(const Attributes wanted,
               ParseName(std::string_view(id).substr(kSubjectPrefix.size())));
    const bool all = std::ranges::all_of(wanted, [&](const auto& w) {
      const auto it = subject.find(w.first);
      return it != subject.end() && it->second == w.second;
    });
    if (all) return base::OkStatus();
  }
  return base::PermissionDenied(
      Cat("signing certificate from the digital signature does not match the X.509 trusted "
          "identities defined in the "
          "trust policy ",
          QuoteGo(s.name)));
}

base::Status CheckAuthenticity(const NotationStatement& s, const std::vector<Certificate>& roots,
                               const Envelope& e) {
  const std::string_view store = e.scheme == "notary.x509" ? "ca:" : "signingAuthority:";
  const bool named = std::ranges::any_of(
      s.trust_stores, [&](const std::string& t) { return t.starts_with(store); });
  if (!named || roots.empty())
    return base::PermissionDenied("no trusted certificates are found to verify authenticity");
  const std::vector<Certificate> rest(e.chain.begin() + 1, e.chain.end());
  // Whether certificates are valid is another check: here only who vouches for whom.
  base::Time at = e.chain.front().not_before();
  for (const Certificate& c : e.chain) at = std::max(at, c.not_before());
  const auto chain = BuildChain(e.chain.front(), roots, rest, at, Purpose::kAny);
  if (!chain.ok()) {
    return base::PermissionDenied(
        "the signature is not produced by a trusted signer, error: the signer's certificate chain "
        "does not contain any "
        "trusted certificate");
  }
  if (const uint32_t usage = X509_get_extended_key_usage(e.chain.front().get());
      usage != UINT32_MAX && (usage & XKU_CODE_SIGN) == 0) {
    return base::PermissionDenied("the signing certificate is not for code signing");
  }
  return CheckIdentity(s, e.chain.front());
}

base::Status CheckTimes(const Envelope& e, base::Time now) {
  const bool authority = e.scheme != "notary.x509";
  for (const Certificate& c : e.chain) {
    if (c.ValidAt(authority ? e.signing_time : now)) continue;
    const std::string subject = QuoteGo(ShownSubject(c));
    if (authority)
      return base::PermissionDenied(
          Cat("certificate ", subject, " was not valid when the digital signature was produced"));
    return base::PermissionDenied(
        now < c.not_before()
            ? Cat("verification time is before certificate ", subject, " validity period")
            : Cat("verification time is after certificate ", subject, " validity period"));
  }
  return base::OkStatus();
}

base::Status CheckRevocation(const Envelope& e) {
  for (const Certificate& c : e.chain) {
    const bool asks = X509_get_ext_by_NID(c.get(), NID_info_access, -1) >= 0 ||
                      X509_get_ext_by_NID(c.get(), NID_crl_distribution_points, -1) >= 0;
    if (asks && !c.IsSelfIssued()) {
      return base::PermissionDenied(Cat("signing certificate with subject ",
                                        QuoteGo(ShownSubject(c)), " revocation status is unknown"));
    }
  }
  return base::OkStatus();
}

base::Status CheckPayload(const Envelope& e, const SignedArtifact& artifact) {
  if (e.content_type != kPayloadType)
    return base::PermissionDenied(Cat("payload content type ",
                                      QuoteGo(base::TruncateUtf8(e.content_type, 128)),
                                      " is not supported"));
  SLUICE_TRY(const Value json, document::ParseJson(e.payload, {.max_depth = 16}));
  const Value& target = json["targetArtifact"];
  const bool same = target["digest"].AsString() == artifact.digest &&
                    target["size"].AsInt(-1) == artifact.size &&
                    target["mediaType"].AsString() == artifact.media_type;
  return same ? base::OkStatus() : base::PermissionDenied("content descriptor mismatch");
}

// An enforced check that fails is the verdict; a logged one is a message.
base::Status Judge(Enforcement action, base::Status check, NotationOutcome& out, bool& failed) {
  if (action == Enforcement::kSkip || check.ok()) return base::OkStatus();
  if (action == Enforcement::kEnforce) return check;
  out.messages.push_back(check.message());
  failed = true;
  return base::OkStatus();
}

}  // namespace

base::Result<NotationOutcome> VerifyNotation(const NotationStatement& statement,
                                             const std::vector<std::string>& roots,
                                             std::string_view media_type, std::string_view envelope,
                                             const SignedArtifact& artifact, base::Time now) {
  SLUICE_TRY(const Envelope e, OpenEnvelope(media_type, envelope));
  if (e.scheme != "notary.x509" && e.scheme != "notary.x509.signingAuthority")
    return base::PermissionDenied("signing scheme is not supported");
  if (!e.critical.empty()) {
    return base::PermissionDenied("plugin unsupported due to nil verifier.pluginManager");
  }
  SLUICE_TRY(const auto certificates, ReadRoots(roots));
  const NotationLevel& level = statement.level;
  NotationOutcome out;
  bool failed = false, not_authentic = false;
  SLUICE_TRY(
      Judge(level.authenticity, CheckAuthenticity(statement, certificates, e), out, not_authentic));
  const base::Status expired =
      e.expiry && now > *e.expiry
          ? base::PermissionDenied(Cat("digital signature has expired on ",
                                       QuoteGo(base::FormatRfc1123(*e.expiry, "+0000"))))
          : base::OkStatus();
  SLUICE_TRY(Judge(level.expiry, expired, out, failed));
  SLUICE_TRY(Judge(level.timestamp, CheckTimes(e, now), out, failed));
  SLUICE_TRY(Judge(level.revocation, CheckRevocation(e), out, failed));
  SLUICE_TRY(CheckPayload(e, artifact));
  out.authentic = !not_authentic;
  return out;
}

}  // namespace sluice::sigstore
