#include "faulty_source.h"

#include <random>

#include "artifact_files.h"
#include "base/strings.h"
#include "helm_fixture.h"
#include "test_support/s3_server.h"
#include "test_support/ssh_server.h"

namespace sluice::e2e {

using base::Cat;
using test_support::Certificate;
using test_support::NginxServer;
using test_support::RegistryServer;
using test_support::S3Server;
using test_support::SshServer;

void FaultySource::ApplySecret(const std::string& name,
                               const std::map<std::string, std::string>& data,
                               const std::string& type) {
  lab_.Apply(Secret(ns_, name, data, type));
}

std::string FaultySource::Head(const std::string& kind, const std::string& name) const {
  return Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: ", kind, "\nmetadata: {name: ", name,
             ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n",
             kind == "HelmChart" ? "" : "  timeout: 3s\n");
}

namespace {

// "127.0.0.1:PORT"
std::string AuthorityOf(const std::string& url) {
  const size_t at = url.find("://") + 3, end = url.find('/', at);
  return url.substr(at, end == url.npos ? end : end - at);
}

// Bytes that no compression shrinks, another lot for each number.
std::string Noise(int n) {
  std::mt19937 random(static_cast<unsigned>(n));
  std::string out;
  while (out.size() < 30'000) out += static_cast<char>('!' + random() % 90);
  return out;
}

const std::map<std::string, std::string>& BasicSecret(bool good) {
  static const std::map<std::string, std::string>
      right = {{"username", test_support::GitServer::kUser},
               {"password", test_support::GitServer::kPassword}},
      wrong = {{"username", test_support::GitServer::kUser}, {"password", "wrong"}};
  return good ? right : wrong;
}

class FaultyGit : public FaultySource {
 public:
  FaultyGit(Lab& lab, const std::string& ns, Setup setup, bool raw = false)
      : FaultySource(lab, ns, setup, raw),
        tree_(lab.git(), (setup.auth && !raw ? "private/" : "") + ns) {
    proxy_.SetUpstream(AuthorityOf(tree_.url()));
  }
  Ref ref() const override { return {"GitRepository", ns_, "repo"}; }
  std::string Push(int n) override {
    tree_.Write("noise", Noise(n));
    return tree_.CommitAndPush(Cat("push ", std::to_string(n)));
  }
  void Apply() override {
    const std::string path = tree_.url().substr(tree_.url().find('/', 8));
    lab_.Apply(Cat(Head("GitRepository", "repo"), "  url: ", Scheme(), proxy_.address(), path,
                   "\n  ref: {branch: main}\n",
                   setup_.tls || setup_.auth ? "  secretRef: {name: secret}\n" : ""));
  }
  void SetCredentials(bool good) override { ApplySecret("secret", BasicSecret(good)); }
  void Trust(const Certificate& authority) override {
    ApplySecret("secret", {{"ca.crt", authority.cert_pem}});
  }
  std::string Payloads() const override { return "command=fetch"; }

 protected:
  GitWorkTree tree_;
};

class FaultySshGit final : public FaultyGit {
 public:
  FaultySshGit(Lab& lab, const std::string& ns, Setup setup)
      : FaultyGit(lab, ns, setup, /*raw=*/true) {
    proxy_.SetUpstream(Server().address());
    SetCredentials(true);
  }
  void Apply() override {
    const std::string url = Server().Url(lab_.git().Folder(ns_));
    const size_t at = url.find('@') + 1;
    lab_.Apply(Cat(Head("GitRepository", "repo"), "  url: ", url.substr(0, at), proxy_.address(),
                   url.substr(url.find('/', at)),
                   "\n  ref: {branch: main}\n  secretRef: {name: secret}\n"));
  }
  void SetCredentials(bool good) override {
    const std::string port = Server().address().substr(Server().address().rfind(':') + 1);
    ApplySecret(
        "secret",
        {{"identity", test_support::ReadFile(Server().Key(good ? "client_ed25519" : "stranger"))},
         {"known_hosts", base::ReplaceAll(Server().known_hosts(), Cat("]:", port, " "),
                                          Cat("]:", std::to_string(proxy_.port()), " "))}});
  }
  // What stands for a swapped certificate: another host behind the same name.
  void Trust(const Certificate& /*authority*/) override {}

  static SshServer& Server() {
    static SshServer server;
    return server;
  }
};

class FaultyOci final : public FaultySource {
 public:
  FaultyOci(Lab& lab, const std::string& ns, Setup setup) : FaultySource(lab, ns, setup) {
    proxy_.SetUpstream(Registry(setup.auth).address());
  }
  static RegistryServer& Registry(bool auth) {
    static RegistryServer open, locked({.auth = RegistryServer::Auth::kBasic});
    return auth ? locked : open;
  }
  Ref ref() const override { return {"OCIRepository", ns_, "repo"}; }
  std::string Push(int n) override {
    return Registry(setup_.auth)
        .Push(ns_ + "/app", "latest", {{test_support::kFluxContent, TarGz({{"noise", Noise(n)}})}});
  }
  void Apply() override {
    lab_.Apply(Cat(Head("OCIRepository", "repo"), "  url: oci://", proxy_.address(), "/", ns_,
                   "/app\n", setup_.auth ? "  secretRef: {name: secret}\n" : "",
                   setup_.tls ? "  certSecretRef: {name: secret}\n" : ""));
  }
  void SetCredentials(bool good) override {
    const auto& basic = BasicSecret(good);
    ApplySecret("secret",
                {{".dockerconfigjson",
                  Cat(R"({"auths":{")", proxy_.address(), R"(":{"username":")",
                      basic.at("username"), R"(","password":")", basic.at("password"), R"("}}})")}},
                "kubernetes.io/dockerconfigjson");
  }
  void Trust(const Certificate& authority) override {
    ApplySecret("secret", {{"ca.crt", authority.cert_pem}});
  }
  std::string Payloads() const override { return "^GET .*/blobs/"; }
};

class FaultyHelmRepository : public FaultySource {
 public:
  FaultyHelmRepository(Lab& lab, const std::string& ns, Setup setup)
      : FaultySource(lab, ns, setup) {
    proxy_.SetUpstream(AuthorityOf(Web(setup.auth).Url()));
  }
  static NginxServer& Web(bool auth) {
    static NginxServer open,
        locked({.auth = true, .tls = false, .client_certificates = false, .more = ""});
    return auth ? locked : open;
  }
  Ref ref() const override { return {"HelmRepository", ns_, "repo"}; }
  std::string Push(int n) override {
    const std::string version = Cat("1.", std::to_string(n), ".0");
    ServeCharts(Web(setup_.auth), ns_, "hello", {version}, {{"noise", Noise(n)}});
    return base::Digest::Sha256(Index("hello", {version})).ToString();
  }
  void Apply() override {
    lab_.Apply(Cat(Head("HelmRepository", "repo"), "  url: ", Scheme(), proxy_.address(), "/", ns_,
                   "\n", setup_.auth ? "  secretRef: {name: secret}\n" : "",
                   setup_.tls ? "  certSecretRef: {name: secret}\n" : ""));
  }
  void SetCredentials(bool good) override { ApplySecret("secret", BasicSecret(good)); }
  void Trust(const Certificate& authority) override {
    ApplySecret("secret", {{"ca.crt", authority.cert_pem}});
  }
  std::string Payloads() const override { return "index\\.yaml"; }
};

// Of the repository above, whose index comes through: the fault is the chart's alone.
class FaultyHelmChart final : public FaultyHelmRepository {
 public:
  using FaultyHelmRepository::FaultyHelmRepository;
  Ref ref() const override { return {"HelmChart", ns_, "chart"}; }
  std::string Push(int n) override {
    const std::string index = FaultyHelmRepository::Push(n);
    if (!applied_) return Cat("1.", std::to_string(n), ".0");
    lab_.RequestReconcile(FaultyHelmRepository::ref());
    lab_.WaitFor(FaultyHelmRepository::ref(), "the new index", [&](const Value& o) {
      return Text(o.At({"status", "artifact", "revision"})) == index;
    });
    return Cat("1.", std::to_string(n), ".0");
  }
  void Apply() override {
    FaultyHelmRepository::Apply();
    lab_.Apply(Cat(Head("HelmChart", "chart"),
                   "  chart: hello\n  sourceRef: {kind: HelmRepository, name: repo}\n"));
    applied_ = true;
  }
  std::string Payloads() const override { return "\\.tgz"; }
  std::string Everything() const override { return Payloads(); }

 private:
  bool applied_ = false;
};

class FaultyOciChart final : public FaultySource {
 public:
  FaultyOciChart(Lab& lab, const std::string& ns, Setup setup) : FaultySource(lab, ns, setup) {
    proxy_.SetUpstream(FaultyOci::Registry(setup.auth).address());
  }
  Ref ref() const override { return {"HelmChart", ns_, "chart"}; }
  std::string Push(int n) override {
    const std::string version = Cat("1.", std::to_string(n), ".0");
    PushChart(FaultyOci::Registry(setup_.auth), ns_ + "/hello", version,
              ChartArchive("hello", version, {{"noise", Noise(n)}}));
    return version;
  }
  void Apply() override {
    lab_.Apply(Cat(Head("HelmRepository", "repo"), "  type: oci\n  url: oci://", proxy_.address(),
                   "/", ns_, setup_.tls ? "\n" : "\n  insecure: true\n",
                   setup_.auth ? "  secretRef: {name: secret}\n" : "",
                   setup_.tls ? "  certSecretRef: {name: secret}\n" : ""));
    lab_.Apply(Cat(Head("HelmChart", "chart"),
                   "  chart: hello\n  sourceRef: {kind: HelmRepository, name: repo}\n"));
  }
  void SetCredentials(bool good) override { ApplySecret("secret", BasicSecret(good)); }
  void Trust(const Certificate& authority) override {
    ApplySecret("secret", {{"ca.crt", authority.cert_pem}});
  }
  std::string Payloads() const override { return "^GET .*/blobs/"; }
};

class FaultyBucket final : public FaultySource {
 public:
  FaultyBucket(Lab& lab, const std::string& ns, Setup setup) : FaultySource(lab, ns, setup) {
    proxy_.SetUpstream(Store().endpoint());
    Store().MakeBucket(ns);
    SetCredentials(true);
  }
  static S3Server& Store() {
    static S3Server store;
    return store;
  }
  Ref ref() const override { return {"Bucket", ns_, "repo"}; }
  std::string Push(int n) override {
    return base::Digest::Sha256(Cat("noise ", Store().Put(ns_, "noise", Noise(n)), "\n"))
        .ToString();
  }
  void Apply() override {
    lab_.Apply(Cat(Head("Bucket", "repo"), "  bucketName: ", ns_,
                   "\n  region: us-east-1\n  endpoint: ", proxy_.address(),
                   "\n  secretRef: {name: keys}\n",
                   setup_.tls ? "  certSecretRef: {name: secret}\n" : "  insecure: true\n"));
  }
  void SetCredentials(bool good) override {
    ApplySecret("keys", {{"accesskey", S3Server::kAccessKey},
                         {"secretkey", good ? S3Server::kSecretKey : "wrong"}});
  }
  void Trust(const Certificate& authority) override {
    ApplySecret("secret", {{"ca.crt", authority.cert_pem}});
  }
  std::string Payloads() const override { return "^GET .*/noise"; }
};

template <class T>
FaultyKind Kind(const std::string& name) {
  return {name,
          [](Lab& lab, const std::string& ns, FaultySource::Setup setup)
              -> std::unique_ptr<FaultySource> { return std::make_unique<T>(lab, ns, setup); }};
}

}  // namespace

const std::vector<FaultyKind>& FaultyKinds() {
  static const std::vector<FaultyKind> kinds = {
      Kind<FaultyGit>("GitHttp"),         Kind<FaultySshGit>("GitSsh"),
      Kind<FaultyOci>("OCIRepository"),   Kind<FaultyHelmRepository>("HelmRepository"),
      Kind<FaultyHelmChart>("HelmChart"), Kind<FaultyOciChart>("HelmChartOci"),
      Kind<FaultyBucket>("Bucket")};
  return kinds;
}

}  // namespace sluice::e2e
