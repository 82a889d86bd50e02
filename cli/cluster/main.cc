// sluice-cluster: the verbs of `sluice` that speak to a cluster, and bus keygen. Run through
// `sluice`.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>

#include "base/duration.h"
#include "base/strings.h"
#include "bus/keys.h"
#include "cluster/commands.h"
#include "cluster/helm_cluster.h"
#include "template.h"

namespace {

using sluice::cli::GlobalFlags;
using sluice::cli::Output;
using sluice::cli::Session;
using sluice::cli::Surroundings;

std::string Env(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The first of two spellings that is set.
std::string EnvEither(const char* first, const char* second) {
  const std::string value = Env(first);
  return value.empty() ? Env(second) : value;
}

Surroundings ReadSurroundings() {
  Surroundings s;
  s.kubeconfig_env = Env("KUBECONFIG");
  s.home = Env("HOME");
  s.service_host = Env("KUBERNETES_SERVICE_HOST");
  s.service_port = Env("KUBERNETES_SERVICE_PORT");
  s.proxy = {EnvEither("HTTP_PROXY", "http_proxy"), EnvEither("HTTPS_PROXY", "https_proxy"),
             EnvEither("NO_PROXY", "no_proxy")};
  return s;
}

struct Arguments {
  GlobalFlags global;
  std::string timeout = "5m";
  std::vector<std::string> words;
  bool all_namespaces = false, no_header = false, with_source = false, pre = false, force = false;
  std::string directory;
};

// The kind that the leading words name, and the object's name after them.
const sluice::cli::KindInfo* SplitWords(const std::vector<std::string>& words, std::string* name) {
  for (size_t used = std::min<size_t>(2, words.size()); used > 0; --used) {
    const std::string text = used == 2 ? words[0] + " " + words[1] : words[0];
    if (const auto* kind = sluice::cli::FindKind(text)) {
      *name = words.size() > used ? words[used] : "";
      return words.size() <= used + 1 ? kind : nullptr;
    }
  }
  return nullptr;
}

int RunGet(Session& session, const Output& output, const Arguments& args) {
  sluice::cli::GetFlags flags;
  flags.ns = args.all_namespaces ? "" : args.global.ns;
  flags.header = !args.no_header;
  if (args.words.size() == 1 && args.words[0] == "all") return GetAll(session, output, flags);
  const auto* kind = SplitWords(args.words, &flags.name);
  if (kind == nullptr) return output.Failure("unknown kind: see sluice help");
  return Get(session, output, *kind, flags);
}

int RunReconcile(Session& session, const Output& output, const Arguments& args) {
  std::string name;
  const auto* kind = SplitWords(args.words, &name);
  if (kind == nullptr || !kind->reconcilable || name.empty())
    return output.Failure("expected a kind and a name: see sluice help");
  return Reconcile(session, output, *kind, {args.global.ns, name}, args.with_source);
}

// sluice template, where it asks a cluster.
int RunTemplateVerb(int argc, char** argv) {
  std::unique_ptr<Session> session;
  sluice::cli::HelmContext context = sluice::cli::ProcessContext();
  context.cluster = [&](const sluice::cli::ParsedFlags& flags, sluice::helm::HelmVersion version)
      -> sluice::base::Result<std::unique_ptr<sluice::cli::HelmCluster>> {
    GlobalFlags global;
    global.kubeconfig = flags.Text("kubeconfig");
    global.context = flags.Text("kube-context", Env("HELM_KUBECONTEXT"));
    global.connection = {
        .server = flags.Text("kube-apiserver", Env("HELM_KUBEAPISERVER")),
        .token = flags.Text("kube-token", Env("HELM_KUBETOKEN")),
        .as_user = flags.Text("kube-as-user", Env("HELM_KUBEASUSER")),
        .ca_file = flags.Text("kube-ca-file", Env("HELM_KUBECAFILE")),
        .tls_server_name = flags.Text("kube-tls-server-name", Env("HELM_KUBETLS_SERVER_NAME")),
        .as_groups = flags.Texts("kube-as-group"),
        .insecure = flags.Has("kube-insecure-skip-tls-verify")
                        ? flags.On("kube-insecure-skip-tls-verify")
                        : sluice::base::ParseBool(Env("HELM_KUBEINSECURE_SKIP_TLS_VERIFY"))
                              .value_or(false)};
    if (const std::string groups = Env("HELM_KUBEASGROUPS");
        global.connection.as_groups.empty() && !groups.empty()) {
      for (const std::string_view group : sluice::base::Split(groups, ","))
        global.connection.as_groups.emplace_back(group);
    }
    SLUICE_TRY(session, Session::Open(global, ReadSurroundings()));
    return sluice::cli::MakeHelmCluster(*session, version);
  };
  const std::vector<std::string> args(argv + 2, argv + argc);
  sluice::cli::HelmOutcome outcome = sluice::cli::RunTemplate(args, context);
  std::cerr << outcome.err;
  std::cout << TakeText(outcome) << std::flush;
  return std::cout ? outcome.code : 1;
}

void AddClusterFlags(CLI::App* verb, Arguments* args) {
  verb->add_option("-n,--namespace", args->global.ns, "namespace of the objects")
      ->envname("FLUX_SYSTEM_NAMESPACE");
  verb->add_option("--kubeconfig", args->global.kubeconfig, "kubeconfig file");
  verb->add_option("--context", args->global.context, "context of the kubeconfig");
  verb->add_option("--timeout", args->timeout, "longest time of the whole operation");
}

int Run(CLI::App& app, Arguments* args) {
  const Output output{std::cout, std::cerr};
  if (app.get_subcommand("bus")->parsed()) {
    const auto status = sluice::bus::GenerateKeys(args->directory, args->force);
    if (!status.ok()) return output.Failure(status.message());
    output.Success("bus keys are in " + args->directory);
    return 0;
  }
  const auto timeout = sluice::base::ParseDuration(args->timeout);
  if (!timeout.ok()) return output.Failure(timeout.status().message());
  args->global.timeout = *timeout;
  auto session = Session::Open(args->global, ReadSurroundings());
  if (!session.ok()) return output.Failure(session.status().message());
  if (app.get_subcommand("get")->parsed()) return RunGet(**session, output, *args);
  if (app.get_subcommand("reconcile")->parsed()) return RunReconcile(**session, output, *args);
  if (app.get_subcommand("check")->parsed())
    return Check(**session, output, args->global.ns, args->pre);
  return Version(**session, output, args->global.ns);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == "template") return RunTemplateVerb(argc, argv);
  Arguments args;
  CLI::App app{"sluice: GitOps for Kubernetes", "sluice"};
  app.require_subcommand(1);
  auto* get = app.add_subcommand("get", "list objects");
  get->add_option("kind", args.words, "kind, and the name of one object")->required();
  get->add_flag("-A,--all-namespaces", args.all_namespaces, "objects of all namespaces");
  get->add_flag("--no-header", args.no_header, "no header row");
  auto* reconcile = app.add_subcommand("reconcile", "reconcile an object now");
  reconcile->add_option("kind", args.words, "kind and name")->required();
  reconcile->add_flag("--with-source", args.with_source, "reconcile its source first");
  auto* check = app.add_subcommand("check", "check the cluster and the controllers");
  check->add_flag("--pre", args.pre, "only what must be there before installing");
  auto* version = app.add_subcommand("version", "print versions");
  for (auto* verb : {get, reconcile, check, version}) AddClusterFlags(verb, &args);
  auto* bus = app.add_subcommand("bus", "the bus")->require_subcommand(1);
  auto* keygen = bus->add_subcommand("keygen", "make the keys of the bus");
  keygen->add_option("directory", args.directory, "where to put them")->required();
  keygen->add_flag("--force", args.force, "replace keys that are there");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  return Run(app, &args);
}
