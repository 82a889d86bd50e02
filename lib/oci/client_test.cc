// The client against a real registry: open, basic, token and TLS.
#include "oci/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "test_support/registry_server.h"

namespace sluice::oci {
namespace {

using test_support::RegistryServer;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::SizeIs;
using testing::StartsWith;

class ClientTest : public testing::Test {
 protected:
  ClientTest() : http_(*http::Client::Create({})), client_(*http_, Options()) {}
  static RegistryClientOptions Options() {
    RegistryClientOptions o;
    o.first_retry = std::chrono::milliseconds(1);
    return o;
  }
  std::shared_ptr<RemoteRepository> Open(const RegistryServer& registry, const std::string& path,
                                         const Access& access = {}) {
    return client_.Open(*Repository::Parse(registry.address() + "/" + path), access);
  }
  static Access WithPassword(const std::string& password = RegistryServer::kPassword) {
    Access a;
    a.auth.username = RegistryServer::kUser;
    a.auth.password = base::SecretString(password);
    return a;
  }
  static Reference Tag(const RemoteRepository& remote, const std::string& tag) {
    return Reference::Tag(remote.name(), tag);
  }

  std::unique_ptr<http::Client> http_;
  RegistryClient client_;
  observe::Context ctx_;
};

TEST_F(ClientTest, ReadsAnArtifactOfAnOpenRegistry) {
  const RegistryServer registry;
  const std::string digest =
      registry.Push("a/b", "v1", {{test_support::kFluxContent, "first"}, {"text/plain", "second"}},
                    {{"org.example", "yes"}});
  const auto remote = Open(registry, "a/b");
  const auto head = remote->Head(ctx_, Tag(*remote, "v1"));
  ASSERT_TRUE(head.ok()) << head.status().message();
  EXPECT_EQ(head->digest, digest);
  const auto raw = remote->GetImage(ctx_, Reference::Digest(remote->name(), digest));
  ASSERT_TRUE(raw.ok()) << raw.status().message();
  EXPECT_EQ(raw->digest, digest);
  const auto manifest = ParseManifest(raw->bytes);
  ASSERT_TRUE(manifest.ok()) << manifest.status().message();
  ASSERT_THAT(manifest->layers, SizeIs(2));
  EXPECT_EQ(manifest->annotations.at("org.example"), "yes");
  EXPECT_EQ(*remote->ReadBlob(ctx_, manifest->layers[1], 100), "second");
  EXPECT_EQ(remote->ReadBlob(ctx_, manifest->layers[1], 3).status().code(),
            base::StatusCode::kResourceExhausted);
}

TEST_F(ClientTest, AsksOnceForWhatItKnows) {
  const RegistryServer registry;
  registry.Push("app", "v1", {{"text/plain", "x"}});
  const size_t before = registry.Requests().size();
  for (int i = 0; i < 3; ++i) {
    const auto remote = Open(registry, "app");
    ASSERT_TRUE(remote->Head(ctx_, Tag(*remote, "v1")).ok());
  }
  const auto all = registry.Requests();
  EXPECT_THAT(
      std::vector<std::string>(all.begin() + static_cast<std::ptrdiff_t>(before), all.end()),
      ElementsAre("GET /v2/ 200", "HEAD /v2/app/manifests/v1 200", "HEAD /v2/app/manifests/v1 200",
                  "HEAD /v2/app/manifests/v1 200"));
}

TEST_F(ClientTest, SpeaksOfFailuresAsGoContainerregistryDoes) {
  const RegistryServer registry;
  registry.Push("app", "v1", {{"text/plain", "x"}});
  const auto remote = Open(registry, "none");
  const std::string base = "http://" + registry.address() + "/v2/none/";
  EXPECT_EQ(remote->Head(ctx_, Tag(*remote, "latest")).status().message(),
            "HEAD " + base +
                "manifests/latest: unexpected status code 404 Not Found (HEAD responses have no "
                "body, use GET for details)");
  EXPECT_EQ(
      remote->Get(ctx_, Tag(*remote, "latest")).status(),
      base::NotFound("GET " + base +
                     "manifests/latest: MANIFEST_UNKNOWN: manifest unknown; map[Tag:latest]"));
  EXPECT_EQ(
      remote->ListTags(ctx_).status().message(),
      "GET " + base +
          "tags/list?n=1000: NAME_UNKNOWN: repository name not known to registry; map[name:none]");
  const Descriptor missing{
      .media_type = "", .digest = "sha256:" + std::string(64, '0'), .artifact_type = "", .size = 3};
  EXPECT_THAT(Open(registry, "app")->ReadBlob(ctx_, missing, 10).status().message(),
              HasSubstr(": BLOB_UNKNOWN: blob unknown to registry"));
  const std::string nobody =
      client_.Open(*Repository::Parse("127.0.0.1:1/aa"), {})->ListTags(ctx_).status().message();
  EXPECT_EQ(nobody,
            "Get \"https://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused; "
            "Get \"http://127.0.0.1:1/v2/\": dial tcp 127.0.0.1:1: connect: connection refused");
}

TEST_F(ClientTest, ListsTagsOverPages) {
  const RegistryServer registry;
  const std::string digest = registry.Push("app", "v0", {{"text/plain", "x"}});
  const auto remote = Open(registry, "app");
  const std::string manifest = remote->Get(ctx_, Tag(*remote, "v0"))->bytes;
  for (int i = 1; i < 20; ++i)
    registry.PushManifest("app", "v" + std::to_string(i), std::string(kOciManifest), manifest);
  EXPECT_THAT(*remote->ListTags(ctx_), SizeIs(20));
}

TEST_F(ClientTest, ChoosesLinuxOnAmd64OfAnIndex) {
  const RegistryServer registry;
  const auto entry = [&](const std::string& platform, const std::string& content) {
    const std::string digest = registry.Push("app", content, {{"text/plain", content}});
    const auto remote = Open(registry, "app");
    const auto head = remote->Head(ctx_, Tag(*remote, content));
    return R"({"mediaType":"application/vnd.oci.image.manifest.v1+json","size":)" +
           std::to_string(head->size) + R"(,"digest":")" + digest + "\"" + platform + "}";
  };
  const std::string arm = entry(R"(,"platform":{"os":"linux","architecture":"arm64"})", "arm");
  const std::string amd = entry(R"(,"platform":{"os":"linux","architecture":"amd64"})", "amd");
  const auto push = [&](const std::string& tag, const std::string& children) {
    registry.PushManifest(
        "app", tag, std::string(kOciIndex),
        R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[)" +
            children + "]}");
  };
  push("both", arm + "," + amd);
  push("arm-only", arm);
  const auto remote = Open(registry, "app");
  const auto raw = remote->GetImage(ctx_, Tag(*remote, "both"));
  ASSERT_TRUE(raw.ok()) << raw.status().message();
  EXPECT_EQ(*remote->ReadBlob(ctx_, ParseManifest(raw->bytes)->layers[0], 10), "amd");
  EXPECT_EQ(remote->GetImage(ctx_, Tag(*remote, "arm-only")).status().message(),
            "no child with platform linux/amd64 in index " + registry.address() + "/app:arm-only");
}

TEST_F(ClientTest, AuthenticatesByPassword) {
  const RegistryServer registry({.auth = RegistryServer::Auth::kBasic});
  registry.Push("app", "v1", {{"text/plain", "x"}});
  const auto remote = Open(registry, "app", WithPassword());
  EXPECT_TRUE(remote->Head(ctx_, Tag(*remote, "v1")).ok());
  const auto anonymous = Open(registry, "app");
  EXPECT_EQ(anonymous->Get(ctx_, Tag(*anonymous, "v1")).status(),
            base::Unauthenticated("GET http://" + registry.address() +
                                  "/v2/app/manifests/v1: UNAUTHORIZED: authentication required; "
                                  "[map[Action:pull Class: Name:app Type:repository]]"));
  const auto wrong = Open(registry, "app", WithPassword("wrong"));
  const std::string message = wrong->Get(ctx_, Tag(*wrong, "v1")).status().message();
  EXPECT_THAT(message, HasSubstr("UNAUTHORIZED: authentication required"));
}

TEST_F(ClientTest, AuthenticatesByToken) {
  const RegistryServer registry({.auth = RegistryServer::Auth::kToken});
  registry.Push("a/app", "v1", {{"text/plain", "x"}});
  for (int i = 0; i < 3; ++i) {
    const auto remote = Open(registry, "a/app", WithPassword());
    const auto head = remote->Head(ctx_, Tag(*remote, "v1"));
    EXPECT_TRUE(head.ok()) << head.status().message();
  }
  EXPECT_EQ(registry.TokensGiven(), 1U);
  const auto wrong = Open(registry, "a/app", WithPassword("wrong"));
  const auto status = wrong->Head(ctx_, Tag(*wrong, "v1")).status();
  EXPECT_EQ(status.code(), base::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), AllOf(StartsWith("GET http://127.0.0.1:"),
                                      EndsWith("/token?scope=repository%3Aa%2Fapp%3Apull&service="
                                               "test-registry: UNAUTHORIZED: who are you?")));
}

TEST_F(ClientTest, ChecksTheServersCertificate) {
  const RegistryServer registry({.tls = true});
  registry.Push("app", "v1", {{"text/plain", "x"}});
  Access trusted;
  auto tls = std::make_shared<http::TlsOptions>();
  tls->ca_pem = registry.authority().cert_pem;
  trusted.tls = tls;
  const auto remote = Open(registry, "app", trusted);
  const auto head = remote->Head(ctx_, Tag(*remote, "v1"));
  EXPECT_TRUE(head.ok()) << head.status().message();
  const auto stranger = Open(registry, "app");
  EXPECT_THAT(
      stranger->Head(ctx_, Tag(*stranger, "v1")).status().message(),
      HasSubstr(
          "tls: failed to verify certificate: x509: certificate signed by unknown authority"));
}

TEST_F(ClientTest, FindsReferrersByTheFallbackTag) {
  const RegistryServer registry;  // this version has no referrers API
  const std::string digest = registry.Push("app", "v1", {{"text/plain", "x"}});
  const auto remote = Open(registry, "app");
  EXPECT_THAT(*remote->Referrers(ctx_, digest, ""), SizeIs(0));
  const std::string other = registry.Push("app", "sig", {{"text/plain", "signature"}});
  const auto sig = remote->Head(ctx_, Tag(*remote, "sig"));
  registry.PushManifest(
      "app", "sha256-" + digest.substr(7), std::string(kOciIndex),
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{"mediaType":")" +
          std::string(kOciManifest) + R"(","artifactType":"a/b","size":)" +
          std::to_string(sig->size) + R"(,"digest":")" + other + R"("}]})");
  const auto all = remote->Referrers(ctx_, digest, "a/b");
  ASSERT_TRUE(all.ok()) << all.status().message();
  ASSERT_THAT(*all, SizeIs(1));
  EXPECT_EQ((*all)[0].digest, other);
  EXPECT_THAT(*remote->Referrers(ctx_, digest, "c/d"), SizeIs(0));
}

TEST_F(ClientTest, StreamsABlob) {
  const RegistryServer registry;
  std::string big(8 << 20, '\0');
  for (size_t i = 0; i < big.size(); ++i) big[i] = static_cast<char>(i * i >> 7);
  Descriptor blob;
  blob.digest = registry.PushBlob("app", big);
  blob.size = static_cast<int64_t>(big.size());
  base::Hasher hasher;
  const auto pulled = Open(registry, "app")->PullBlob(ctx_, blob, [&](std::string_view piece) {
    hasher.Update(piece);
    return base::OkStatus();
  });
  EXPECT_TRUE(pulled.ok()) << pulled.message();
  EXPECT_EQ(hasher.Finish().ToString(), blob.digest);
  EXPECT_EQ(
      Open(registry, "app")
          ->PullBlob(ctx_, blob, [](std::string_view) { return base::Internal("disk is full"); })
          .message(),
      "disk is full");
}

}  // namespace
}  // namespace sluice::oci
