#include "test_support/sluice_stack.h"

#include <filesystem>

#include "test_support/eventually.h"

namespace sluice::test_support {
namespace {

using std::chrono::seconds;

const std::map<std::string, std::string> kAccounts = {{"source", "source-controller"},
                                                      {"kustomize", "kustomize-controller"},
                                                      {"notify", "notification-controller"}};
constexpr const char* kNamespace = "flux-system";

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace

SluiceStack::SluiceStack(ControlPlane& cluster, Options options)
    : cluster_(cluster), options_(std::move(options)) {
  std::filesystem::create_directories(StorageFolder());
  const std::vector<std::string> uses = {"storage",          "events",         "webhooks",
                                         "source metrics",   "source health",  "kustomize metrics",
                                         "kustomize health", "notify metrics", "notify health"};
  const auto ports = FreePorts(uses.size());
  for (size_t i = 0; i < uses.size(); ++i) ports_[uses[i]] = ports[i];
}

base::Status SluiceStack::Install() {
  SLUICE_TRY(cluster_.CreateNamespace(kNamespace));
  for (const std::string folder : {"/deploy/crds", "/deploy/rbac"}) {
    const auto applied =
        cluster_.Kubectl({"apply", "--server-side", "-k", SLUICE_TEST_SOURCE_DIR + folder});
    if (!applied.ok()) return base::Internal(applied.err);
  }
  const auto established =
      cluster_.Kubectl({"wait", "--for=condition=Established", "crd", "--all", "--timeout=60s"});
  if (!established.ok()) return base::Internal(established.err);
  for (const auto& [name, account] : kAccounts) {
    SLUICE_TRY(const std::string token, cluster_.ServiceAccountToken(kNamespace, account));
    kubeconfigs_[name] = cluster_.WriteKubeconfig(account, token);
  }
  return base::OkStatus();
}

std::vector<std::string> SluiceStack::FlagsOf(const std::string& name) const {
  std::vector<std::string> flags = {"--log-level=debug",
                                    "--metrics-addr=" + Local(Port(name + " metrics")),
                                    "--health-addr=" + Local(Port(name + " health"))};
  const auto add = [&](std::string flag) { flags.push_back(std::move(flag)); };
  const auto bus = [&](const std::string& flag, const std::string& file) {
    if (options_.bus == Options::Bus::kDiscovered) return;
    add(flag + (options_.bus == Options::Bus::kIpc ? "ipc://" + dir_.File(file) : "off"));
  };
  if (options_.bus == Options::Bus::kDiscovered) {
    add("--bus-keys=" + options_.keys);
    add("--enable-leader-election");
  }
  if (name == "source") {
    add("--storage-path=" + StorageFolder());
    add("--storage-addr=" + Local(Port("storage")));
    add("--storage-adv-addr=" + Local(Port("storage")));
    bus("--bus-bind=", "source.bus");
  }
  if (name == "kustomize") bus("--bus-source=", "source.bus");
  if (name == "notify") {
    add("--events-addr=" + Local(Port("events")));
    add("--receiverAddr=" + Local(Port("webhooks")));
    bus("--bus-bind=", "notify.bus");
  } else {
    add("--events-addr=" + EventsUrl());
    bus("--bus-notify=", "notify.bus");
  }
  if (const auto more = options_.flags.find(name); more != options_.flags.end()) {
    flags.insert(flags.end(), more->second.begin(), more->second.end());
  }
  return flags;
}

base::Status SluiceStack::Start(const std::string& name) {
  auto argv = FlagsOf(name);
  argv.insert(argv.begin(), options_.bin + "/sluice-" + name);
  const std::string temp = dir_.File("tmp-" + name);
  std::filesystem::create_directories(temp);
  Process::Options options;
  options.env = {{"KUBECONFIG", kubeconfigs_.at(name)},
                 {"RUNTIME_NAMESPACE", kNamespace},
                 {"TMPDIR", temp},
                 {"HOME", temp}};
  if (const auto more = options_.env.find(name); more != options_.env.end())
    options.env.insert(more->second.begin(), more->second.end());
  options.log_file = dir_.File(name + ".log");
  SLUICE_TRY(auto process, Process::Start(argv, options));
  processes_.insert_or_assign(name, std::move(process));
  return WaitHealthy(name);
}

base::Status SluiceStack::WaitHealthy(const std::string& name) {
  const std::string url = "http://" + Local(Port(name + " health")) + "/healthz";
  const bool healthy = Eventually(
      seconds(30), [&] { return !Running(name) || http_.Send("GET", url).status == 200; });
  if (healthy && Running(name)) return base::OkStatus();
  const std::string log = Log(name);
  return base::Unavailable("sluice-" + name + " did not come up: " +
                           log.substr(log.size() > 2000 ? log.size() - 2000 : 0));
}

base::Status SluiceStack::StartAll() {
  for (const auto& name : kNames) SLUICE_TRY(Start(name));
  return base::OkStatus();
}

void SluiceStack::Kill(const std::string& name) {
  if (const auto it = processes_.find(name); it != processes_.end()) it->second.Kill();
}

int SluiceStack::Stop(const std::string& name) {
  const auto it = processes_.find(name);
  return it == processes_.end() ? -1 : it->second.Stop(seconds(20));
}

bool SluiceStack::Running(const std::string& name) {
  const auto it = processes_.find(name);
  return it != processes_.end() && it->second.Running();
}

pid_t SluiceStack::Pid(const std::string& name) const { return processes_.at(name).pid(); }

std::string SluiceStack::Log(const std::string& name) const {
  return ReadFile(dir_.File(name + ".log"));
}

std::string SluiceStack::Metrics(const std::string& name) {
  return http_.Send("GET", "http://" + Local(Port(name + " metrics")) + "/metrics").body;
}

std::string SluiceStack::WebhookUrl(const std::string& path) const {
  return "http://" + Local(Port("webhooks")) + path;
}
std::string SluiceStack::EventsUrl() const { return "http://" + Local(Port("events")) + "/"; }
std::string SluiceStack::StorageUrl(const std::string& path) const {
  return "http://" + Local(Port("storage")) + path;
}

}  // namespace sluice::test_support
