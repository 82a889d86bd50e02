// HelmCharts of registries that fail, refuse or lie: the conditions' messages, each recorded from
// source-controller 1.9.1's own packages before the same registry (docker-registry 2.8, or a
// scripted one where that cannot be brought to it).
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "helm_fixture.h"
#include "test_support/scripted_server.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using test_support::Http;
using test_support::RegistryServer;
using test_support::ScriptedServer;

constexpr const char* kPulling =
    "chart pull error: failed to download chart for remote reference: failed to get '";
constexpr const char* kListing =
    "chart pull error: failed to get chart version for remote reference: could not get tags for "
    "\"hello\": could not fetch tags for \"";
constexpr const char* kFetching = "failed to perform \"FetchReference\" on source: ";

class HelmRegistryTest : public HelmTest {
 protected:
  static RegistryServer& Basic() {
    static RegistryServer registry(
        {.auth = RegistryServer::Auth::kBasic, .tls = false, .token_seconds = 300});
    return registry;
  }
  static RegistryServer& Token() {
    static RegistryServer registry(
        {.auth = RegistryServer::Auth::kToken, .tls = false, .token_seconds = 300});
    return registry;
  }
  static RegistryServer& Tls() {
    static RegistryServer registry(
        {.auth = RegistryServer::Auth::kNone, .tls = true, .token_seconds = 300});
    return registry;
  }
  std::string UrlOf(const std::string& address) const {
    return "oci://" + address + "/" + ns_ + "/charts";
  }
  void ApplyRegistry(const std::string& name, const std::string& address, const std::string& more) {
    ApplyRepository(name, UrlOf(address), "  type: oci\n" + more);
  }
  // What a chart of this repository ends in: "<FetchFailed's reason> <its message>", with the URL
  // up to the chart as URL, its HTTP form as HTTP.
  std::string FailureOf(const std::string& chart, const std::string& address) {
    const Value object = lab_.WaitFor(Chart(chart), "it failed", [](const Value& o) {
      return Text(ConditionOf(o, "FetchFailed")["status"]) == "True" &&
             Text(ConditionOf(o, "Ready")["status"]) == "False";
    });
    const Value& failed = ConditionOf(object, "FetchFailed");
    EXPECT_EQ(Text(ConditionOf(object, "Ready")["message"]), Text(failed["message"]));
    EXPECT_TRUE(ConditionOf(object, "Stalled").is_null());
    const std::string message = base::ReplaceAll(Text(failed["message"]), UrlOf(address), "URL");
    const std::string path = "/v2/" + ns_ + "/charts";
    return Cat(Text(failed["reason"]), " ",
               base::ReplaceAll(base::ReplaceAll(message, Cat("http://", address, path), "HTTP"),
                                Cat("https://", address, path), "HTTPS"));
  }
};

TEST_F(HelmRegistryTest, RefusesInTheWordsOfHelmsClient) {
  const std::string detail = ": authentication required: [map[Action:pull Class: Name:" + ns_ +
                             "/charts/hello Type:repository]]";
  const std::string unauthorized =
      "Unknown unknown build error: failed to authenticate with the Helm repository: ";
  lab_.Apply(Secret(ns_, "wrong", {{"username", RegistryServer::kUser}, {"password", "wrong"}}));
  lab_.Apply(
      Secret(ns_, "right",
             {{"username", RegistryServer::kUser}, {"password", RegistryServer::kPassword}}));
  const std::string open = Registry().address(), basic = Basic().address(),
                    token = Token().address(), tls = Tls().address();
  const std::string realm = Cat("GET \"", Token().TokenUrl(), "?scope=repository%3A", ns_,
                                "%2Fcharts%2Fhello%3Apull&service=test-registry\": ");
  PushChart(Registry(), ns_ + "/charts/hello", "1.0.0", ChartArchive("hello", "1.0.0"));
  const struct {
    std::string name, address, repository, version, want;
  } cases[] = {
      {"no-tag", open, "insecure: true", "2.0.0",
       Cat("ChartPullError ", kPulling, "URL/hello:2.0.0': ", kFetching, open, "/", ns_,
           "/charts/hello:2.0.0: not found")},
      {"no-match", open, "insecure: true", ">=7",
       "ChartPullError chart pull error: failed to get chart version for remote reference: could "
       "not locate a version matching provided version string >=7"},
      {"no-range", open, "insecure: true", "nonsense",
       "ChartPullError chart pull error: failed to get chart version for remote reference: "
       "improper constraint: \"nonsense\""},
      {"no-https", open, "insecure: false", "1.0.0",
       Cat("ChartPullError ", kPulling, "URL/hello:1.0.0': ", kFetching,
           "Get \"HTTPS/hello/manifests/1.0.0\": http: server gave HTTP response to HTTPS client")},
      {"no-user", basic, "insecure: true", "1.0.0",
       Cat("ChartPullError ", kPulling, "URL/hello:1.0.0': ", kFetching,
           "GET \"HTTP/hello/manifests/1.0.0\": basic credential not found")},
      {"no-user-tags", basic, "insecure: true", "*",
       Cat("ChartPullError ", kListing,
           "URL/hello\": GET \"HTTP/hello/tags/list\": basic credential not found")},
      {"wrong", basic, "insecure: true, secretRef: {name: wrong}", "1.0.0",
       Cat(unauthorized, kPulling, "URL/hello:1.0.0': ", kFetching,
           "GET \"HTTP/hello/manifests/1.0.0\": response status code 401: unauthorized", detail)},
      {"wrong-tags", basic, "insecure: true, secretRef: {name: wrong}", "*",
       Cat(unauthorized, kListing,
           "URL/hello\": GET \"HTTP/hello/tags/list\": response status code 401: unauthorized",
           detail)},
      {"no-repo", basic, "insecure: true, secretRef: {name: right}", "*",
       Cat("ChartPullError ", kListing,
           "URL/hello\": GET \"HTTP/hello/tags/list\": response status code 404: name unknown: "
           "repository name not known to registry: map[name:",
           ns_, "/charts/hello]")},
      {"token", token, "insecure: true, secretRef: {name: wrong}", "1.0.0",
       Cat(unauthorized, kPulling, "URL/hello:1.0.0': ", kFetching,
           "GET \"HTTP/hello/manifests/1.0.0\": ", realm,
           "response status code 401: unauthorized: who are you?")},
      {"token-tags", token, "insecure: true", "*",
       Cat(unauthorized, kListing, "URL/hello\": GET \"HTTP/hello/tags/list\": ", realm,
           "response status code 401: unauthorized: who are you?")},
      {"token-no-tag", token, "insecure: true, secretRef: {name: right}", "1.0.0",
       Cat("ChartPullError ", kPulling, "URL/hello:1.0.0': ", kFetching, token, "/", ns_,
           "/charts/hello:1.0.0: not found")},
      {"tls", tls, "insecure: false", "1.0.0",
       Cat(unauthorized, kPulling, "URL/hello:1.0.0': ", kFetching,
           "Get \"HTTPS/hello/manifests/1.0.0\": tls: failed to verify certificate: x509: "
           "certificate signed by unknown authority")},
      {"refused", "127.0.0.1:1", "insecure: true", "1.0.0",
       Cat("ChartPullError ", kPulling, "URL/hello:1.0.0': ", kFetching,
           "Get \"HTTP/hello/manifests/1.0.0\": dial tcp 127.0.0.1:1: connect: connection "
           "refused")},
      {"refused-tags", "127.0.0.1:1", "insecure: true", "*",
       Cat("ChartPullError ", kListing,
           "URL/hello\": Get \"HTTP/hello/tags/list\": dial tcp 127.0.0.1:1: connect: connection "
           "refused")},
  };
  for (const auto& c : cases) {
    ApplyRegistry(c.name, c.address, "  " + base::ReplaceAll(c.repository, ", ", "\n  ") + "\n");
    ApplyChart(c.name, "hello", "HelmRepository/" + c.name, "  version: '" + c.version + "'\n");
  }
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(FailureOf(c.name, c.address), c.want);
  }
  // The event says what the condition calls unknown.
  EXPECT_TRUE(Eventually(
      kSoon, [&] { return !lab_.Events(Chart("wrong"), "AuthenticationFailed").empty(); }));
}

TEST_F(HelmRegistryTest, ComesWithCredentialsAndAuthorities) {
  for (const RegistryServer* registry : {&Basic(), &Token(), &Tls()})
    PushChart(*registry, ns_ + "/charts/hello", "1.2.0", ChartArchive("hello", "1.2.0"));
  lab_.Apply(
      Secret(ns_, "right",
             {{"username", RegistryServer::kUser}, {"password", RegistryServer::kPassword}}));
  lab_.Apply(Secret(ns_, "ca", {{"ca.crt", Tls().authority().cert_pem}}));
  const struct {
    std::string name, address, more;
  } cases[] = {{"basic", Basic().address(), "  insecure: true\n  secretRef: {name: right}\n"},
               {"token", Token().address(), "  insecure: true\n  secretRef: {name: right}\n"},
               {"tls", Tls().address(), "  certSecretRef: {name: ca}\n"}};
  for (const auto& c : cases) {
    ApplyRegistry(c.name, c.address, c.more);
    ApplyChart(c.name, "hello", "HelmRepository/" + c.name, "  version: 1.x\n");
  }
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Revision(lab_.WaitReady(Chart(c.name))), "1.2.0");
  }
}

TEST_F(HelmRegistryTest, SaysWhatIsNoChart) {
  RegistryServer& registry = Registry();
  const std::string address = registry.address(), repository = ns_ + "/charts/hello",
                    manifest = std::string("application/vnd.oci.image.manifest.v1+json");
  const std::string config = R"({"name":"hello"})", layer = ChartArchive("hello", "1.0.0");
  const std::string helm_config = "application/vnd.cncf.helm.config.v1+json",
                    helm_layer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
  const auto push = [&](const std::string& tag, const std::string& config_type,
                        const std::string& config_bytes, const std::string& layer_type,
                        const std::string& layer_bytes, const std::string& type) {
    const auto part = [&](const std::string& t, const std::string& bytes) {
      return Cat(R"({"mediaType":")", t, R"(","digest":")", registry.PushBlob(repository, bytes),
                 R"(","size":)", std::to_string(bytes.size()), "}");
    };
    return registry.PushManifest(repository, tag, type,
                                 Cat(R"({"schemaVersion":2,"mediaType":")", type, R"(","config":)",
                                     part(config_type, config_bytes), R"(,"layers":[)",
                                     part(layer_type, layer_bytes), "]}"));
  };
  push("1.0.0", "application/vnd.oci.image.config.v1+json", config, helm_layer, layer, manifest);
  push("1.0.1", helm_config, config, "text/plain", layer, manifest);
  push("1.0.2", "application/vnd.oci.image.config.v1+json", config, "text/plain", layer, manifest);
  push("1.0.3", helm_config, "hello", helm_layer, layer, manifest);
  push("1.0.4", helm_config, R"({"name":5})", helm_layer, layer, manifest);
  push("1.0.5", helm_config, config, helm_layer, "no archive", manifest);
  const std::string docker = "application/vnd.docker.distribution.manifest.v2+json",
                    digest = push("1.0.6", helm_config, config, helm_layer, layer, docker);
  push("1.0.7", helm_config, config, "application/tar+gzip", layer, manifest);
  ApplyRegistry("repo", address, "  insecure: true\n");
  const struct {
    std::string version, want;
  } cases[] = {
      {"1.0.0",
       Cat(kPulling, "URL/hello:1.0.0': could not load config with mediatype ", helm_config)},
      {"1.0.1", Cat(kPulling, "URL/hello:1.0.1': manifest does not contain a layer with mediatype ",
                    helm_layer)},
      {"1.0.2", Cat(kPulling,
                    "URL/hello:1.0.2': manifest does not contain minimum number of descriptors "
                    "(2), descriptors found: 1")},
      {"1.0.3",
       Cat(kPulling, "URL/hello:1.0.3': invalid character 'h' looking for beginning of value")},
      {"1.0.4", Cat(kPulling,
                    "URL/hello:1.0.4': json: cannot unmarshal number into Go struct field "
                    "Metadata.name of type string")},
      {"1.0.5",
       "chart pull error: failed to load chart metadata from written chart: gzip: invalid header"},
      {"1.0.6", Cat(kPulling, "URL/hello:1.0.6': unable to retrieve blob with digest ", digest,
                    ": ", digest, ": ", docker, ": not found")},
  };
  for (const auto& c : cases)
    ApplyChart("v" + c.version, "hello", "HelmRepository/repo", "  version: " + c.version + "\n");
  ApplyChart("old-layer", "hello", "HelmRepository/repo", "  version: 1.0.7\n");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.version);
    EXPECT_EQ(FailureOf("v" + c.version, address), "ChartPullError " + c.want);
  }
  EXPECT_EQ(Revision(lab_.WaitReady(Chart("old-layer"))), "1.0.7");
}

// What docker-registry does not do: 403, another digest, silence.
TEST_F(HelmRegistryTest, SurvivesALiar) {
  const std::string layer = "layer bytes", config = R"({"name":"hello"})";
  const auto described = [](const std::string& type, const std::string& bytes) {
    return Cat(R"({"mediaType":")", type, R"(","digest":")", base::Digest::Sha256(bytes).ToString(),
               R"(","size":)", std::to_string(bytes.size()), "}");
  };
  const std::string manifest =
      Cat(R"({"schemaVersion":2,"config":)",
          described("application/vnd.cncf.helm.config.v1+json", config), R"(,"layers":[)",
          described("application/vnd.cncf.helm.chart.content.v1.tar+gzip", layer), "]}");
  ScriptedServer liar([&](const std::string& head) {
    const std::string type = "Content-Type: application/vnd.oci.image.manifest.v1+json\r\n";
    if (base::Contains(head, "/manifests/1.0.0")) return Http(200, manifest, type);
    if (base::Contains(head, "/manifests/1.0.1"))
      return Http(200, manifest,
                  type + "Docker-Content-Digest: sha256:" + std::string(64, 'a') + "\r\n");
    if (base::Contains(head, base::Digest::Sha256(layer).hex())) return Http(200, "layer bytez");
    if (base::Contains(head, "/blobs/")) return Http(200, config);
    return Http(
        403,
        R"({"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]})");
  });
  ApplyRegistry("liar", liar.address(), "  insecure: true\n");
  const struct {
    std::string name, version, want;
  } cases[] = {
      {"blob", "1.0.0",
       Cat(kPulling,
           "URL/hello:1.0.0': failed to perform \"Push\" on destination: mismatched digest")},
      {"manifest", "1.0.1",
       Cat(kPulling,
           "URL/hello:1.0.1': failed to perform \"Successors\" on source: mismatched digest")},
      {"denied", "1.0.2",
       Cat(kPulling, "URL/hello:1.0.2': ", kFetching,
           "GET \"HTTP/hello/manifests/1.0.2\": response status code 403: denied: requested access "
           "to the resource is denied")},
      {"denied-tags", "'*'",
       Cat(kListing,
           "URL/hello\": GET \"HTTP/hello/tags/list\": response status code 403: denied: requested "
           "access to the resource is denied")},
  };
  for (const auto& c : cases)
    ApplyChart(c.name, "hello", "HelmRepository/liar", "  version: " + c.version + "\n");
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(FailureOf(c.name, liar.address()), "ChartPullError " + c.want);
  }

  // Takes connections and says nothing.
  const int silent = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  ASSERT_EQ(bind(silent, reinterpret_cast<sockaddr*>(&at), size), 0);
  ASSERT_EQ(listen(silent, 16), 0);
  ASSERT_EQ(getsockname(silent, reinterpret_cast<sockaddr*>(&at), &size), 0);
  const std::string address = "127.0.0.1:" + std::to_string(ntohs(at.sin_port));
  ApplyRegistry("silent", address, "  insecure: true\n  timeout: 1s\n");
  ApplyChart("silent", "hello", "HelmRepository/silent", "  version: 1.0.0\n");
  EXPECT_EQ(FailureOf("silent", address),
            Cat("ChartPullError ", kPulling, "URL/hello:1.0.0': ", kFetching,
                "Get \"HTTP/hello/manifests/1.0.0\": context deadline exceeded"));
  close(silent);
}

}  // namespace
}  // namespace sluice::e2e
