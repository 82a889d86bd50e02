// HelmCharts of registries whose signatures are to be verified without a cosign key: keyless
// against a trusted root, and by the Notary Project's rules. What was signed is recorded
// (lib/sigstore/testdata/chart, by tests/tools/keyless and tests/tools/notation); cosign with a key
// is in helm_chart_test.cc.
#include <gmock/gmock.h>

#include "document/json.h"
#include "helm_fixture.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using test_support::RegistryServer;
using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr const char* kManifestType = "application/vnd.oci.image.manifest.v1+json";
constexpr const char* kIndexType = "application/vnd.oci.image.index.v1+json";

std::string Path(const std::string& name) {
  return std::string(SLUICE_SOURCE_DIR) + "/lib/sigstore/testdata/chart/" + name;
}
std::string Recorded(const std::string& name) { return test_support::ReadFile(Path(name)); }

Lab& TheLab() {
  static Lab lab = [] {
    Lab::Options options;
    options.stack.flags["source"] = {"--sigstore-trusted-root=" + Path("trusted_root.json")};
    options.processes = {"source"};
    return Lab(options);
  }();
  return lab;
}

class HelmVerifyTest : public testing::Test {
 protected:
  HelmVerifyTest() : ns_(TheLab().NewNamespace()) {
    lab_.Apply(
        Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: "
            "{name: repo, namespace: ",
            ns_, "}\nspec:\n  type: oci\n  interval: 10m\n  insecure: true\n  url: ", Url(), "\n"));
  }
  static RegistryServer& Registry() {
    static RegistryServer registry;
    return registry;
  }
  std::string Url() const { return Registry().Url(ns_); }
  // The chart that was signed, as `name`; its digest.
  std::string PushSigned(const std::string& name) const {
    const std::string repo = ns_ + "/" + name;
    Registry().PushBlob(repo, Recorded("layer.tgz"));
    Registry().PushBlob(repo, Recorded("config.json"));
    return Registry().PushManifest(repo, "1.0.0", kManifestType, Recorded("manifest.json"));
  }
  static Value Blob(const std::string& repo, const std::string& type, const std::string& bytes) {
    return Value::Object({{"mediaType", type},
                          {"digest", Registry().PushBlob(repo, bytes)},
                          {"size", static_cast<int64_t>(bytes.size())}});
  }
  static Value Manifest(const std::string& repo, Value layer) {
    std::vector<Value> layers;
    layers.push_back(std::move(layer));
    return Value::Object({{"schemaVersion", int64_t{2}},
                          {"mediaType", kManifestType},
                          {"config", Blob(repo, "application/vnd.oci.empty.v1+json", "{}")},
                          {"layers", Value::Array(std::move(layers))}});
  }
  // Beside the chart, where cosign 2 has them.
  void PushSimple(const std::string& name, const std::string& digest) const {
    const std::string repo = ns_ + "/" + name;
    const auto recorded = *document::ParseJson(Recorded("simple.json"));
    Value layer =
        Blob(repo, "application/vnd.dev.cosign.simplesigning.v1+json", Text(recorded["payload"]));
    layer.Set("annotations",
              Value::Object({{"dev.cosignproject.cosign/signature", recorded["signature"]},
                             {"dev.sigstore.cosign/certificate", recorded["certificate"]},
                             {"dev.sigstore.cosign/bundle", recorded["bundle"]}}));
    Registry().PushManifest(repo, "sha256-" + digest.substr(7) + ".sig", kManifestType,
                            document::ToJson(Manifest(repo, std::move(layer))));
  }
  // A manifest that refers to the chart, named by the fallback index.
  void PushReferrer(const std::string& name, const std::string& digest, const std::string& type,
                    const std::string& bytes, const std::string& artifact_type) const {
    const std::string repo = ns_ + "/" + name;
    Value manifest = Manifest(repo, Blob(repo, type, bytes));
    manifest.Set("artifactType", artifact_type);
    const std::string text = document::ToJson(manifest);
    std::vector<Value> entries;
    entries.push_back(
        Value::Object({{"mediaType", kManifestType},
                       {"artifactType", artifact_type},
                       {"digest", Registry().PushManifest(repo, "signature", kManifestType, text)},
                       {"size", static_cast<int64_t>(text.size())}}));
    Registry().PushManifest(
        repo, "sha256-" + digest.substr(7), kIndexType,
        document::ToJson(Value::Object({{"schemaVersion", int64_t{2}},
                                        {"mediaType", kIndexType},
                                        {"manifests", Value::Array(std::move(entries))}})));
  }
  void PushBundle(const std::string& name, const std::string& digest) const {
    const std::string type = "application/vnd.dev.sigstore.bundle.v0.3+json";
    PushReferrer(name, digest, type, Recorded("bundle.json"), type);
  }
  void PushNotation(const std::string& name, const std::string& digest,
                    const std::string& file) const {
    PushReferrer(name, digest,
                 file.ends_with("cose") ? "application/cose" : "application/jose+json",
                 Recorded(file), "application/vnd.cncf.notary.signature");
  }
  Ref Chart(const std::string& name) const { return {"HelmChart", ns_, name}; }
  void Apply(const std::string& name, const std::string& chart, const std::string& verify) {
    lab_.Apply(Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: ",
                   name, ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n  chart: ", chart,
                   "\n  version: 1.0.0\n  sourceRef: {kind: HelmRepository, name: repo}\n"
                   "  verify: ",
                   verify, "\n"));
  }
  void ExpectVerified(const std::string& name) {
    SCOPED_TRACE(name);
    const Value chart = lab_.WaitReady(Chart(name), "1.0.0");
    EXPECT_EQ(Text(ConditionOf(chart, "SourceVerified")["status"]), "True");
    EXPECT_EQ(Text(ConditionOf(chart, "SourceVerified")["reason"]), "Succeeded");
    EXPECT_EQ(Text(ConditionOf(chart, "SourceVerified")["message"]),
              "verified signature of version 1.0.0");
  }
  // The signature is no good: said of the build, and nothing is stored.
  std::string SignatureFailure(const std::string& name) {
    const std::string message = lab_.WaitFailed(Chart(name), "VerificationError");
    const Value chart = lab_.Get(Chart(name));
    EXPECT_EQ(Text(ConditionOf(chart, "BuildFailed")["reason"]), "ChartVerificationError");
    EXPECT_EQ(Text(ConditionOf(chart, "BuildFailed")["message"]), message);
    EXPECT_EQ(Text(ConditionOf(chart, "SourceVerified")["status"]), "False");
    EXPECT_TRUE(ConditionOf(chart, "FetchFailed").is_null());
    EXPECT_TRUE(chart.At({"status", "artifact"}).is_null());
    return message;
  }
  // There is nothing to verify by: no fault of the build, and an unknown one of the fetch.
  std::string MeansFailure(const std::string& name) {
    const std::string message = lab_.WaitFailed(Chart(name), "VerificationError");
    const Value chart = lab_.Get(Chart(name));
    EXPECT_TRUE(ConditionOf(chart, "BuildFailed").is_null());
    EXPECT_EQ(Text(ConditionOf(chart, "SourceVerified")["message"]), message);
    EXPECT_EQ(Text(ConditionOf(chart, "FetchFailed")["reason"]), "Unknown");
    EXPECT_EQ(Text(ConditionOf(chart, "FetchFailed")["message"]),
              "unknown build error: " + message);
    EXPECT_TRUE(chart.At({"status", "artifact"}).is_null());
    return message;
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(HelmVerifyTest, KeylessByTheProcesssTrustedRoot) {
  PushSimple("simple", PushSigned("simple"));
  PushBundle("bundle", PushSigned("bundle"));
  const std::string none = PushSigned("none");
  const auto keyless = [](const std::string& subject) {
    return "{provider: cosign, matchOIDCIdentity: [{issuer: '^https://oidc.example.org$', "
           "subject: '" +
           subject + "'}]}";
  };
  const std::string ours = keyless("^https://example.org/fleet/"),
                    theirs = keyless("^https://example.org/other/");
  Apply("simple", "simple", ours);
  Apply("bundle", "bundle", ours);
  Apply("anybody", "bundle", "{provider: cosign}");
  Apply("other-simple", "simple", theirs);
  Apply("other-bundle", "bundle", theirs);
  Apply("unsigned", "none", ours);
  for (const std::string name : {"simple", "bundle", "anybody"}) ExpectVerified(name);
  const auto prefix = [&](const std::string& chart) {
    return Cat("chart verification error: failed to verify ", Url(), "/", chart, ":1.0.0: ");
  };
  EXPECT_THAT(SignatureFailure("other-simple"),
              AllOf(StartsWith(prefix("simple") + "no matching signatures: "),
                    HasSubstr("none of the expected identities matched")));
  EXPECT_THAT(SignatureFailure("other-bundle"),
              StartsWith(prefix("bundle") + "no matching attestations: "));
  EXPECT_EQ(SignatureFailure("unsigned"), prefix("none") + "no signatures found");
  // Once it is signed it is taken; once nobody asks, the condition goes.
  PushBundle("none", none);
  lab_.RequestReconcile(Chart("unsigned"));
  ExpectVerified("unsigned");
  lab_.Merge(Chart("unsigned"), R"({"spec":{"verify":null}})");
  lab_.WaitFor(Chart("unsigned"), "no longer verified", [](const Value& o) {
    return IsReady(o) && ConditionOf(o, "SourceVerified").is_null();
  });
}

TEST_F(HelmVerifyTest, ByATrustPolicyOfNotation) {
  const auto policy = [](const std::string& level) {
    return R"({"version":"1.0","trustPolicies":[{"name":"p","registryScopes":["*"],"signatureVerification":{"level":")" +
           level +
           R"("},"trustStores":["ca:acme"],"trustedIdentities":["x509.subject: C=US, ST=WA, O=Sluice\\, Tests"]}]})";
  };
  const std::string skip =
      R"({"version":"1.0","trustPolicies":[{"name":"p","registryScopes":["*"],"signatureVerification":{"level":"skip"}}]})";
  const std::string root = Recorded("root.crt"), other = Recorded("other.crt");
  const auto secret = [&](const std::string& name, const FileMap& data) {
    lab_.Apply(Secret(ns_, name, data));
  };
  secret("strict", {{"trustpolicy.json", policy("strict")}, {"root.crt", root}});
  secret("audit", {{"trustpolicy.json", policy("audit")}, {"other.pem", other}});
  secret("skip", {{"trustpolicy.json", skip}, {"root.crt", root}});
  secret("stranger", {{"trustpolicy.json", policy("strict")}, {"other.pem", other}});
  secret("empty", {{"trustpolicy.json", policy("strict")}});
  secret("broken", {{"trustpolicy.json", "{"}, {"root.crt", root}});
  secret("keys", {{"root.crt", root}});
  PushNotation("jws", PushSigned("jws"), "ec.jws");
  PushNotation("cose", PushSigned("cose"), "rsa.cose");
  const std::string none = PushSigned("none");
  const auto by = [](const std::string& name) {
    return "{provider: notation, secretRef: {name: " + name + "}}";
  };
  Apply("jws", "jws", by("strict"));
  Apply("cose", "cose", by("strict"));
  // Nothing is concluded where the policy says so.
  Apply("audited", "jws", by("audit"));
  Apply("skipped", "none", by("skip"));
  const struct {
    std::string name, chart, verify, message;
  } signatures[] = {
      {"unsigned", "none", by("strict"),
       Cat("no signature is associated with \"", Registry().address(), "/", ns_, "/none@", none,
           "\", make sure the artifact was signed successfully")},
      {"distrusted", "jws", by("stranger"), "does not contain any trusted certificate"},
  };
  const struct {
    std::string name, verify, message;
  } means[] = {
      {"no-secret", by("nope"), "secrets \"nope\" not found"},
      {"no-ref", "{provider: notation}", "verification secret cannot be empty: 'no-ref'"},
      {"no-policy", by("keys"), "'trustpolicy.json' not found in secret '" + ns_ + "/keys'"},
      {"no-certs", by("empty"), "no certificates found in secret '" + ns_ + "/empty'"},
      {"bad-policy", by("broken"),
       "error occurred while parsing trustpolicy.json: unexpected end of JSON input"},
  };
  for (const auto& c : signatures) Apply(c.name, c.chart, c.verify);
  for (const auto& c : means) Apply(c.name, "jws", c.verify);
  for (const std::string name : {"jws", "cose"}) ExpectVerified(name);
  for (const std::string name : {"audited", "skipped"}) {
    SCOPED_TRACE(name);
    EXPECT_TRUE(ConditionOf(lab_.WaitReady(Chart(name), "1.0.0"), "SourceVerified").is_null());
  }
  for (const auto& c : signatures) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(SignatureFailure(c.name),
                AllOf(StartsWith(Cat("chart verification error: failed to verify ", Url(), "/",
                                     c.chart, ":1.0.0: ")),
                      HasSubstr(c.message)));
  }
  for (const auto& c : means) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(MeansFailure(c.name),
              "failed to verify the signature using provider 'notation': " + c.message);
  }
}

TEST_F(HelmVerifyTest, AKeyedSecretNeedsAKey) {
  PushBundle("hello", PushSigned("hello"));
  lab_.Apply(Secret(ns_, "no-pub", {{"cosign.key", "x"}, {"pub", "x"}}));
  lab_.Apply(Secret(ns_, "bad-pub", {{"cosign.pub", "no key"}}));
  Apply("no-pub", "hello", "{provider: cosign, secretRef: {name: no-pub}}");
  Apply("bad-pub", "hello", "{provider: cosign, secretRef: {name: bad-pub}}");
  const std::string by = "failed to verify the signature using provider 'cosign': ";
  EXPECT_EQ(MeansFailure("no-pub"), by + "no public keys found in secret '" + ns_ + "/no-pub'");
  EXPECT_EQ(MeansFailure("bad-pub"), by + "PEM decoding failed");
}

}  // namespace
}  // namespace sluice::e2e
