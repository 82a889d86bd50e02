// ArtifactGenerators and ExternalArtifacts: what a user of sluice-source and sluice-kustomize sees
// (source.md §12).
#include <gmock/gmock.h>

#include <filesystem>

#include "artifact/archive.h"
#include "artifact_files.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

const std::string kGate = "--feature-gates=ExternalArtifact=true";

Lab& TheLab() {
  static Lab lab({.controllers = false,
                  .stack = {.flags = {{"kustomize", {kGate}}}},
                  .processes = {"source", "kustomize"}});
  return lab;
}

std::string Copy(const std::string& from, const std::string& to, const std::string& more = "") {
  return "    - {from: '" + from + "', to: '" + to + "'" + more + "}\n";
}

class GeneratorTest : public testing::Test {
 protected:
  GeneratorTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {
    tree_.Write("deploy/front/cm.yaml", ConfigMap("front", "k", "1"));
    tree_.Write("deploy/front/notes.md", "notes\n");
    tree_.Write("deploy/back/cm.yaml", ConfigMap("back", "k", "1"));
    tree_.Write("base.yaml", "replicas: 1\nimage:\n  tag: v1\n");
    tree_.Write("prod.yaml", "image:\n  pull: Always\n");
    sha_ = tree_.CommitAndPush("one");
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
  }

  Ref Generator(const std::string& name = "gen") const { return {"ArtifactGenerator", ns_, name}; }
  Ref Artifact(const std::string& name) const { return {"ExternalArtifact", ns_, name}; }

  // `artifacts`: the list's items; `more`: other fields of the spec.
  void Apply(const std::string& artifacts, const std::string& more = "",
             const std::string& name = "gen", const std::string& metadata = "",
             const std::string& sources =
                 "  sources:\n  - {alias: repo, kind: GitRepository, name: repo}\n") {
    lab_.Apply(
        "apiVersion: source.extensions.fluxcd.io/v1beta1\nkind: ArtifactGenerator\nmetadata: "
        "{name: " +
        name + ", namespace: " + ns_ + metadata + "}\nspec:\n" + sources + more + "  artifacts:\n" +
        artifacts);
  }
  void ApplySplit() {
    Apply("  - name: front\n    originRevision: '@repo'\n    copy:\n" +
          Copy("@repo/deploy/front/**", "@artifact/", ", exclude: ['*.md']") +
          "  - name: back\n    revision: '@repo'\n    copy:\n" +
          Copy("@repo/deploy/back/", "@artifact/"));
  }

  static bool Is(const Value& object, const std::string& type, const std::string& status) {
    return Text(ConditionOf(object, type)["status"]) == status;
  }
  // Ready on the present generation.
  Value WaitDone(const Ref& ref) {
    const auto done = [](const Value& o) {
      return Is(o, "Ready", "True") && ConditionOf(o, "Ready")["observedGeneration"].AsInt() ==
                                           o["metadata"]["generation"].AsInt();
    };
    return lab_.WaitFor(ref, "ready", done);
  }
  std::string Digest(const std::string& name) {
    return Text(lab_.Get(Artifact(name)).At({"status", "artifact", "digest"}));
  }
  std::shared_ptr<const io::FileTree> Files(const Value& object) {
    return ArtifactFiles(lab_, object);
  }
  std::filesystem::path Folder(const std::string& name) const {
    return std::filesystem::path(TheLab().stack().StorageFolder()) / "externalartifact" / ns_ /
           name;
  }

  Lab& lab_ = TheLab();
  std::string ns_, sha_;
  GitWorkTree tree_;
};

TEST_F(GeneratorTest, SplitsASourceIntoArtifacts) {
  ApplySplit();
  const Value generator = WaitDone(Generator());
  const Value& ready = ConditionOf(generator, "Ready");
  EXPECT_EQ(Text(ready["reason"]), "Succeeded");
  EXPECT_EQ(Text(ready["message"]), "reconciliation succeeded, generated 2 artifact(s)");
  EXPECT_TRUE(ConditionOf(generator, "Reconciling").is_null());
  EXPECT_EQ(Text(generator["metadata"]["finalizers"].items().at(0)),
            "source.extensions.fluxcd.io/finalizer");
  EXPECT_THAT(Text(generator["status"]["observedSourcesDigest"]),
              MatchesRegex("sha256:[0-9a-f]{64}"));
  ASSERT_EQ(generator["status"]["inventory"].size(), 2u);

  const Value front = lab_.Get(Artifact("front")), back = lab_.Get(Artifact("back"));
  const Value& artifact = front["status"]["artifact"];
  const Value& entry = generator["status"]["inventory"].items().at(0);
  const std::string path = Text(artifact["path"]);
  EXPECT_THAT(path, MatchesRegex("externalartifact/" + ns_ + "/front/[0-9]+\\.tar\\.gz"));
  EXPECT_EQ(Text(artifact["url"]), lab_.stack().StorageUrl("/" + path));
  EXPECT_EQ(Text(artifact["revision"]), "latest@" + Text(artifact["digest"]));
  EXPECT_EQ(Text(artifact["metadata"]["org.opencontainers.image.revision"]), "main@sha1:" + sha_);
  EXPECT_EQ(Text(back.At({"status", "artifact", "revision"})), "main@sha1:" + sha_);
  EXPECT_EQ(Text(entry["digest"]), Text(artifact["digest"]));
  EXPECT_EQ(path.substr(path.rfind('/') + 1), Text(entry["filename"]));
  EXPECT_EQ(Text(front["metadata"]["labels"]["app.kubernetes.io/managed-by"]), "source-watcher");
  EXPECT_EQ(Text(front["metadata"]["labels"]["source.extensions.fluxcd.io/generator"]),
            Text(generator["metadata"]["uid"]));
  const Value& ref = front["spec"]["sourceRef"];
  EXPECT_EQ(Text(ref["apiVersion"]) + " " + Text(ref["kind"]) + " " + Text(ref["namespace"]) + "/" +
                Text(ref["name"]),
            "source.extensions.fluxcd.io/v1beta1 ArtifactGenerator " + ns_ + "/gen");
  EXPECT_EQ(Text(ConditionOf(front, "Ready")["reason"]), "Succeeded");
  EXPECT_EQ(Text(ConditionOf(front, "Ready")["message"]), "Artifact is ready");
  EXPECT_EQ(Text(front["metadata"]["managedFields"].items().at(0)["manager"]), "source-watcher");

  const auto files = Files(front);
  EXPECT_TRUE(files->Stat("cm.yaml").ok());
  EXPECT_FALSE(files->Stat("notes.md").ok());
  EXPECT_TRUE(Files(back)->Stat("back/cm.yaml").ok());
  EXPECT_TRUE(Eventually(kSoon, [&] {
    const auto messages = lab_.Events(Generator(), "Ready");
    return std::ranges::any_of(messages,
                               [](const std::string& m) {
                                 return m.starts_with("external artifacts reconciled: ");
                               }) &&
           std::ranges::find(messages, "reconciliation succeeded, generated 2 artifact(s)") !=
               messages.end();
  }));
}

TEST_F(GeneratorTest, OnlyWhatChangedGetsANewRevisionAndIsApplied) {
  ApplySplit();
  WaitDone(Generator());
  for (const std::string name : {"front", "back"}) {
    lab_.Apply(
        "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: " +
        name + ", namespace: " + ns_ +
        "}\nspec:\n  interval: 10m\n  prune: true\n  targetNamespace: " + ns_ +
        "\n  sourceRef: {kind: ExternalArtifact, name: " + name + "}\n");
  }
  const Value applied = lab_.WaitReady({"Kustomization", ns_, "front"}, "latest@sha256:");
  EXPECT_EQ(Text(applied["status"]["lastAppliedOriginRevision"]), "main@sha1:" + sha_);
  lab_.WaitReady({"Kustomization", ns_, "back"}, "main@sha1:" + sha_);
  EXPECT_TRUE(lab_.Exists({"ConfigMap", ns_, "back"}));

  const std::string front = Digest("front"), back = Digest("back");
  tree_.Write("deploy/front/cm.yaml", ConfigMap("front", "k", "2"));
  const std::string second = tree_.CommitAndPush("two");
  lab_.RequestReconcile({"GitRepository", ns_, "repo"});
  lab_.WaitReady({"GitRepository", ns_, "repo"}, second);
  lab_.WaitFor({"ConfigMap", ns_, "front"}, "updated",
               [](const Value& cm) { return Text(cm["data"]["k"]) == "2"; });
  WaitDone(Generator());
  EXPECT_NE(Digest("front"), front);
  EXPECT_EQ(Digest("back"), back);
}

TEST_F(GeneratorTest, ComposesMergesAndExtracts) {
  std::string chart;
  ASSERT_TRUE(artifact::ArchiveTree(
                  *io::MakeMemoryTree({{"web/Chart.yaml", "name: web\n"},
                                       {"web/values.yaml", "replicas: 1\nlist: [1, 2]\n"}}),
                  nullptr,
                  [&](std::string_view bytes) {
                    chart += bytes;
                    return base::OkStatus();
                  })
                  .ok());
  tree_.Write("charts/web-1.0.0.tgz", chart);
  tree_.Write("values-prod.yaml", "list: [3]\nimage:\n  tag: v2\n");
  const std::string sha = tree_.CommitAndPush("chart");
  lab_.RequestReconcile({"GitRepository", ns_, "repo"});
  lab_.WaitReady({"GitRepository", ns_, "repo"}, sha);
  Apply("  - name: web\n    copy:\n" +
            Copy("@repo/charts/*.tgz", "@artifact/", ", strategy: Extract") +
            Copy("@again/values-prod.yaml", "@artifact/web/values.yaml", ", strategy: Merge") +
            Copy("@repo/base.yaml", "@artifact/extra/"),
        "  commonMetadata:\n    labels: {team: web, app.kubernetes.io/managed-by: me}\n    "
        "annotations: {note: hi}\n",
        "gen", "",
        "  sources:\n  - {alias: repo, kind: GitRepository, name: repo}\n  - {alias: again, kind: "
        "GitRepository, name: repo}\n");
  WaitDone(Generator());
  const Value web = lab_.Get(Artifact("web"));
  const auto files = Files(web);
  EXPECT_EQ(files->ReadFile("web/values.yaml").value_or(""),
            "image:\n  tag: v2\nlist:\n- 3\nreplicas: 1\n");
  EXPECT_TRUE(files->Stat("web/Chart.yaml").ok());
  EXPECT_TRUE(files->Stat("extra/base.yaml").ok());
  EXPECT_EQ(Text(web["metadata"]["labels"]["team"]), "web");
  EXPECT_EQ(Text(web["metadata"]["labels"]["app.kubernetes.io/managed-by"]), "source-watcher");
  EXPECT_EQ(Text(web["metadata"]["annotations"]["note"]), "hi");
  // An ExternalArtifact is a source, too.
  const std::string of_web = "  sources:\n  - {alias: web, kind: ExternalArtifact, name: web}\n";
  Apply("  - name: second\n    copy:\n" + Copy("@web/web/Chart.yaml", "@artifact/"), "", "chain",
        "", of_web);
  WaitDone(Generator("chain"));
  EXPECT_EQ(Files(lab_.Get(Artifact("second")))->ReadFile("Chart.yaml").value_or(""),
            "name: web\n");
}

// As in Flux, which builds without a pause until nothing changes any more.
TEST_F(GeneratorTest, WhatFeedsItselfIsBuilt) {
  const std::string of_web = "  sources:\n  - {alias: web, kind: ExternalArtifact, name: web}\n";
  Apply("  - name: web\n    copy:\n" + Copy("@web/", "@artifact/deeper/"), "", "itself", "",
        of_web);
  EXPECT_EQ(lab_.WaitFailed(Generator("itself"), "SourceFetchFailed"),
            "get sources failed: ExternalArtifact.source.toolkit.fluxcd.io \"web\" not found");
  lab_.Delete(Generator("itself"));
  EXPECT_TRUE(lab_.WaitGone(Generator("itself")));

  Apply("  - name: web\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/"));
  WaitDone(Generator());
  Apply("  - name: second\n    copy:\n" + Copy("@web/base.yaml", "@artifact/"), "", "chain", "",
        of_web);
  WaitDone(Generator("chain"));
  // It closes the circle, and comes to rest: what it takes of itself does not change.
  Apply("  - name: web\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/") +
            Copy("@second/", "@artifact/deeper/"),
        "", "gen", "",
        "  sources:\n  - {alias: repo, kind: GitRepository, name: repo}\n"
        "  - {alias: second, kind: ExternalArtifact, name: second}\n");
  WaitDone(Generator());
  const std::string digest = Digest("web");
  EXPECT_EQ(Files(lab_.Get(Artifact("web")))->ReadFile("deeper/base.yaml").value_or(""),
            "replicas: 1\nimage:\n  tag: v1\n");
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Generator()), "Stalled")["reason"]), "");
  // Asked for, both look and find that nothing is to be done.
  for (const std::string name : {"gen", "chain"}) {
    lab_.RequestReconcile(Generator(name));
    lab_.WaitFor(Generator(name), "answered", [](const Value& o) {
      return Is(o, "Ready", "True") &&
             Text(o["status"]["lastHandledReconcileAt"]) ==
                 Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
    });
  }
  EXPECT_EQ(Digest("web"), digest);
}

TEST_F(GeneratorTest, TakesChartsAsSources) {
  tree_.Write("chart/Chart.yaml", "apiVersion: v2\nname: web\nversion: 1.2.3\n");
  tree_.Write("chart/values.yaml", "a: 1\n");
  const std::string sha = tree_.CommitAndPush("chart");
  lab_.RequestReconcile({"GitRepository", ns_, "repo"});
  lab_.WaitReady({"GitRepository", ns_, "repo"}, sha);
  lab_.Apply(
      "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: web, "
      "namespace: " +
      ns_ +
      "}\nspec: {interval: 10m, chart: ./chart, sourceRef: {kind: GitRepository, name: repo}}\n");
  Apply("  - name: web\n    revision: '@chart'\n    copy:\n" + Copy("@chart/", "@artifact/"), "",
        "gen", "", "  sources:\n  - {alias: chart, kind: HelmChart, name: web}\n");
  WaitDone(Generator());
  const Value web = lab_.Get(Artifact("web"));
  EXPECT_EQ(Text(web.At({"status", "artifact", "revision"})), "1.2.3");
  EXPECT_EQ(Files(web)->ReadFile("web/values.yaml").value_or(""), "a: 1\n");
}

TEST_F(GeneratorTest, MakesAnArtifactForEachFolder) {
  Apply("  - name: 'app-{app}'\n    copy:\n" + Copy("@repo/deploy/{app}/**", "@artifact/"),
        "  pathPattern: '@repo/deploy/{app}'\n");
  const Value generator = WaitDone(Generator());
  EXPECT_EQ(Text(ConditionOf(generator, "Ready")["message"]),
            "reconciliation succeeded, generated 2 artifact(s)");
  EXPECT_EQ(Text(lab_.Get(Artifact("app-front"))["metadata"]["labels"]["app"]), "front");
  EXPECT_TRUE(Files(lab_.Get(Artifact("app-back")))->Stat("cm.yaml").ok());
}

TEST_F(GeneratorTest, RepairsDrift) {
  ApplySplit();
  WaitDone(Generator());
  const std::string digest = Digest("front");
  const auto restored = [&](const Value& o) {
    return Text(o.At({"status", "artifact", "digest"})) == digest && Is(o, "Ready", "True") &&
           !Text(o["metadata"]["labels"]["source.extensions.fluxcd.io/generator"]).empty();
  };
  const std::string uid = Text(lab_.Get(Artifact("front"))["metadata"]["uid"]);
  lab_.Delete(Artifact("front"));
  lab_.WaitFor(Artifact("front"), "made again",
               [&](const Value& o) { return restored(o) && Text(o["metadata"]["uid"]) != uid; });
  const std::string path =
      "/apis/source.toolkit.fluxcd.io/v1/namespaces/" + ns_ + "/externalartifacts/front";
  const auto patched = lab_.cluster().Request(
      "PATCH", path + "/status?fieldManager=hand",
      R"({"status":{"artifact":{"digest":"sha256:0000","url":"http://evil/x"}}})",
      "application/merge-patch+json");
  EXPECT_TRUE(patched.ok()) << patched.body;
  lab_.WaitFor(Artifact("front"), "repaired", [&](const Value& o) {
    return restored(o) && Text(o.At({"status", "artifact", "url"})) != "http://evil/x";
  });
  // The stored file, found out at the next pass.
  const auto file =
      Folder("front") /
      Text(WaitDone(Generator()).At({"status"})["inventory"].items().at(0)["filename"]);
  std::filesystem::remove(file);
  lab_.RequestReconcile(Generator());
  EXPECT_TRUE(Eventually(kSoon, [&] { return std::filesystem::exists(file); }));
  lab_.WaitFor(Generator(), "answered", [](const Value& o) {
    return Text(o["status"]["lastHandledReconcileAt"]) ==
           Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
  });
}

TEST_F(GeneratorTest, RemovesWhatIsNoLongerMade) {
  ApplySplit();
  WaitDone(Generator());
  EXPECT_TRUE(std::filesystem::exists(Folder("back")));
  Apply("  - name: front\n    copy:\n" + Copy("@repo/deploy/front/**", "@artifact/"));
  EXPECT_TRUE(lab_.WaitGone(Artifact("back")));
  EXPECT_TRUE(Eventually(kSoon, [&] { return !std::filesystem::exists(Folder("back")); }));
  EXPECT_EQ(WaitDone(Generator())["status"]["inventory"].size(), 1u);
  lab_.Delete(Generator());
  EXPECT_TRUE(lab_.WaitGone(Generator()));
  EXPECT_TRUE(lab_.WaitGone(Artifact("front")));
  EXPECT_FALSE(std::filesystem::exists(Folder("front")));
}

TEST_F(GeneratorTest, ReportsFailures) {
  const std::string repo = "  sources:\n  - {alias: repo, kind: GitRepository, name: repo}\n";
  const std::string one = "  - name: x\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/");
  lab_.WaitReady({"GitRepository", ns_, "repo"});
  const struct {
    std::string name, sources, artifacts, more, reason, message;
    bool stalled;
  } cases[] = {
      {"nosource", "  sources:\n  - {alias: repo, kind: Bucket, name: nope}\n", one, "",
       "SourceFetchFailed",
       "get sources failed: Bucket.source.toolkit.fluxcd.io \"nope\" not found", false},
      {"nomatch", repo, "  - name: x\n    copy:\n" + Copy("@repo/*.nope", "@artifact/"), "",
       "BuildFailed",
       "x build failed: failed to apply copy operations: failed to apply copy operation from "
       "'@repo/*.nope' to '@artifact/': "
       "no files match pattern '*.nope' in source 'repo'",
       false},
      {"nofile", repo, "  - name: x\n    copy:\n" + Copy("@repo/nope", "@artifact/"), "",
       "BuildFailed",
       "x build failed: failed to apply copy operations: failed to apply copy operation from "
       "'@repo/nope' to '@artifact/': "
       "source 'nope' does not exist",
       false},
      {"noalias", repo, "  - name: x\n    copy:\n" + Copy("@other/x", "@artifact/"), "",
       "BuildFailed",
       "x build failed: failed to apply copy operations: failed to apply copy operation from "
       "'@other/x' to '@artifact/': "
       "source alias 'other' not found",
       false},
      {"escapes", repo, "  - name: x\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/../../x"),
       "", "BuildFailed", "path escapes from parent", false},
      {"twice", repo + "  - {alias: repo, kind: Bucket, name: b}\n", one, "", "ValidationFailed",
       "duplicate source alias 'repo' found", true},
      {"names", repo, one + one, "", "ValidationFailed", "duplicate artifact name 'x' found", true},
      {"revision", repo,
       "  - name: x\n    revision: '@nope'\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/"),
       "", "ValidationFailed", "artifact x revision source alias 'nope' not found", true},
      {"pattern", repo, one, "  pathPattern: '@repo/{a}/{a}'\n", "BuildFailed",
       "failed to expand path pattern: pathPattern \"@repo/{a}/{a}\": duplicate capture variable "
       "\"a\"",
       true},
  };
  for (const auto& c : cases) Apply(c.artifacts, c.more, c.name, "", c.sources);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(lab_.WaitFailed(Generator(c.name), c.reason), HasSubstr(c.message));
    const Value generator = lab_.Get(Generator(c.name));
    EXPECT_EQ(Text(ConditionOf(generator, "Stalled")["reason"]), c.stalled ? c.reason : "");
    EXPECT_EQ(Text(ConditionOf(generator, "Reconciling")["reason"]),
              c.stalled ? "" : "ProgressingWithRetry");
    EXPECT_TRUE(
        Eventually(kSoon, [&] { return !lab_.Events(Generator(c.name), c.reason).empty(); }));
  }
  EXPECT_FALSE(lab_.Exists(Artifact("x")));
}

TEST_F(GeneratorTest, WaitsForItsSourceAndForPermission) {
  Apply("  - name: late\n    copy:\n" + Copy("@late/base.yaml", "@artifact/"), "", "gen", "",
        "  sources:\n  - {alias: late, kind: GitRepository, name: late}\n");
  EXPECT_THAT(lab_.WaitFailed(Generator(), "SourceFetchFailed"), HasSubstr("\"late\" not found"));
  lab_.Apply(GitRepository(ns_, "late", tree_.url()));
  WaitDone(Generator());

  Apply("  - name: paused\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/"), "", "paused",
        ", annotations: {source.extensions.fluxcd.io/reconcile: Disabled}");
  const Value paused = lab_.WaitFor(Generator("paused"), "paused", [](const Value& o) {
    return !ConditionOf(o, "Ready").is_null();
  });
  EXPECT_EQ(Text(ConditionOf(paused, "Ready")["reason"]), "ReconciliationDisabled");
  EXPECT_EQ(Text(ConditionOf(paused, "Ready")["message"]),
            "Initialized with reconciliation suspended");
  EXPECT_FALSE(lab_.Exists(Artifact("paused")));
  lab_.Annotate(Generator("paused"), "source.extensions.fluxcd.io/reconcile", "Enabled");
  lab_.WaitFor(Generator("paused"), "resumed", [](const Value& o) {
    return Text(ConditionOf(o, "Ready")["reason"]) == "Succeeded";
  });
}

TEST_F(GeneratorTest, SurvivesARestartWithAnEmptyStore) {
  ApplySplit();
  WaitDone(Generator());
  const std::string digest = Digest("front");
  lab_.stack().Stop("source");
  std::filesystem::remove_all(std::filesystem::path(lab_.stack().StorageFolder()) /
                              "externalartifact");
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return std::filesystem::exists(Folder("front")) && std::filesystem::exists(Folder("back"));
  }));
  WaitDone(Generator());
  EXPECT_EQ(Digest("front"), digest);
}

TEST_F(GeneratorTest, TenantsStayInTheirNamespaceWhereToldTo) {
  const std::string other = lab_.NewNamespace();
  lab_.Apply(GitRepository(other, "theirs", tree_.url()));
  const std::string sources =
      "  sources:\n  - {alias: repo, kind: GitRepository, name: theirs, namespace: " + other +
      "}\n";
  const std::string artifacts = "  - name: x\n    copy:\n" + Copy("@repo/base.yaml", "@artifact/");
  Apply(artifacts, "", "gen", "", sources);
  WaitDone(Generator());
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {"--no-cross-namespace-refs=true"};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  Apply(artifacts, "", "locked", "", sources);
  EXPECT_EQ(
      lab_.WaitFailed(Generator("locked"), "AccessDenied"),
      "cross-namespace reference to source GitRepository/" + other + "/theirs is not allowed");
  EXPECT_EQ(Text(ConditionOf(lab_.Get(Generator("locked")), "Stalled")["reason"]), "AccessDenied");
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
}

TEST_F(GeneratorTest, KustomizationsNeedTheGate) {
  lab_.stack().Stop("kustomize");
  lab_.stack().options().flags["kustomize"] = {};
  ASSERT_TRUE(lab_.stack().Start("kustomize").ok());
  lab_.Apply(
      "apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: {name: k, "
      "namespace: " +
      ns_ +
      "}\nspec:\n  interval: 10m\n  prune: true\n  sourceRef: {kind: ExternalArtifact, name: "
      "front}\n");
  EXPECT_EQ(lab_.WaitFailed({"Kustomization", ns_, "k"}, "AccessDenied"),
            "can't access 'ExternalArtifact/" + ns_ +
                "/front', ExternalArtifact feature gate is disabled");
  lab_.stack().Stop("kustomize");
  lab_.stack().options().flags["kustomize"] = {kGate};
  ASSERT_TRUE(lab_.stack().Start("kustomize").ok());
}

// Beside a source-watcher of Flux we keep still, and take over when it goes.
TEST_F(GeneratorTest, WaitsForTheLeaseOfSourceWatcher) {
  lab_.stack().Stop("source");
  lab_.Apply(
      "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: "
      "source-watcher-leader-election, namespace: flux-system}\n"
      "spec: {holderIdentity: flux, leaseDurationSeconds: 3600, renewTime: "
      "'2999-01-01T00:00:00.000000Z'}\n");
  lab_.stack().options().flags["source"] = {"--enable-leader-election",
                                            "--leader-election-retry-period=500ms"};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  lab_.WaitReady({"GitRepository", ns_, "repo"});
  ApplySplit();
  EXPECT_TRUE(Throughout(2s, [&] { return !lab_.Exists(Artifact("front")); }));
  lab_.Delete({"Lease", "flux-system", "source-watcher-leader-election"});
  WaitDone(Generator());
  EXPECT_NE(Text(lab_.Get({"Lease", "flux-system",
                           "source-watcher-leader-election"})["spec"]["holderIdentity"]),
            "flux");
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
}

// Flux's component of its own: the same program, alone; sources come by their URLs.
TEST_F(GeneratorTest, WorksAsAProcessOfItsOwn) {
  lab_.WaitReady({"GitRepository", ns_, "repo"});
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {"--source-watcher=off"};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  ApplySplit();
  EXPECT_TRUE(Throughout(1s, [&] { return !lab_.Exists(Artifact("front")); }));
  const test_support::TempDir dir;
  std::filesystem::create_directories(dir.File("data"));
  const std::string address = "127.0.0.1:" + std::to_string(test_support::FreePorts(1).at(0));
  test_support::Process::Options options;
  options.env = {{"KUBECONFIG", lab_.cluster().kubeconfig()},
                 {"RUNTIME_NAMESPACE", "flux-system"},
                 {"TMPDIR", dir.path()},
                 {"HOME", dir.path()}};
  options.log_file = dir.File("log");
  auto watcher = test_support::Process::Start(
      {lab_.stack().options().bin + "/sluice-source", "--source-watcher=only", "--http-retry=9",
       "--reconciliation-timeout=10m", "--storage-path=" + dir.File("data"),
       "--storage-addr=" + address, "--storage-adv-addr=" + address, "--metrics-addr=0",
       "--health-addr=0", "--log-level=debug"},
      options);
  ASSERT_TRUE(watcher.ok());
  WaitDone(Generator());
  const Value front = lab_.Get(Artifact("front"));
  EXPECT_THAT(Text(front.At({"status", "artifact", "url"})),
              StartsWith("http://" + address + "/externalartifact/"));
  EXPECT_TRUE(Files(front)->Stat("cm.yaml").ok());
  EXPECT_EQ(watcher->Stop(20s), 0);
  if (HasFailure()) ADD_FAILURE() << test_support::ReadFile(dir.File("log"));
  // And back into the source process.
  lab_.stack().Stop("source");
  lab_.stack().options().flags["source"] = {};
  ASSERT_TRUE(lab_.stack().Start("source").ok());
  lab_.WaitFor(Artifact("front"), "taken over", [&](const Value& o) {
    return Text(o.At({"status", "artifact", "url"}))
        .starts_with(lab_.stack().StorageUrl("/externalartifact/"));
  });
}

}  // namespace
}  // namespace sluice::e2e
