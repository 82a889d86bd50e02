#include "helm_command.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "base/strings.h"
#include "disk.h"
#include "document/yaml.h"
#include "gotemplate/system_environment.h"
#include "helm/loader.h"
#include "helm/value_options.h"
#include "io/file_tree.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;
using base::Status;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string ReadDescriptor(int fd) {
  std::string out;
  char buffer[1 << 16];
  for (ssize_t n = 0; (n = read(fd, buffer, sizeof buffer)) > 0;)
    out.append(buffer, static_cast<size_t>(n));
  return out;
}

std::string Absolute(const HelmContext& context, const std::string& path) {
  return path.starts_with('/') ? io::CleanPath(path) : io::JoinPath(context.directory, path);
}

bool IsUrl(std::string_view text) { return base::Contains(text, "://"); }

// The IANA name of this machine's zone.
std::string LocalZone() {
  if (std::string zone = FromEnvironment("TZ"); !zone.empty()) return zone;
  std::error_code error;
  const std::string target = std::filesystem::read_symlink("/etc/localtime", error).string();
  const size_t at = target.find("zoneinfo/");
  return at == target.npos ? "" : target.substr(at + 9);
}

// --enable-dns: any one of a host's addresses, as sprig answers.
class ResolvingEnvironment final : public gotemplate::SystemEnvironment {
 public:
  using SystemEnvironment::SystemEnvironment;
  Result<std::string> HostByName(std::string_view name) override {
    const std::vector<std::string> addresses = Resolve(std::string(name));
    // Go's panic, whatever failed
    if (addresses.empty()) return base::InvalidArgument("invalid argument to Intn");
    uint32_t random = 0;
    Random({reinterpret_cast<uint8_t*>(&random), sizeof random});
    return addresses[random % addresses.size()];
  }

 private:
  static std::vector<std::string> Resolve(const std::string& name) {
    std::vector<std::string> out;
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (name.empty() || name.find('\0') != name.npos ||
        getaddrinfo(name.c_str(), nullptr, &hints, &found) != 0)
      return out;
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owned(found, freeaddrinfo);
    for (const addrinfo* a = found; a != nullptr; a = a->ai_next) {
      char text[NI_MAXHOST];
      if (getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) ==
          0)
        out.emplace_back(text);
    }
    return out;
  }
};

}  // namespace

HelmContext ProcessContext() {
  std::error_code error;
  std::string config = FromEnvironment("KUBECONFIG");
  config = config.substr(0, config.find(':'));
  if (config.empty()) config = FromEnvironment("HOME") + "/.kube/config";
  return {std::filesystem::current_path(error).string(),
          FromEnvironment("HELM_NAMESPACE"),
          std::move(config),
          FromEnvironment("PATH"),
          {}};
}

std::string TakeText(HelmOutcome& outcome) {
  std::string text = std::move(outcome.out);
  for (const std::string& piece : outcome.pieces) text += piece;
  outcome.pieces.clear();
  return text;
}

HelmOutcome HelmFailure(const Status& status) {
  return {.out = "", .err = Cat("Error: ", status.message(), "\n"), .code = 1};
}

std::vector<FlagSpec> HelmGlobalFlags() {
  return {{"help", FlagKind::kSwitch, 'h'},
          {"helm3"},
          {"debug"},
          {"namespace", FlagKind::kText, 'n'},
          {"kubeconfig", FlagKind::kText},
          {"kube-context", FlagKind::kText},
          {"kube-apiserver", FlagKind::kText},
          {"kube-as-group", FlagKind::kTexts},
          {"kube-as-user", FlagKind::kText},
          {"kube-ca-file", FlagKind::kText},
          {"kube-insecure-skip-tls-verify"},
          {"kube-tls-server-name", FlagKind::kText},
          {"kube-token", FlagKind::kText},
          {"burst-limit", FlagKind::kInt},
          {"qps", FlagKind::kFloat},
          {"color", FlagKind::kText},
          {"colour", FlagKind::kText},
          {"registry-config", FlagKind::kText},
          {"repository-cache", FlagKind::kText},
          {"repository-config", FlagKind::kText},
          {"content-cache", FlagKind::kText}};
}

std::vector<FlagSpec> ValueFlags() {
  return {{"values", FlagKind::kList, 'f'}, {"set", FlagKind::kTexts},
          {"set-string", FlagKind::kTexts}, {"set-file", FlagKind::kTexts},
          {"set-json", FlagKind::kTexts},   {"set-literal", FlagKind::kTexts}};
}

std::vector<FlagSpec> ChartFlags() {
  return {{"version", FlagKind::kText},
          {"verify"},
          {"keyring", FlagKind::kText},
          {"repo", FlagKind::kText},
          {"username", FlagKind::kText},
          {"password", FlagKind::kText},
          {"cert-file", FlagKind::kText},
          {"key-file", FlagKind::kText},
          {"ca-file", FlagKind::kText},
          {"insecure-skip-tls-verify"},
          {"plain-http"},
          {"pass-credentials"},
          {"devel"}};
}

bool NeedsCluster(const ParsedFlags& flags) {
  const std::string dry_run = flags.Text("dry-run", "client");
  return flags.On("validate") || dry_run == "server";
}

helm::HelmVersion VersionOf(const ParsedFlags& flags) {
  return flags.On("helm3") ? helm::HelmVersion::kV3 : helm::HelmVersion::kV4;
}

std::string NamespaceOf(const ParsedFlags& flags, const HelmContext& context) {
  if (const std::string given = flags.Text("namespace"); !given.empty()) return given;
  if (!context.ns.empty()) return context.ns;
  const std::string path = flags.Text("kubeconfig", context.kubeconfig);
  if (path.empty()) return "default";
  const auto text =
      OpenDisk()->ReadFile(std::string_view(Absolute(context, path)).substr(1), 16 << 20);
  const auto config = document::ParseYamlToValue(text.ok() ? *text : "");
  if (!config.ok()) return "default";
  const std::string wanted = flags.Text("kube-context", (*config)["current-context"].AsString());
  for (const document::Value& named : (*config)["contexts"].items()) {
    const std::string_view ns = named["context"]["namespace"].AsString();
    if (named["name"].AsString() == wanted && !ns.empty()) return std::string(ns);
  }
  return "default";
}

Result<document::Value> ReadValues(const ParsedFlags& flags, const HelmContext& context) {
  const helm::ValueOptions options{.files = flags.Texts("values"),
                                   .json = flags.Texts("set-json"),
                                   .set = flags.Texts("set"),
                                   .strings = flags.Texts("set-string"),
                                   .set_files = flags.Texts("set-file"),
                                   .literals = flags.Texts("set-literal")};
  const auto disk = OpenDisk();
  const auto read = [&](std::string_view name) -> Result<std::string> {
    if (base::TrimSpace(name) == "-") return ReadDescriptor(STDIN_FILENO);
    if (IsUrl(name))
      return base::Unimplemented(Cat("values of ", name, ": files are read from the disk only"));
    auto text = disk->ReadFile(std::string_view(Absolute(context, std::string(name))).substr(1),
                               uint64_t{1} << 30);
    if (text.ok()) return text;
    const bool absent = text.status().code() == base::StatusCode::kNotFound;
    return Status(text.status().code(),
                  Cat("open ", name, ": ",
                      absent ? "no such file or directory"
                             : base::Cut(text.status().message(), ": ")
                                   .value_or(std::pair<std::string_view, std::string_view>(
                                       "", text.status().message()))
                                   .second));
  };
  return helm::MergeValueOptions(options, VersionOf(flags), read);
}

Result<std::unique_ptr<helm::Chart>> LoadChart(const ParsedFlags& flags,
                                               const std::string& reference,
                                               const HelmContext& context, std::string* log) {
  for (const std::string_view flag : {"repo", "verify"}) {
    if (flags.Has(flag))
      return base::Unimplemented(
          Cat("--", flag, " is not supported: charts are read from the disk only"));
  }
  const helm::LoadOptions options{.version = VersionOf(flags),
                                  .warn = LogTo(log, VersionOf(flags))};
  const std::string name(base::TrimSpace(reference));
  if (IsUrl(name))
    return base::Unimplemented(
        Cat("chart ", base::QuoteGo(name), ": charts are read from the disk only"));
  const std::string absolute = Absolute(context, name);
  const auto disk = OpenDisk();
  const std::string_view path = std::string_view(absolute).substr(1);
  const auto info = disk->Stat(path);
  if (!info.ok()) {
    if (name.starts_with('/') || name.starts_with('.'))
      return base::NotFound(Cat("path ", base::QuoteGo(name), " not found"));
    return base::NotFound(Cat("chart ", base::QuoteGo(name),
                              " not found on the disk: repositories are not searched"));
  }
  if (info->kind == io::FileKind::kDirectory)
    return helm::LoadDirectory(*disk, path, absolute, options);
  SLUICE_TRY(std::string bytes, disk->ReadFile(path, uint64_t{1} << 30));
  return helm::LoadArchiveFile(absolute, std::move(bytes), options);
}

helm::WarningSink LogTo(std::string* log, helm::HelmVersion version) {
  return [log, version](const helm::Warning& warning) { *log += LogLine(warning, version); };
}

std::unique_ptr<gotemplate::Environment> MakeEnvironment(bool dns) {
  if (dns) return std::make_unique<ResolvingEnvironment>(LocalZone());
  return std::make_unique<gotemplate::SystemEnvironment>(LocalZone());
}

}  // namespace sluice::cli
