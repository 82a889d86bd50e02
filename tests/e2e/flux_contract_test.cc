// What the flux CLI relies on, for every source kind (source.md §15): first the fields it reads, in
// the way it reads them; then, where a flux is at hand ($SLUICE_FLUX, or beside the control plane),
// the CLI itself.
#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

#include "artifact/archive.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "io/file_tree.h"
#include "lab.h"
#include "test_support/nginx_server.h"
#include "test_support/registry_server.h"
#include "test_support/s3_server.h"

namespace sluice::e2e {
namespace {

using test_support::NginxServer;
using test_support::RegistryServer;
using test_support::S3Server;
using testing::HasSubstr;
using testing::MatchesRegex;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

bool Is(const Value& object, const std::string& type, const std::string& status) {
  return Text(ConditionOf(object, type)["status"]) == status;
}

// kstatus, as the CLI computes it.
enum class Status : uint8_t { kInProgress, kFailed, kCurrent };
Status Compute(const Value& o) {
  const int64_t generation = o["metadata"]["generation"].AsInt();
  if (o["status"].Find("observedGeneration") != nullptr &&
      o["status"]["observedGeneration"].AsInt() != generation)
    return Status::kInProgress;
  if (Is(o, "Stalled", "True")) return Status::kFailed;
  if (Is(o, "Reconciling", "True")) return Status::kInProgress;
  return Is(o, "Ready", "True")    ? Status::kCurrent
         : Is(o, "Ready", "False") ? Status::kFailed
                                   : Status::kInProgress;
}

class FluxContractTest : public testing::Test {
 protected:
  FluxContractTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("a.yaml", ConfigMap("a", "k", "1"));
    tree_.CommitAndPush("one");
    static RegistryServer registry;
    static NginxServer web;
    static S3Server s3;
    std::string layer;
    EXPECT_TRUE(artifact::ArchiveTree(*io::MakeMemoryTree({{"a", "1"}}), nullptr,
                                      [&](std::string_view bytes) {
                                        layer += bytes;
                                        return base::OkStatus();
                                      })
                    .ok());
    registry.Push(ns_ + "/app", "latest", {{test_support::kFluxContent, layer}});
    std::string chart;
    EXPECT_TRUE(
        artifact::ArchiveTree(
            *io::MakeMemoryTree({{"c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n"},
                                 {"c/values.yaml", "a: 1\n"},
                                 {"c/prod.yaml", "a: 2\n"}}),
            nullptr,
            [&](std::string_view bytes) {
              chart += bytes;
              return base::OkStatus();
            })
            .ok());
    web.Write(ns_ + "/c-1.0.0.tgz", chart);
    web.Write(ns_ + "/index.yaml",
              "apiVersion: v1\nentries:\n  c:\n  - {apiVersion: v2, name: c, version: 1.0.0, urls: "
              "[c-1.0.0.tgz]}\n");
    s3.MakeBucket(ns_);
    s3.Put(ns_, "a.yaml", "a: 1\n");
    lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: keys, namespace: " + ns_ +
               "}\ndata: {accesskey: " + base::Base64Encode(S3Server::kAccessKey) +
               ", secretkey: " + base::Base64Encode(S3Server::kSecretKey) + "}\n");
    sources_ = {
        {{"GitRepository", ns_, "git"}, "git", "url: " + tree_.url() + "\n  ref: {branch: main}"},
        {{"OCIRepository", ns_, "oci"}, "oci", "url: " + registry.Url(ns_ + "/app")},
        {{"HelmRepository", ns_, "helm"}, "helm", "url: " + web.Url("/" + ns_)},
        {{"Bucket", ns_, "bucket"},
         "bucket",
         "bucketName: " + ns_ + "\n  endpoint: " + s3.endpoint() +
             "\n  insecure: true\n  secretRef: {name: keys}"},
        {{"HelmChart", ns_, "chart"},
         "chart",
         "chart: c\n  sourceRef: {kind: HelmRepository, name: helm}"},
    };
  }

  struct Source {
    Ref ref;
    std::string verb, spec;  // `flux reconcile source <verb>`
  };
  void Apply(const Source& s, const std::string& version = "v1", const std::string& name = "",
             const std::string& more = "") {
    lab_.Apply("apiVersion: source.toolkit.fluxcd.io/" + version + "\nkind: " + s.ref.kind +
               "\nmetadata: {name: " + (name.empty() ? s.ref.name : name) + ", namespace: " + ns_ +
               "}\nspec:\n  interval: 10m\n  " + s.spec + "\n" + more);
  }
  void ApplyAll() {
    for (const Source& s : sources_) Apply(s);
  }
  Value WaitCurrent(const Ref& ref) {
    return lab_.WaitFor(ref, "current",
                        [](const Value& o) { return Compute(o) == Status::kCurrent; });
  }
  void Suspend(const Ref& ref, bool suspend) {
    const std::string plural = base::Cat(
        base::ToLower(ref.kind).substr(0, ref.kind.size() - (ref.kind.ends_with('y') ? 1 : 0)),
        ref.kind.ends_with('y') ? "ies" : "s");
    const auto answer = lab_.cluster().Request(
        "PATCH",
        "/apis/source.toolkit.fluxcd.io/v1/namespaces/" + ns_ + "/" + plural + "/" + ref.name,
        std::string(R"({"spec":{"suspend":)") + (suspend ? "true" : "false") + "}}",
        "application/merge-patch+json");
    EXPECT_TRUE(answer.ok()) << answer.body;
  }

  Lab& lab_ = TheLab();
  std::string ns_;
  GitWorkTree tree_;
  std::vector<Source> sources_;
};

TEST_F(FluxContractTest, FieldsOfEachKind) {
  ApplyAll();
  for (const Source& s : sources_) {
    SCOPED_TRACE(s.ref.kind);
    // create: waits for Ready of the present generation, then needs an artifact.
    const Value made = WaitCurrent(s.ref);
    EXPECT_EQ(ConditionOf(made, "Ready")["observedGeneration"].AsInt(),
              made["metadata"]["generation"].AsInt());
    const Value& artifact = made["status"]["artifact"];
    EXPECT_FALSE(Text(artifact["revision"]).empty());
    EXPECT_GT(artifact["size"].AsInt(), 0);  // stats
    EXPECT_THAT(Text(artifact["digest"]), MatchesRegex("sha256:[0-9a-f]{64}"));
    EXPECT_THAT(Text(artifact["url"]), HasSubstr(Text(artifact["path"])));
    EXPECT_FALSE(Text(ConditionOf(made, "Ready")["message"]).empty());  // get

    // reconcile: the annotation's value shows in the status, and the object is current.
    const std::string asked = "2026-01-02T03:04:05.123456789Z";
    lab_.Annotate(s.ref, "reconcile.fluxcd.io/requestedAt", asked);
    const Value handled = lab_.WaitFor(s.ref, "reconciled", [&](const Value& o) {
      return Text(o["status"]["lastHandledReconcileAt"]) == asked && Compute(o) == Status::kCurrent;
    });
    EXPECT_EQ(Text(handled["status"]["artifact"]["revision"]), Text(artifact["revision"]));

    // suspend and resume: Ready for the generation of the resume.
    Suspend(s.ref, true);
    Suspend(s.ref, false);
    const Value resumed = WaitCurrent(s.ref);
    EXPECT_EQ(resumed["metadata"]["generation"].AsInt(), 3);
    EXPECT_EQ(ConditionOf(resumed, "Ready")["observedGeneration"].AsInt(), 3);

    // uninstall removes this finalizer and no other.
    ASSERT_EQ(resumed["metadata"]["finalizers"].size(), 1u);
    EXPECT_EQ(Text(resumed["metadata"]["finalizers"].items().at(0)), "finalizers.fluxcd.io");
  }
}

// Manifests of old are reconciled like new ones, whatever of their fields has no meaning any more
// (source.md §2).
TEST_F(FluxContractTest, OldVersionsAreReconciled) {
  ApplyAll();
  const std::string access = "  accessFrom: {namespaceSelectors: [{matchLabels: {a: b}}]}\n";
  const std::map<std::string, std::string> old = {
      {"GitRepository", "  gitImplementation: libgit2\n" + access},
      {"OCIRepository", ""},
      {"HelmRepository", "  passCredentials: false\n" + access},
      {"Bucket", access},
      {"HelmChart", "  valuesFile: prod.yaml\n" + access}};
  for (const std::string version : {"v1beta2", "v1beta1"}) {
    for (const Source& s : sources_) {
      if (s.ref.kind != "OCIRepository" || version != "v1beta1")
        Apply(s, version, version, old.at(s.ref.kind));
    }
  }
  for (const Source& s : sources_) {
    for (const std::string version : {"v1beta2", "v1beta1"}) {
      if (s.ref.kind == "OCIRepository" && version == "v1beta1") continue;
      SCOPED_TRACE(s.ref.kind + " " + version);
      const Value now = WaitCurrent(s.ref), then = WaitCurrent({s.ref.kind, ns_, version});
      const std::string revision = Text(then.At({"status", "artifact", "revision"}));
      if (s.ref.kind == "HelmChart") {
        EXPECT_EQ(revision, "1.0.0+1");
        EXPECT_EQ(Text(ConditionOf(then, "Ready")["message"]),
                  "packaged 'c' chart with version '1.0.0+1' and merged values files [prod.yaml]");
      } else {
        EXPECT_EQ(revision, Text(now.At({"status", "artifact", "revision"})));
      }
    }
  }
}

// check, migrate and uninstall find the CRDs by this label; migrate has nothing to do.
TEST_F(FluxContractTest, CrdsAreFoundAndNeedNoMigration) {
  const auto list = lab_.cluster().Kubectl(
      {"get", "crd", "-l", "app.kubernetes.io/part-of=flux", "-o",
       R"(jsonpath={range .items[*]}{.spec.names.kind} {.status.storedVersions}{"\n"}{end})"});
  ASSERT_TRUE(list.ok()) << list.err;
  for (const std::string kind : {"GitRepository", "OCIRepository", "HelmRepository", "HelmChart",
                                 "Bucket", "ExternalArtifact"}) {
    EXPECT_THAT(list.out, HasSubstr(kind + R"( ["v1"])"));
  }
  EXPECT_THAT(list.out, HasSubstr(R"(ArtifactGenerator ["v1beta1"])"));
}

std::string FluxBinary() {
  if (const char* path = std::getenv("SLUICE_FLUX")) return path;
  const char* folder = std::getenv("SLUICE_CONTROLPLANE");
  const std::string beside = std::string(folder != nullptr ? folder : "") + "/flux";
  return folder != nullptr && std::filesystem::exists(beside) ? beside : "";
}

TEST_F(FluxContractTest, TheCliItself) {
  const std::string flux = FluxBinary();
  if (flux.empty()) GTEST_SKIP() << "no flux here";
  ApplyAll();
  for (const Source& s : sources_) WaitCurrent(s.ref);
  const test_support::TempDir home;
  const auto run = [&](std::vector<std::string> args) {
    args.insert(args.begin(), flux);
    args.insert(args.end(), {"--kubeconfig", lab_.cluster().kubeconfig(), "-n", ns_});
    const auto result = test_support::RunCommand(args, "", {{"HOME", home.path()}});
    EXPECT_TRUE(result.ok()) << result.err;
    return result.out + result.err;
  };
  for (const Source& s : sources_) {
    SCOPED_TRACE(s.ref.kind);
    const std::string revision = Text(lab_.Get(s.ref).At({"status", "artifact", "revision"}));
    EXPECT_THAT(run({"reconcile", "source", s.verb, s.ref.name, "--timeout=30s"}),
                HasSubstr("fetched revision " + revision));
    EXPECT_THAT(run({"get", "sources", s.verb}),
                testing::ContainsRegex(s.ref.name + ".*False.*True"));
    EXPECT_THAT(run({"suspend", "source", s.verb, s.ref.name}), HasSubstr("suspended"));
    EXPECT_THAT(run({"get", "sources", s.verb, s.ref.name}),
                testing::ContainsRegex(s.ref.name + ".*True"));
    EXPECT_THAT(run({"resume", "source", s.verb, s.ref.name, "--timeout=30s"}),
                HasSubstr("fetched revision " + revision));
    if (s.verb == "chart") continue;
    EXPECT_THAT(run({"export", "source", s.verb, s.ref.name}), HasSubstr("kind: " + s.ref.kind));
  }
  EXPECT_THAT(run({"get", "sources", "all"}),
              testing::ContainsRegex("gitrepository/git|git  *main@sha1"));
  EXPECT_THAT(run({"stats"}), testing::ContainsRegex("GitRepository *\t1 "));
  EXPECT_THAT(run({"events", "--for", "GitRepository/git"}),
              HasSubstr("stored artifact for commit 'one'"));
  EXPECT_THAT(run({"create", "source", "git", "made", "--url=" + tree_.url(), "--branch=main",
                   "--timeout=30s"}),
              HasSubstr("fetched revision"));
  EXPECT_THAT(run({"delete", "source", "git", "made", "--silent"}), HasSubstr("deleted"));
}

}  // namespace
}  // namespace sluice::e2e
