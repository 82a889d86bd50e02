// OCIRepositories whose signatures are to be verified. What cosign signed was recorded:
// lib/sigstore/testdata.
#include <gmock/gmock.h>

#include "base/encoding.h"
#include "document/json.h"
#include "lab.h"
#include "test_support/registry_server.h"

namespace sluice::e2e {
namespace {

using test_support::ReadFile;
using test_support::RegistryServer;
using testing::HasSubstr;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kOtherKey =
    "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE2G2Y+2tabdTV5BcGiBIx0a9fAFwr\n"
    "kBbmLSGtks4L3qX6yYY0zufBnhC8Ur/iy55GhWP/9A/bY2LhC30M9+RYtw==\n-----END PUBLIC KEY-----\n";

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

// "cosign-2.6.5/digest"
std::string RecordedAt(const std::string& path) {
  return ReadFile(std::string(SLUICE_SOURCE_DIR) + "/lib/sigstore/testdata/" + path);
}
std::string Recorded(const std::string& name) {
  return ReadFile(std::string(SLUICE_SOURCE_DIR) + "/lib/sigstore/testdata/cosign-2.6.5/" + name);
}

class OciVerifyTest : public testing::Test {
 protected:
  OciVerifyTest() : ns_(TheLab().NewNamespace()), digest_(Recorded("digest")) {
    lab_.Apply(Secret(
        "keys",
        {{"other.pub", kOtherKey}, {"cosign.pub", Recorded("cosign.pub")}, {"readme", "no key"}}));
    lab_.Apply(Secret("wrong", {{"other.pub", kOtherKey}}));
    lab_.Apply(Secret("no-pub",
                      {{"cosign.key", Recorded("cosign.pub")}, {"pub", Recorded("cosign.pub")}}));
    lab_.Apply(Secret("bad-pub", {{"cosign.pub", "no key"}}));
  }
  static RegistryServer& Registry() {
    static RegistryServer registry;
    return registry;
  }
  std::string Secret(const std::string& name,
                     const std::map<std::string, std::string>& data) const {
    std::string out = "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name +
                      ", namespace: " + ns_ + "}\ndata:\n";
    for (const auto& [key, value] : data)
      out += "  " + key + ": " + base::Base64Encode(value) + "\n";
    return out;
  }
  // The artifact that was signed, in a repository of its own.
  std::string PushArtifact(const std::string& name) const {
    const std::string repo = ns_ + "/" + name;
    Registry().PushBlob(repo, Recorded("layer.tar.gz"));
    Registry().PushBlob(repo, "{}");
    EXPECT_EQ(Registry().PushManifest(repo, "v1", kManifestType, Recorded("manifest.json")),
              digest_);
    return repo;
  }
  void PushSimpleSignature(const std::string& repo) const {
    Registry().PushBlob(repo, Recorded("payload.json"));
    Registry().PushBlob(repo, Recorded("sig-config.json"));
    Registry().PushManifest(repo, "sha256-" + digest_.substr(7) + ".sig", kManifestType,
                            Recorded("sig-manifest.json"));
  }
  void PushBundle(const std::string& repo) const {
    Registry().PushBlob(repo, Recorded("bundle.json"));
    Registry().PushManifest(repo, "bundle", kManifestType, Recorded("bundle-manifest.json"));
    Registry().PushManifest(repo, "sha256-" + digest_.substr(7),
                            "application/vnd.oci.image.index.v1+json",
                            Recorded("bundle-index.json"));
  }
  // An envelope of notation-go as what refers to the artifact.
  void PushNotation(const std::string& repo, const std::string& file) const {
    const std::string type = file.ends_with("cose") ? "application/cose" : "application/jose+json";
    PushReferrer(repo, type, RecordedAt("notation-1.3.2/" + file),
                 "application/vnd.cncf.notary.signature");
  }
  // What tests/tools/keyless signed, in the places where cosign 2 and 3 put it.
  void PushKeyless(const std::string& simple, const std::string& bundle) const {
    const auto recorded = *document::ParseJson(RecordedAt("keyless/simple.json"));
    Value layer = Layer(simple, "application/vnd.dev.cosign.simplesigning.v1+json",
                        Text(recorded["payload"]));
    layer.Set("annotations",
              Value::Object({{"dev.cosignproject.cosign/signature", recorded["signature"]},
                             {"dev.sigstore.cosign/certificate", recorded["certificate"]},
                             {"dev.sigstore.cosign/bundle", recorded["bundle"]}}));
    Registry().PushManifest(simple, "sha256-" + digest_.substr(7) + ".sig", kManifestType,
                            document::ToJson(Manifest(simple, std::move(layer))));
    const std::string type = "application/vnd.dev.sigstore.bundle.v0.3+json";
    PushReferrer(bundle, type, RecordedAt("keyless/bundle.json"), type);
  }
  static Value Layer(const std::string& repo, const std::string& type, const std::string& blob) {
    return Value::Object({{"mediaType", type},
                          {"digest", Registry().PushBlob(repo, blob)},
                          {"size", static_cast<int64_t>(blob.size())}});
  }
  static Value Manifest(const std::string& repo, Value layer) {
    std::vector<Value> layers;
    layers.push_back(std::move(layer));
    return Value::Object({{"schemaVersion", int64_t{2}},
                          {"mediaType", kManifestType},
                          {"config", Layer(repo, "application/vnd.oci.empty.v1+json", "{}")},
                          {"layers", Value::Array(std::move(layers))}});
  }
  // One blob in a manifest that refers to the artifact, named by the fallback index.
  void PushReferrer(const std::string& repo, const std::string& type, const std::string& blob,
                    const std::string& artifact_type) const {
    Value manifest = Manifest(repo, Layer(repo, type, blob));
    manifest.Set("artifactType", artifact_type);
    const std::string text = document::ToJson(manifest);
    Value entry =
        Value::Object({{"mediaType", kManifestType},
                       {"artifactType", artifact_type},
                       {"digest", Registry().PushManifest(repo, "signature", kManifestType, text)},
                       {"size", static_cast<int64_t>(text.size())}});
    std::vector<Value> entries;
    entries.push_back(std::move(entry));
    constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";
    Registry().PushManifest(
        repo, "sha256-" + digest_.substr(7), kIndexType,
        document::ToJson(Value::Object({{"schemaVersion", int64_t{2}},
                                        {"mediaType", kIndexType},
                                        {"manifests", Value::Array(std::move(entries))}})));
  }
  void Apply(const std::string& name, const std::string& repo, const std::string& verify) {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: " + name +
        ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  url: " + Registry().Url(repo) +
        "\n  ref: {tag: v1}\n  verify: " + verify + "\n");
  }
  Ref Source(const std::string& name) const { return {"OCIRepository", ns_, name}; }
  std::string DigestRef(const std::string& repo) const {
    return Registry().address() + "/" + repo + "@" + digest_;
  }

  Lab& lab_ = TheLab();
  const std::string ns_, digest_;
};

TEST_F(OciVerifyTest, AcceptsSignaturesOfBothFormats) {
  const std::string simple = PushArtifact("simple"), bundle = PushArtifact("bundle");
  PushSimpleSignature(simple);
  PushBundle(bundle);
  Apply("simple", simple, "{provider: cosign, secretRef: {name: keys}}");
  Apply("bundle", bundle, "{provider: cosign, secretRef: {name: keys}}");
  for (const std::string name : {"simple", "bundle"}) {
    SCOPED_TRACE(name);
    const Value source = lab_.WaitReady(Source(name), digest_);
    EXPECT_EQ(Text(ConditionOf(source, "SourceVerified")["status"]), "True");
    EXPECT_EQ(Text(ConditionOf(source, "SourceVerified")["reason"]), "Succeeded");
    EXPECT_EQ(Text(ConditionOf(source, "SourceVerified")["message"]),
              "verified signature of revision v1@" + digest_);
  }
}

// By a trusted root of ours instead of a key, both formats.
TEST_F(OciVerifyTest, AcceptsKeylessSignatures) {
  const std::string simple = PushArtifact("simple"), bundle = PushArtifact("bundle");
  PushKeyless(simple, bundle);
  lab_.Apply(Secret("root", {{"trusted_root.json", RecordedAt("keyless/trusted_root.json")}}));
  const std::string keyless =
      "{provider: cosign, trustedRootSecretRef: {name: root}, matchOIDCIdentity: [{issuer: "
      "'^https://oidc.example.org$', subject: '";
  const std::string ours = keyless + "^https://example.org/fleet/'}]}",
                    theirs = keyless + "^https://example.org/other/'}]}";
  Apply("simple", simple, ours);
  Apply("bundle", bundle, ours);
  Apply("other-simple", simple, theirs);
  Apply("other-bundle", bundle, theirs);
  for (const std::string name : {"simple", "bundle"}) {
    SCOPED_TRACE(name);
    const Value source = lab_.WaitReady(Source(name), digest_);
    EXPECT_EQ(Text(ConditionOf(source, "SourceVerified")["message"]),
              "verified signature of revision v1@" + digest_);
  }
  for (const std::string name : {"other-simple", "other-bundle"}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(
        lab_.WaitFailed(Source(name), "VerificationError"),
        testing::StartsWith("failed to verify the signature using provider 'cosign keyless': "));
    EXPECT_TRUE(lab_.Get(Source(name))["status"]["artifact"].is_null());
  }
}

TEST_F(OciVerifyTest, StoresNothingThatIsNotSigned) {
  const std::string unsigned_repo = PushArtifact("unsigned"), signed_repo = PushArtifact("signed");
  PushSimpleSignature(signed_repo);
  const std::string by = "failed to verify the signature using provider ";
  const struct {
    std::string name, repo, verify, message;
  } cases[] = {
      {"none", unsigned_repo, "{provider: cosign, secretRef: {name: keys}}",
       by + "'cosign': no matching signatures were found for '" + DigestRef(unsigned_repo) + "'"},
      {"wrong-key", signed_repo, "{provider: cosign, secretRef: {name: wrong}}",
       by + "'cosign': no matching signatures were found for '" + DigestRef(signed_repo) + "'"},
      {"no-pub", signed_repo,
       "{provider: cosign, secretRef: {name: no-pub}}",  // none of its keys ends in .pub
       by + "'cosign': no matching signatures were found for '" + DigestRef(signed_repo) + "'"},
      {"bad-pub", signed_repo, "{provider: cosign, secretRef: {name: bad-pub}}",
       by + "'cosign': PEM decoding failed"},
      {"no-secret", signed_repo, "{provider: cosign, secretRef: {name: nope}}",
       by + "'cosign': secrets \"nope\" not found"},
      {"no-root", signed_repo, "{provider: cosign, trustedRootSecretRef: {name: nope}}",
       by + "'cosign keyless': failed to read trusted root from secret '" + ns_ +
           "/nope': secrets \"nope\" not found"},
      {"other-root", signed_repo, "{provider: cosign, trustedRootSecretRef: {name: keys}}",
       by + "'cosign keyless': failed to read trusted root from secret '" + ns_ +
           "/keys': 'trusted_root.json' not found in secret '" + ns_ + "/keys'"},
  };
  for (const auto& c : cases) Apply(c.name, c.repo, c.verify);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Source(c.name), "VerificationError"), c.message);
    const Value object = lab_.Get(Source(c.name));
    EXPECT_EQ(Text(ConditionOf(object, "SourceVerified")["status"]), "False");
    EXPECT_EQ(Text(ConditionOf(object, "SourceVerified")["message"]), c.message);
    EXPECT_TRUE(object["status"]["artifact"].is_null());
  }
  // Once it is signed, it is taken; once nobody asks, the condition goes.
  PushBundle(unsigned_repo);
  lab_.RequestReconcile(Source("none"));
  lab_.WaitReady(Source("none"), digest_);
  lab_.Apply(
      "apiVersion: source.toolkit.fluxcd.io/v1\nkind: OCIRepository\nmetadata: {name: none, "
      "namespace: " +
      ns_ + "}\nspec:\n  interval: 10m\n  url: " + Registry().Url(unsigned_repo) +
      "\n  ref: {tag: v1}\n");
  lab_.WaitFor(Source("none"), "no longer verified", [](const Value& o) {
    return IsReady(o) && ConditionOf(o, "SourceVerified").is_null();
  });
}

TEST_F(OciVerifyTest, FollowsTheTrustPolicyOfNotation) {
  const auto policy = [](const std::string& level) {
    return R"({"version":"1.0","trustPolicies":[{"name":"p","registryScopes":["*"],"signatureVerification":{"level":")" +
           level +
           R"("},"trustStores":["ca:acme"],"trustedIdentities":["x509.subject: C=US, ST=WA, O=Sluice\\, Tests"]}]})";
  };
  const std::string root = RecordedAt("notation-1.3.2/root.crt"),
                    other = RecordedAt("notation-1.3.2/other.crt");
  lab_.Apply(Secret("strict", {{"trustpolicy.json", policy("strict")}, {"root.crt", root}}));
  lab_.Apply(Secret("audit", {{"trustpolicy.json", policy("audit")}, {"other.pem", other}}));
  lab_.Apply(Secret("stranger", {{"trustpolicy.json", policy("strict")}, {"other.pem", other}}));
  lab_.Apply(Secret("empty", {{"trustpolicy.json", policy("strict")}}));
  lab_.Apply(Secret("broken", {{"trustpolicy.json", "{"}, {"root.crt", root}}));
  const std::string jws = PushArtifact("jws"), cose = PushArtifact("cose"),
                    none = PushArtifact("none");
  PushNotation(jws, "ec.jws");
  PushNotation(cose, "rsa.cose");
  for (const auto& [name, repo] : {std::pair("jws", jws), std::pair("cose", cose)}) {
    Apply(name, repo, "{provider: notation, secretRef: {name: strict}}");
    EXPECT_EQ(Text(ConditionOf(lab_.WaitReady(Source(name), digest_), "SourceVerified")["message"]),
              "verified signature of revision v1@" + digest_);
  }
  Apply("audited", jws, "{provider: notation, secretRef: {name: audit}}");
  // nothing is concluded
  EXPECT_TRUE(ConditionOf(lab_.WaitReady(Source("audited"), digest_), "SourceVerified").is_null());
  const std::string by = "failed to verify the signature using provider 'notation': ";
  const struct {
    std::string name, repo, verify, message;
  } cases[] = {
      {"unsigned", none, "{provider: notation, secretRef: {name: strict}}",
       "no signature is associated with \"" + DigestRef(none) +
           "\", make sure the artifact was signed successfully"},
      {"distrusted", jws, "{provider: notation, secretRef: {name: stranger}}",
       "does not contain any trusted certificate"},
      {"no-ref", jws, "{provider: notation}",
       "verification secret cannot be empty: '" + DigestRef(jws) + "'"},
      {"no-policy", jws, "{provider: notation, secretRef: {name: keys}}",
       "'trustpolicy.json' not found in secret '" + ns_ + "/keys'"},
      {"no-certs", jws, "{provider: notation, secretRef: {name: empty}}",
       "no certificates found in secret '" + ns_ + "/empty'"},
      {"bad-policy", jws, "{provider: notation, secretRef: {name: broken}}",
       "error occurred while parsing trustpolicy.json: unexpected end of JSON input"},
  };
  for (const auto& c : cases) Apply(c.name, c.repo, c.verify);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const std::string message = lab_.WaitFailed(Source(c.name), "VerificationError");
    EXPECT_THAT(message, AllOf(testing::StartsWith(by), HasSubstr(c.message)));
  }
}

}  // namespace
}  // namespace sluice::e2e
