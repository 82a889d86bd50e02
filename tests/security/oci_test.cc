// Hostile registries, artifacts and signatures against lib/oci, lib/sigstore and the source's
// verifier. Names begin with the advisory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "artifact/unpack.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "base/time.h"
#include "document/json.h"
#include "http/client.h"
#include "http/server.h"
#include "oci/challenge.h"
#include "oci/client.h"
#include "oci/manifest.h"
#include "oci_verifier.h"
#include "sigstore/cosign.h"
#include "sigstore/notation.h"
#include "test_support/process.h"

namespace sluice::source {
namespace {

using document::Value;
using sigstore::CosignPolicy;
using sigstore::SimpleSignature;
using sigstore::TrustedRoot;
using sigstore::TrustPolicy;
using ::testing::Each;
using ::testing::HasSubstr;

std::string Fixture(const std::string& name) {
  const std::string text =
      test_support::ReadFile(SLUICE_SOURCE_DIR "/lib/sigstore/testdata/" + name);
  EXPECT_FALSE(text.empty()) << name;
  return text;
}

// Answers by path; the rest is 404.
class FakeRegistry {
 public:
  using Handler = std::function<http::ServerResponse(const http::ServerRequest&)>;
  explicit FakeRegistry(Handler handler) {
    http::ServerOptions options;
    options.address = "127.0.0.1:0";
    server_ = http::Server::Create(options);
    server_->HandlePrefix("GET", "/",
                          [this, handler = std::move(handler)](const http::ServerRequest& r) {
                            ++requests_;
                            if (!r.headers.Get("Authorization").empty()) ++authorized_;
                            return handler(r);
                          });
    EXPECT_TRUE(server_->Start().ok());
  }
  std::string address() const { return server_->address(); }
  int requests() const { return requests_; }
  int authorized() const { return authorized_; }
  static http::ServerResponse Json(std::string body, const std::string& type) {
    http::ServerResponse r;
    r.headers.Add("Docker-Content-Digest", base::Digest::Sha256(body).ToString());
    r.content_type = type;
    r.body = std::move(body);
    return r;
  }

 private:
  std::atomic<int> requests_ = 0, authorized_ = 0;
  std::unique_ptr<http::Server> server_;
};

class OciSecurityTest : public ::testing::Test {
 protected:
  OciSecurityTest() : http_(*http::Client::Create({})), client_(*http_) {
    ctx_ = observe::Context().WithTimeout(std::chrono::seconds(60));
  }
  std::shared_ptr<oci::RemoteRepository> Open(const FakeRegistry& registry) {
    oci::Access access;
    access.auth.username = "u";
    access.auth.password = base::SecretString("c4n4ry");
    return client_.Open(*oci::Repository::Parse(registry.address() + "/app"), access);
  }
  std::unique_ptr<http::Client> http_;
  oci::RegistryClient client_;
  observe::Context ctx_;
};

constexpr const char* kImage = "application/vnd.oci.image.manifest.v1+json";

TEST_F(OciSecurityTest, CVE_2026_48978_CVE_2026_33540_RealmsAreNotTakenOnTrust) {
  for (const std::string realm :
       {"http://auth.example.com/t", "https://127.0.0.1/t", "https://[::1]/t",
        "https://169.254.169.254/latest/meta-data", "https://10.1.2.3/t", "https://192.168.1.1/t",
        "https://[fe80::1]/t", "file:///etc/passwd", "gopher://x/"}) {
    EXPECT_FALSE(oci::CheckRealm(realm, "registry.example.com", false).ok()) << realm;
  }
  // The challenge names another server, over a scheme that is no better than the registry's:
  // whoever it is, he is told the password of nobody else.
  FakeRegistry thief([](const http::ServerRequest&) {
    return http::ServerResponse::Json(200, R"({"token":"t"})");
  });
  FakeRegistry registry([&](const http::ServerRequest&) {
    http::ServerResponse r = http::ServerResponse::Text(401, "");
    r.headers.Add("WWW-Authenticate", "Basic realm=\"http://" + thief.address() + "/t\"");
    return r;
  });
  const auto remote = Open(registry);
  EXPECT_FALSE(remote->GetImage(ctx_, oci::Reference::Tag(remote->name(), "v1")).ok());
  EXPECT_EQ(thief.requests(), 0) << "Basic is for the registry itself";
}

TEST_F(OciSecurityTest, CVE_2026_50151_ARedirectedBlobCarriesNoCredentials) {
  const std::string blob = "bytes";
  FakeRegistry other(
      [&](const http::ServerRequest&) { return http::ServerResponse::Text(200, blob); });
  FakeRegistry registry([&](const http::ServerRequest& r) {
    http::ServerResponse answer = http::ServerResponse::Text(401, "");
    if (r.headers.Get("Authorization").empty()) {
      answer.headers.Add("WWW-Authenticate", "Basic realm=\"x\"");
      return answer;
    }
    answer = http::ServerResponse::Text(r.path == "/v2/" ? 200 : 307, "");
    answer.headers.Add("Location", "http://" + other.address() + "/elsewhere");
    return answer;
  });
  oci::Descriptor d;
  d.digest = base::Digest::Sha256(blob).ToString();
  d.size = static_cast<int64_t>(blob.size());
  const auto got = Open(registry)->ReadBlob(ctx_, d, 100);
  EXPECT_TRUE(got.ok()) << got.status().message();
  EXPECT_GT(registry.authorized(), 0);
  EXPECT_EQ(other.requests(), 1);
  EXPECT_EQ(other.authorized(), 0);
}

// Layers: no link leads anywhere, whatever it is checked as or made as.
TEST_F(OciSecurityTest,
       CVE_2021_21272_CVE_2026_50162_CVE_2026_50163_CVE_2021_29136_LayersHoldNoLinks) {
  const test_support::TempDir dir;
  const auto layer = [&](const std::string& script) {
    const auto made = test_support::RunCommand(
        {"python3", "-c",
         "import io, sys, tarfile\nt = tarfile.open(sys.argv[1], 'w:gz')\n"
         "def add(name, kind, target='', data=b''):\n    i = tarfile.TarInfo(name)\n    i.type = "
         "kind\n"
         "    i.linkname = target\n    i.size = len(data)\n    t.addfile(i, io.BytesIO(data))\n" +
             script + "\nt.close()\n",
         dir.File("l.tgz")});
    EXPECT_TRUE(made.ok()) << made.err;
    return test_support::ReadFile(dir.File("l.tgz"));
  };
  const std::string scripts[] = {
      "add('a/b', tarfile.LNKTYPE, '../../etc/passwd')",
      "add('x', tarfile.REGTYPE, data=b'1'); add('a/b', tarfile.LNKTYPE, 'x')",
      "add('./', tarfile.SYMTYPE, '/etc')",
      "add('.', tarfile.SYMTYPE, '/etc'); add('passwd', tarfile.REGTYPE, data=b'1')",
      "add('d', tarfile.SYMTYPE, '/tmp'); add('d/x', tarfile.REGTYPE, data=b'1')",
      "add('dev', tarfile.CHRTYPE)",
      "add('pipe', tarfile.FIFOTYPE)",
      "add('../x', tarfile.REGTYPE, data=b'1')",
      "add('/x', tarfile.REGTYPE, data=b'1')",
  };
  for (const auto& script : scripts) {
    SCOPED_TRACE(script);
    EXPECT_FALSE(artifact::UnpackTarGz(layer(script)).ok());
    artifact::UnpackLimits lenient;  // as OCI layers are read: links are left out
    lenient.skip_links = true;
    if (const auto tree = artifact::UnpackTarGz(layer(script), lenient); tree.ok()) {
      for (const std::string path : {"a/b", ".", "d", "dev", "pipe"}) {
        const auto stat = (*tree)->Stat(path);
        EXPECT_FALSE(stat.ok() && stat->kind != io::FileKind::kDirectory &&
                     stat->kind != io::FileKind::kRegular)
            << path;
        EXPECT_FALSE((*tree)->ReadFile("passwd").ok() && *(*tree)->ReadFile("passwd") != "1");
      }
    }
  }
}

// Each of cosign's own holes: what is accepted is a signature, by this key or identity, over this
// digest, of this log entry.
TEST_F(
    OciSecurityTest,
    CVE_2022_23649_CVE_2022_35929_CVE_2022_36056_CVE_2026_22703_CVE_2026_24122_CVE_2026_39395_OnlyWhatIsBoundToTheArtifactCounts) {  // NOLINT: a name
  const std::string digest = Fixture("cosign-2.6.5/digest"),
                    bundle = Fixture("cosign-2.6.5/bundle.json"),
                    other = "sha256:" + std::string(64, '0');
  const auto by_key = *CosignPolicy::ByKey(Fixture("cosign-2.6.5/cosign.pub"));
  ASSERT_TRUE(VerifyBundle(by_key, bundle, digest).ok());
  EXPECT_FALSE(VerifyBundle(by_key, bundle, other).ok()) << "another artifact's";
  const Value json = *document::ParseJson(bundle);
  const std::string payload(json["dsseEnvelope"]["payload"].AsString());
  const auto with_payload = [&](const std::string& statement) {
    return base::ReplaceAll(bundle, payload, base::Base64Encode(statement));
  };
  for (const std::string& statement : std::vector<std::string>{
           "", "{", "null",
           R"({"_type":"https://in-toto.io/Statement/v1","predicateType":"x","subject":[]})",
           R"({"_type":"x","subject":[{"digest":{"sha256":")" + digest.substr(7) + R"("}}]})"}) {
    EXPECT_FALSE(VerifyBundle(by_key, with_payload(statement), digest).ok()) << statement;
  }
  // Keyless: the log entry of another signature, no entry, an authority that was not trusted then,
  // an identity that was not asked for.
  const std::string artifact =
      "sha256:ff36c043fa12b3378090b94cc78cfc2f7577b6621459ea30bbe1cc0993682198";
  const std::string root = Fixture("keyless/trusted_root.json"),
                    good = Fixture("keyless/bundle.json");
  const auto verdict = [&](const Value& b, const Value& r,
                           std::vector<sigstore::Identity> identities = {},
                           const std::string& of = "") {
    const auto parsed = TrustedRoot::Parse(document::ToJson(r));
    return parsed.ok() && VerifyBundle(*CosignPolicy::Keyless(*parsed, std::move(identities)),
                                       document::ToJson(b), of.empty() ? artifact : of)
                              .ok();
  };
  const Value b = *document::ParseJson(good), r = *document::ParseJson(root);
  ASSERT_TRUE(verdict(b, r));
  EXPECT_FALSE(verdict(b, r, {}, other));
  EXPECT_FALSE(verdict(b, r, {{"^https://accounts.google.com$", ".*"}}));
  Value bent = b;
  bent.Mutable("verificationMaterial").Set("tlogEntries", Value::Array());
  EXPECT_FALSE(verdict(bent, r)) << "no entry";
  bent = b;
  bent.Mutable("verificationMaterial")
      .Mutable("tlogEntries")
      .mutable_items()
      .at(0)
      .Set("canonicalizedBody", document::ParseJson(Fixture("public-good/bundle.json"))
                                    ->At({"verificationMaterial"})["tlogEntries"]
                                    .items()
                                    .at(0)["canonicalizedBody"]);
  EXPECT_FALSE(verdict(bent, r)) << "the entry of another signature";
  Value expired = r;
  for (Value& a : expired.Mutable("certificateAuthorities").mutable_items())
    a.Mutable("validFor").Set("end", "2020-01-01T00:00:00Z");
  EXPECT_FALSE(verdict(b, expired)) << "an authority of another time";
  for (const std::string key : {"certificateAuthorities", "tlogs"}) {
    Value without = r;
    without.Erase(key);
    EXPECT_FALSE(verdict(b, without)) << key;
  }
}

TEST_F(OciSecurityTest,
       CVE_2023_46737_CVE_2024_29902_CVE_2024_29903_SignaturesWithoutEndAreNotAllLookedAt) {
  const std::string digest = base::Digest::Sha256("artifact").ToString(), payload = "{}";
  std::string layers, index;
  for (int i = 0; i < 250; ++i) {
    layers += base::Cat(
        i == 0 ? "" : ",",
        R"({"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","size":2,"digest":")",
        base::Digest::Sha256(payload).ToString(),
        R"(","annotations":{"dev.cosignproject.cosign/signature":"eA=="}})");
  }
  const std::string signatures = R"({"schemaVersion":2,"mediaType":")" + std::string(kImage) +
                                 R"(","config":{"mediaType":"x","size":2,"digest":")" +
                                 base::Digest::Sha256("{}").ToString() + R"("},"layers":[)" +
                                 layers + "]}";
  for (int i = 0; i < 5000; ++i) {
    index += base::Cat(i == 0 ? "" : ",", R"({"mediaType":")", kImage, R"(","size":10,"digest":")",
                       base::Digest::Sha256(std::to_string(i)).ToString(),
                       R"(","artifactType":"application/vnd.dev.sigstore.bundle.v0.3+json"})");
  }
  index =
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
      index + "]}";
  FakeRegistry registry([&](const http::ServerRequest& r) {
    if (r.path == "/v2/") return http::ServerResponse::Text(200, "");
    if (r.path.starts_with("/v2/app/referrers/"))
      return FakeRegistry::Json(index, "application/vnd.oci.image.index.v1+json");
    if (r.path.ends_with(".sig")) return FakeRegistry::Json(signatures, kImage);
    if (r.path.starts_with("/v2/app/blobs/")) return http::ServerResponse::Text(200, payload);
    return http::ServerResponse::Text(404, "");
  });
  const auto policy = *CosignPolicy::ByKey(Fixture("cosign-2.6.5/cosign.pub"));
  const auto remote = Open(registry);
  const auto verdict = VerifyCosignSignatures(ctx_, policy, *remote, digest);
  EXPECT_FALSE(verdict.ok());
  EXPECT_LE(registry.requests(), static_cast<int>(2 * sigstore::kMaxSignatures) + 10);
  // Past the limit of a manifest nothing is read at all.
  std::string many = "{\"schemaVersion\":2,\"layers\":[{}";
  for (int i = 0; i < 100'000; ++i) many += ",{}";
  EXPECT_FALSE(oci::ParseManifest(many + "]}").ok());
}

TEST_F(
    OciSecurityTest,
    CVE_2023_25656_CVE_2023_33957_CVE_2023_33958_CVE_2023_33959_CVE_2024_23332_CVE_2024_51491_CVE_2024_56138_NotationsPolicyDecides) {  // NOLINT: a name
  const auto d = *document::ParseJson(Fixture("notation-1.3.2/descriptor.json"));
  const sigstore::SignedArtifact artifact{std::string(d["mediaType"].AsString()),
                                          std::string(d["digest"].AsString()), d["size"].AsInt()};
  const auto policy = [](const std::string& scope, const std::string& identities) {
    return TrustPolicy::Parse(
        R"({"version":"1.0","trustPolicies":[{"name":"p","registryScopes":[")" + scope +
        R"("],"signatureVerification":{"level":"strict"},"trustStores":["ca:acme"],"trustedIdentities":[)" +
        identities + "]}]}");
  };
  const auto verify = [&](const TrustPolicy& p, const std::string& file, const std::string& root,
                          const std::string& now, const sigstore::SignedArtifact& of) {
    const auto outcome = sigstore::VerifyNotation(
        *p.For("example.com/app"), {Fixture("notation-1.3.2/" + root)},
        file.ends_with("cose") ? "application/cose" : "application/jose+json",
        Fixture("notation-1.3.2/" + file), of, *base::ParseRfc3339(now));
    return outcome.ok() && outcome->authentic;
  };
  const auto any = *policy("*", R"("*")");
  const std::string now = "2027-01-01T00:00:00Z";
  EXPECT_TRUE(verify(any, "ec.jws", "root.crt", now, artifact));
  EXPECT_FALSE(verify(any, "ec.jws", "other.crt", now, artifact)) << "another authority";
  EXPECT_FALSE(verify(any, "expired.jws", "root.crt", "2036-01-01T00:00:00Z", artifact))
      << "expired";
  sigstore::SignedArtifact other = artifact;
  other.digest = "sha256:" + std::string(64, '0');
  EXPECT_FALSE(verify(any, "ec.jws", "root.crt", now, other)) << "of another artifact";
  EXPECT_FALSE(verify(*policy("*", R"("x509.subject: C=US, ST=WA, O=somebody else")"), "ec.jws",
                      "root.crt", now, artifact))
      << "another subject";
  // A scope is a repository, whole: no prefix, no other case, no wildcard inside.
  for (const std::string scope :
       {"example.com/ap", "example.com/app/x", "example.com", "EXAMPLE.com/app"}) {
    const auto p = policy(scope, R"("*")");
    EXPECT_TRUE(!p.ok() || p->For("example.com/app") == nullptr) << scope;
  }
  EXPECT_FALSE(policy("example.com/*", R"("*")").ok());
  EXPECT_EQ((*policy("example.com/app", R"("*")")).For("example.com/application"), nullptr);
}

}  // namespace
}  // namespace sluice::source
