// Sources behind a proxy: named by the object (proxySecretRef), with and without a password, or by
// the process's environment, which is all a HelmRepository has. What a refusal reads like was
// recorded from Flux 2.9's own clients before the same proxy.
#include <gmock/gmock.h>

#include "artifact_files.h"
#include "base/encoding.h"
#include "helm_fixture.h"
#include "test_support/connect_proxy.h"
#include "test_support/s3_server.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using test_support::ConnectProxy;
using test_support::NginxServer;
using test_support::RegistryServer;
using test_support::S3Server;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kUser = "puser:p+ss";

ConnectProxy& Locked() {
  static ConnectProxy proxy(kUser);
  return proxy;
}

Lab& TheLab() {
  static Lab lab = [] {
    Lab::Options options;
    // No address of this machine goes through these: those are asked directly, as Go does.
    const std::string at = Locked().address();
    options.stack.env["source"] = {{"HTTP_PROXY", Cat("http://puser:p%2Bss@", at)},
                                   {"HTTPS_PROXY", Cat("http://puser:wr0ng@", at)},
                                   {"NO_PROXY", "no.test"}};
    options.processes = {"source"};
    return Lab(options);
  }();
  return lab;
}

// One kind of source: how its object is written, what the proxy sees of it, what it says of a
// refusal. %AT stands for the server's address.
struct Proxied {
  std::string name, kind, spec, seen, reason, refused, dead;
  std::function<std::string(const std::string& ns)> serve;  // makes it; the address
  friend void PrintTo(const Proxied& p, std::ostream* out) { *out << p.name; }
};

constexpr const char* kNoProxy =
    "proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused";

RegistryServer& Registry(bool tls) {
  static RegistryServer plain, secure({.auth = RegistryServer::Auth::kNone, .tls = true});
  return tls ? secure : plain;
}
S3Server& Store(bool tls) {
  static S3Server plain, secure({.tls = true});
  return tls ? secure : plain;
}

std::string ServeArtifact(const std::string& ns, bool tls) {
  Registry(tls).Push(ns + "/app", "latest",
                     {{test_support::kFluxContent, TarGz({{"a.yaml", "a: 1\n"}})}});
  return Registry(tls).address();
}
std::string ServeBucket(const std::string& ns, bool tls) {
  Store(tls).MakeBucket(ns);
  Store(tls).Put(ns, "a.yaml", "a: 1\n");
  return Store(tls).endpoint();
}

const std::vector<Proxied>& Kinds() {
  static const std::string git = "failed to checkout and determine revision: unable to clone '",
                           tags = "failed to determine artifact digest: ",
                           bucket = "failed to confirm existence of '%NS' bucket: ";
  static const std::vector<Proxied> kinds = {
      {"Git", "GitRepository", "  url: http://%AT/%NS.git\n  ref: {branch: main}\n",
       "request GET http://%AT/%NS.git/info/refs?service=git-upload-pack", "GitOperationFailed",
       git + "http://%AT/%NS.git': unexpected client error: unexpected requesting "
             "\"http://%AT/%NS.git/info/refs?service=git-upload-pack\" status code: 407",
       git + "http://%AT/%NS.git': Get \"http://%AT/%NS.git/info/refs?service=git-upload-pack\": " +
           kNoProxy,
       [](const std::string& ns) {
         GitWorkTree tree(TheLab().git(), ns);
         tree.CommitAndPush("one");
         const std::string url = tree.url().substr(7);
         return url.substr(0, url.find('/'));
       }},
      {"Oci", "OCIRepository", "  url: oci://%AT/%NS/app\n  insecure: true\n",
       "request HEAD http://%AT/v2/%NS/app/manifests/latest", "OCIArtifactPullFailed",
       tags + "Get \"https://%AT/v2/\": Proxy Authentication Required; GET http://%AT/v2/: "
              "unexpected status code 407 Proxy Authentication Required",
       tags + "Get \"https://%AT/v2/\": " + kNoProxy + "; Get \"http://%AT/v2/\": " + kNoProxy,
       [](const std::string& ns) { return ServeArtifact(ns, false); }},
      {"OciTls", "OCIRepository", "  url: oci://%AT/%NS/app\n  certSecretRef: {name: ca}\n",
       "tunnel %AT", "OCIArtifactPullFailed",
       tags + "Get \"https://%AT/v2/\": Proxy Authentication Required; GET http://%AT/v2/: "
              "unexpected status code 407 Proxy Authentication Required",
       tags + "Get \"https://%AT/v2/\": " + kNoProxy + "; Get \"http://%AT/v2/\": " + kNoProxy,
       [](const std::string& ns) {
         TheLab().Apply(Secret(ns, "ca", {{"ca.crt", Registry(true).authority().cert_pem}}));
         return ServeArtifact(ns, true);
       }},
      {"Bucket", "Bucket",
       "  bucketName: %NS\n  region: us-east-1\n  endpoint: %AT\n  insecure: true\n"
       "  secretRef: {name: keys}\n",
       "request GET http://%AT/%NS/?", "BucketOperationFailed",
       bucket + "407 Proxy Authentication Required",
       bucket + "Head \"http://%AT/%NS/\": " + kNoProxy,
       [](const std::string& ns) { return ServeBucket(ns, false); }},
      {"BucketTls", "Bucket",
       "  bucketName: %NS\n  region: us-east-1\n  endpoint: %AT\n  certSecretRef: {name: ca}\n"
       "  secretRef: {name: keys}\n",
       "tunnel %AT", "BucketOperationFailed",
       bucket + "Head \"https://%AT/%NS/\": Proxy Authentication Required",
       bucket + "Head \"https://%AT/%NS/\": " + kNoProxy,
       [](const std::string& ns) {
         TheLab().Apply(Secret(ns, "ca", {{"ca.crt", Store(true).authority().cert_pem}}));
         return ServeBucket(ns, true);
       }},
  };
  return kinds;
}

class ProxySecretTest : public testing::TestWithParam<Proxied> {
 protected:
  ProxySecretTest() : ns_(TheLab().NewNamespace()), at_(GetParam().serve(ns_)) {
    lab_.Apply(Secret(ns_, "keys",
                      {{"accesskey", S3Server::kAccessKey}, {"secretkey", S3Server::kSecretKey}}));
  }
  std::string Filled(const std::string& text) const {
    return base::ReplaceAll(base::ReplaceAll(text, "%AT", at_), "%NS", ns_);
  }
  Ref Follow(const std::string& name, const std::map<std::string, std::string>& proxy) {
    lab_.Apply(Secret(ns_, name, proxy));
    lab_.Apply(Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: ", GetParam().kind,
                   "\nmetadata: {name: ", name, ", namespace: ", ns_,
                   "}\nspec:\n  interval: 10m\n  timeout: 20s\n  proxySecretRef: {name: ", name,
                   "}\n", Filled(GetParam().spec)));
    return {GetParam().kind, ns_, name};
  }

  Lab& lab_ = TheLab();
  const std::string ns_, at_;
  const ConnectProxy open_, locked_{kUser};  // this test's own: what they saw is what it asked
};

TEST_P(ProxySecretTest, IsGoneThrough) {
  const std::string seen = Filled(GetParam().seen);
  lab_.WaitReady(Follow("open", {{"address", open_.url()}}));
  EXPECT_GT(open_.Count(seen), 0u);
  EXPECT_EQ(locked_.Count(at_), 0u);
  lab_.WaitReady(
      Follow("named", {{"address", locked_.url()}, {"username", "puser"}, {"password", "p+ss"}}));
  EXPECT_GT(locked_.Count(seen), 0u);
}

TEST_P(ProxySecretTest, RefusesInThePeersWords) {
  const Ref wrong =
      Follow("wrong", {{"address", locked_.url()}, {"username", "puser"}, {"password", "wr0ng"}});
  const Ref unnamed = Follow("unnamed", {{"address", locked_.url()}});
  const Ref dead = Follow("dead", {{"address", "http://127.0.0.1:1"}});
  for (const auto& [ref, words] :
       {std::pair(wrong, GetParam().refused), std::pair(unnamed, GetParam().refused),
        std::pair(dead, GetParam().dead)}) {
    SCOPED_TRACE(ref.name);
    const std::string message = lab_.WaitFailed(ref, GetParam().reason);
    EXPECT_EQ(message, Filled(words));
    const Value object = lab_.Get(ref);
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["message"]), message);
    EXPECT_TRUE(object.At({"status", "artifact"}).is_null());
    EXPECT_TRUE(Eventually(kSoon, [&] {
      return testing::Value(lab_.Events(ref, GetParam().reason), testing::Contains(message));
    }));
  }
  EXPECT_EQ(locked_.Count("tunnel ") + locked_.Count("request "), 0u) << "nothing was let through";
  EXPECT_THAT(lab_.stack().Log("source"), Not(HasSubstr("wr0ng")));
  // The Secret is mended; nobody need ask.
  lab_.Apply(Secret(ns_, "wrong",
                    {{"address", locked_.url()}, {"username", "puser"}, {"password", "p+ss"}}));
  const Value healed = lab_.WaitReady(wrong);
  EXPECT_TRUE(ConditionOf(healed, "FetchFailed").is_null());
}

TEST_P(ProxySecretTest, MaySpeakSocks) {
  const std::string proxy = "socks5://" + locked_.address();
  lab_.WaitReady(
      Follow("socks", {{"address", proxy}, {"username", "puser"}, {"password", "p+ss"}}));
  EXPECT_GT(locked_.Count("socks " + at_), 0u);
  const Ref wrong =
      Follow("wrong", {{"address", proxy}, {"username", "puser"}, {"password", "wr0ng"}});
  const Ref unnamed = Follow("unnamed", {{"address", proxy}});
  const std::string by = Cat("socks connect tcp ", locked_.address(), "->", at_, ": ");
  EXPECT_THAT(lab_.WaitFailed(wrong, GetParam().reason),
              HasSubstr(by + "username/password authentication failed"));
  EXPECT_THAT(lab_.WaitFailed(unnamed, GetParam().reason),
              HasSubstr(by + "no acceptable authentication methods"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, ProxySecretTest, testing::ValuesIn(Kinds()),
                         [](const auto& kind) { return kind.param.name; });

// HelmRepositories have no proxySecretRef: the environment's proxies are theirs, and so are its
// exceptions.
class ProxyEnvironmentTest : public testing::Test {
 protected:
  ProxyEnvironmentTest() : ns_(TheLab().NewNamespace()) {}
  static std::string PortOf(const std::string& address) {
    return address.substr(address.rfind(':') + 1);
  }
  void Apply(const std::string& kind, const std::string& name, const std::string& spec) {
    lab_.Apply(Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: ", kind, "\nmetadata: {name: ",
                   name, ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n", spec));
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(ProxyEnvironmentTest, HelmSourcesGoThroughIt) {
  NginxServer web;
  ServeCharts(web, ns_, "hello", {"1.0.0"});
  const std::string at = "charts.test:" + PortOf(web.Url());
  Apply("HelmRepository", "repo", Cat("  url: http://", at, "/", ns_, "\n"));
  Apply("HelmChart", "chart", "  chart: hello\n  sourceRef: {kind: HelmRepository, name: repo}\n");
  lab_.WaitReady({"HelmRepository", ns_, "repo"});
  lab_.WaitReady({"HelmChart", ns_, "chart"}, "1.0.0");
  EXPECT_GT(Locked().Count(Cat("request GET http://", at, "/", ns_, "/index.yaml")), 0u);
  EXPECT_GT(Locked().Count(Cat("request GET http://", at, "/", ns_, "/hello-1.0.0.tgz")), 0u);

  PushChart(Registry(false), ns_ + "/hello", "1.0.0", ChartArchive("hello", "1.0.0"));
  const std::string registry = "registry.test:" + PortOf(Registry(false).address());
  Apply("HelmRepository", "oci",
        Cat("  type: oci\n  insecure: true\n  url: oci://", registry, "/", ns_, "\n"));
  Apply("HelmChart", "oci", "  chart: hello\n  sourceRef: {kind: HelmRepository, name: oci}\n");
  lab_.WaitReady({"HelmChart", ns_, "oci"}, "1.0.0");
  EXPECT_GT(Locked().Count(Cat("request GET http://", registry, "/v2/", ns_, "/hello/tags/list")),
            0u);
}

TEST_F(ProxyEnvironmentTest, ItsRefusalIsTold) {
  NginxServer web({.auth = false, .tls = true, .client_certificates = false, .more = ""});
  ServeCharts(web, ns_, "hello", {"1.0.0"});
  lab_.Apply(Secret(ns_, "ca", {{"ca.crt", web.authority().cert_pem}}));
  const std::string at = "charts.test:" + PortOf(web.Url());
  Apply("HelmRepository", "repo",
        Cat("  url: https://", at, "/", ns_, "\n  certSecretRef: {name: ca}\n"));
  EXPECT_EQ(lab_.WaitFailed({"HelmRepository", ns_, "repo"}, "Failed"),
            Cat("failed to fetch Helm repository index: failed to cache index to temporary file: "
                "Get \"https://",
                at, "/", ns_, "/index.yaml\": Proxy Authentication Required"));
  EXPECT_GT(Locked().Count("refused CONNECT " + at), 0u);
}

TEST_F(ProxyEnvironmentTest, ItsExceptionsAreAskedDirectly) {
  NginxServer web;
  const std::string at = ":" + PortOf(web.Url());
  const size_t before = Locked().Count(at);
  ServeCharts(web, ns_, "hello", {"1.0.0"});
  Apply("HelmRepository", "here", Cat("  url: ", web.Url("/" + ns_), "\n"));
  lab_.WaitReady({"HelmRepository", ns_, "here"});
  EXPECT_EQ(Locked().Count(at), before);
  // Nobody knows this name, and no proxy is asked.
  Apply("HelmRepository", "nope", Cat("  url: http://no.test/", ns_, "\n"));
  EXPECT_THAT(lab_.WaitFailed({"HelmRepository", ns_, "nope"}, "Failed"),
              HasSubstr("dial tcp: lookup no.test"));
  EXPECT_EQ(Locked().Count("no.test"), 0u);
}

}  // namespace
}  // namespace sluice::e2e
