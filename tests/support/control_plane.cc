#include "test_support/control_plane.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "test_support/eventually.h"

namespace sluice::test_support {
namespace {

using base::Internal;
using base::Result;
using base::Status;
using std::chrono::seconds;

constexpr seconds kStartTimeout{60};

// The key pair that signs ServiceAccount tokens, in sa.key and sa.pub.
Status WriteSigningKey(const std::string& key_path, const std::string& public_path) {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  BIO* secret = BIO_new_file(key_path.c_str(), "w");
  BIO* open = BIO_new_file(public_path.c_str(), "w");
  const bool ok =
      key != nullptr && secret != nullptr && open != nullptr &&
      PEM_write_bio_PrivateKey(secret, key, nullptr, nullptr, 0, nullptr, nullptr) == 1 &&
      PEM_write_bio_PUBKEY(open, key) == 1;
  BIO_free(secret);
  BIO_free(open);
  EVP_PKEY_free(key);
  return ok ? base::OkStatus() : Internal("cannot write the ServiceAccount signing key");
}

// The text between the quotes after `"key":`, for answers of a known shape.
std::string JsonString(const std::string& json, const std::string& key) {
  const size_t at = json.find("\"" + key + "\":");
  if (at == json.npos) return "";
  const size_t begin = json.find('"', at + key.size() + 3);
  return begin == json.npos ? "" : json.substr(begin + 1, json.find('"', begin + 1) - begin - 1);
}

}  // namespace

std::string ProgramFolder() {
  if (const char* folder = std::getenv("SLUICE_CONTROLPLANE")) return folder;
  if (const char* cache = std::getenv("SLUICE_CACHE")) return std::string(cache) + "/controlplane";
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.cache/sluice/controlplane";
}

ControlPlane::ControlPlane() : bin_(ProgramFolder()), admin_token_("sluice-test-admin") {}

ControlPlane::~ControlPlane() {
  // SIGKILL is enough: nothing of it is kept.
  for (auto it = controllers_.rbegin(); it != controllers_.rend(); ++it) it->Kill();
  if (apiserver_) apiserver_->Kill();
  if (etcd_) etcd_->Kill();
}

Result<std::unique_ptr<ControlPlane>> ControlPlane::Start(const Options& options) {
  std::unique_ptr<ControlPlane> cp(new ControlPlane());
  cp->options_ = options;
  SLUICE_TRY(cp->Prepare());
  SLUICE_TRY(cp->StartEtcd());
  SLUICE_TRY(cp->StartApiServer());
  if (options.controllers) SLUICE_TRY(cp->StartControllers());
  return cp;
}

Status ControlPlane::Prepare() {
  if (!std::filesystem::exists(bin_ + "/kube-apiserver")) {
    return base::NotFound("no control plane in " + bin_ + ": run tests/controlplane/build");
  }
  ports_ = FreePorts(5);
  url_ = "https://127.0.0.1:" + std::to_string(ports_[2]);
  ca_file_ = dir_.File("certs/apiserver.crt");  // self-signed, with its CA
  http_ = std::make_unique<HttpClient>(ca_file_);
  dir_.Write("tokens.csv", admin_token_ + ",admin,admin,\"system:masters\"\n");
  std::filesystem::create_directories(dir_.File("certs"));
  return WriteSigningKey(dir_.File("sa.key"), dir_.File("sa.pub"));
}

Result<Process> ControlPlane::Spawn(const std::string& program,
                                    std::vector<std::string> flags) const {
  flags.insert(flags.begin(), bin_ + "/" + program);
  Process::Options options;
  options.log_file = dir_.File(program + ".log");
  return Process::Start(flags, options);
}

Status ControlPlane::StartEtcd() {
  const std::string client = "http://127.0.0.1:" + std::to_string(ports_[0]);
  SLUICE_TRY(auto process,
             Spawn("etcd", {"--data-dir", dir_.File("etcd"), "--listen-client-urls", client,
                            "--advertise-client-urls", client, "--listen-peer-urls",
                            "http://127.0.0.1:" + std::to_string(ports_[1]), "--unsafe-no-fsync",
                            "--log-level", "error"}));
  etcd_.emplace(std::move(process));
  return base::OkStatus();
}

Status ControlPlane::StartApiServer() {
  std::vector<std::string> flags = {"--etcd-servers",
                                    "http://127.0.0.1:" + std::to_string(ports_[0]),
                                    "--cert-dir",
                                    dir_.File("certs"),
                                    "--secure-port",
                                    std::to_string(ports_[2]),
                                    "--bind-address",
                                    "127.0.0.1",
                                    "--service-account-key-file",
                                    dir_.File("sa.pub"),
                                    "--service-account-signing-key-file",
                                    dir_.File("sa.key"),
                                    "--service-account-issuer",
                                    "https://kubernetes.default.svc",
                                    "--token-auth-file",
                                    dir_.File("tokens.csv"),
                                    "--authorization-mode",
                                    "RBAC",
                                    "--service-cluster-ip-range",
                                    "10.0.0.0/16",
                                    "--disable-admission-plugins",
                                    "ServiceAccount"};
  flags.insert(flags.end(), options_.apiserver_flags.begin(), options_.apiserver_flags.end());
  SLUICE_TRY(auto process, Spawn("kube-apiserver", flags));
  apiserver_.emplace(std::move(process));
  const bool ready = Eventually(kStartTimeout, [this] {
    return !apiserver_->Running() || Request("GET", "/readyz").body == "ok";
  });
  if (!ready || !apiserver_->Running()) {
    const std::string log = ReadFile(dir_.File("kube-apiserver.log"));
    return base::Unavailable("kube-apiserver did not start: " +
                             log.substr(log.size() > 2000 ? log.size() - 2000 : 0));
  }
  kubeconfig_ = WriteKubeconfig("admin", admin_token_);
  return base::OkStatus();
}

Status ControlPlane::StartControllers() {
  const std::vector<std::string> local = {"--kubeconfig",    kubeconfig_, "--leader-elect=false",
                                          "--bind-address",  "127.0.0.1", "--cert-dir",
                                          dir_.File("certs")};
  auto manager = local, scheduler = local;
  manager.insert(manager.end(),
                 {"--service-account-private-key-file", dir_.File("sa.key"), "--root-ca-file",
                  ca_file_, "--secure-port", std::to_string(ports_[3])});
  scheduler.insert(scheduler.end(), {"--secure-port", std::to_string(ports_[4])});
  SLUICE_TRY(auto kcm, Spawn("kube-controller-manager", manager));
  controllers_.push_back(std::move(kcm));
  SLUICE_TRY(auto sched, Spawn("kube-scheduler", scheduler));
  controllers_.push_back(std::move(sched));
  SLUICE_TRY(auto kwok, Spawn("kwok", {"--kubeconfig", kubeconfig_, "--manage-all-nodes=true",
                                       "--config", bin_ + "/stages.yaml"}));
  controllers_.push_back(std::move(kwok));
  const std::string size = R"({"cpu":"64","memory":"256Gi","pods":"1100"})";
  const auto node = Request(
      "POST", "/api/v1/nodes",
      R"({"apiVersion":"v1","kind":"Node","metadata":{"name":"n1","labels":{"kubernetes.io/os":"linux"}},"status":{"allocatable":)" +
          size + R"(,"capacity":)" + size + "}}");
  return node.ok() ? base::OkStatus() : Internal("create the fake Node: " + node.body);
}

std::string ControlPlane::WriteKubeconfig(const std::string& name, const std::string& token) const {
  const std::string path = dir_.Write(
      name + ".kubeconfig",
      R"({"apiVersion":"v1","kind":"Config","clusters":[{"name":"test","cluster":{"server":")" +
          url_ + R"(","certificate-authority":")" + ca_file_ +
          R"("}}],"users":[{"name":"user","user":{"token":")" + token +
          R"("}}],"contexts":[{"name":"test","context":{"cluster":"test","user":"user"}}],"current-context":"test"})");
  std::filesystem::permissions(
      path, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  return path;
}

Result<std::string> ControlPlane::ServiceAccountToken(const std::string& ns,
                                                      const std::string& name) {
  SLUICE_TRY(CreateNamespace(ns));
  const std::string path = "/api/v1/namespaces/" + ns + "/serviceaccounts";
  const auto created =
      Request("POST", path,
              R"({"apiVersion":"v1","kind":"ServiceAccount","metadata":{"name":")" + name + "\"}}");
  if (!created.ok() && created.status != 409)
    return Internal("create ServiceAccount: " + created.body);
  const auto answer =
      Request("POST", path + "/" + name + "/token",
              R"({"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{}})");
  const std::string token = JsonString(answer.body, "token");
  if (!answer.ok() || token.empty()) return Internal("request a token: " + answer.body);
  return token;
}

HttpResponse ControlPlane::Request(const std::string& method, const std::string& path,
                                   const std::string& body, const std::string& content_type,
                                   const std::string& token) {
  return http_->Send(method, url_ + path, body,
                     {"Authorization: Bearer " + (token.empty() ? admin_token_ : token),
                      "Content-Type: " + content_type});
}

CommandResult ControlPlane::Kubectl(std::vector<std::string> args, const std::string& input) const {
  args.insert(args.begin(), {bin_ + "/kubectl", "--kubeconfig", kubeconfig_});
  return RunCommand(args, input, {{"HOME", dir_.path()}});
}

Status ControlPlane::Apply(const std::string& manifests) const {
  const auto result =
      Kubectl({"apply", "--server-side", "--force-conflicts", "-f", "-"}, manifests);
  return result.ok() ? base::OkStatus() : Internal("kubectl apply: " + result.err);
}

Status ControlPlane::ApplyFile(const std::string& path) const {
  const auto result = Kubectl({"apply", "--server-side", "--force-conflicts", "-f", path});
  return result.ok() ? base::OkStatus() : Internal("kubectl apply -f " + path + ": " + result.err);
}

Status ControlPlane::CreateNamespace(const std::string& name) {
  const auto created =
      Request("POST", "/api/v1/namespaces",
              R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" + name + "\"}}");
  return created.ok() || created.status == 409 ? base::OkStatus()
                                               : Internal("create namespace: " + created.body);
}

void ControlPlane::KillApiServer() {
  if (apiserver_) apiserver_->Kill();
}

void ControlPlane::PauseEtcd() const { etcd_->Signal(SIGSTOP); }
void ControlPlane::ResumeEtcd() const { etcd_->Signal(SIGCONT); }

}  // namespace sluice::test_support
