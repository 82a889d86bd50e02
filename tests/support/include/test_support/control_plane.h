// ControlPlane: a real Kubernetes API on free loopback ports, for one test binary: etcd and
// kube-apiserver with RBAC, and on request kube-controller-manager, kube-scheduler and kwok with
// one fake Node on which Pods become ready. Start takes about five seconds. The programs come from
// $SLUICE_CONTROLPLANE, else from what tests/controlplane/build built last. All of them end with
// the object, and with the test process, however it ends. Start it on the main thread; the requests
// are thread-safe.
//
//   ControlPlane& Cluster() { static auto cp = std::move(ControlPlane::Start({}).value()); return
//   *cp; }
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "test_support/http.h"
#include "test_support/process.h"

namespace sluice::test_support {

// Where the programs built for the tests lie.
std::string ProgramFolder();

class ControlPlane {
 public:
  struct Options {
    // controller-manager (garbage collection, Deployments …), scheduler, kwok
    bool controllers = false;
    std::vector<std::string> apiserver_flags;
  };

  static base::Result<std::unique_ptr<ControlPlane>> Start(const Options& options);
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  const std::string& url() const { return url_; }                  // https://127.0.0.1:PORT
  const std::string& ca_file() const { return ca_file_; }          // PEM
  const std::string& admin_token() const { return admin_token_; }  // system:masters
  const std::string& kubeconfig() const { return kubeconfig_; }    // of the admin
  const std::string& directory() const {
    return dir_.path();
  }                                                // logs and data; gone with the object
  const std::string& bin() const { return bin_; }  // folder of kubectl and the rest

  // A kubeconfig file for a bearer token.
  std::string WriteKubeconfig(const std::string& name, const std::string& token) const;
  // A fresh token of a ServiceAccount; it and its namespace are created where absent.
  base::Result<std::string> ServiceAccountToken(const std::string& ns, const std::string& name);

  // One request as the admin, or with another token.
  HttpResponse Request(const std::string& method, const std::string& path,
                       const std::string& body = "",
                       const std::string& content_type = "application/json",
                       const std::string& token = "");
  CommandResult Kubectl(std::vector<std::string> args, const std::string& input = "") const;
  // kubectl apply --server-side of manifests in text form, or of a file or folder.
  base::Status Apply(const std::string& manifests) const;
  base::Status ApplyFile(const std::string& path) const;
  base::Status CreateNamespace(const std::string& name);

  // Failures.
  void KillApiServer();
  base::Status StartApiServer();  // on the same port, with the same data; waits until it is ready
  void PauseEtcd() const;
  void ResumeEtcd() const;

 private:
  ControlPlane();
  base::Status Prepare();
  base::Result<Process> Spawn(const std::string& program, std::vector<std::string> flags) const;
  base::Status StartEtcd();
  base::Status StartControllers();

  TempDir dir_;
  Options options_;
  std::string bin_, url_, ca_file_, admin_token_, kubeconfig_;
  std::vector<int> ports_;
  std::unique_ptr<HttpClient> http_;
  std::optional<Process> etcd_, apiserver_;
  std::vector<Process> controllers_;
};

}  // namespace sluice::test_support
