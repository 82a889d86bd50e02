// Kustomizations: what a user of sluice-kustomize sees, from the manifests in Git to the objects in
// the cluster.
#include <gmock/gmock.h>

#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

Lab& TheLab() {
  static Lab lab({.controllers = true, .stack = {}, .processes = {"source", "kustomize"}});
  return lab;
}

class KustomizeTest : public testing::Test {
 protected:
  KustomizeTest() : ns_(TheLab().NewNamespace()), tree_(TheLab().git(), ns_) {}

  // Pushes what was written and follows it from now on (or reconciles the source again).
  std::string Push(const std::string& message = "change") {
    const std::string sha = tree_.CommitAndPush(message);
    const Ref source{"GitRepository", ns_, "repo"};
    if (lab_.Exists(source)) {
      lab_.RequestReconcile(source);
    } else {
      lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    }
    lab_.WaitReady(source, sha);
    return sha;
  }
  // A Kustomization `name` of the folder `path`, into this test's namespace unless `more` says
  // otherwise.
  void Follow(const std::string& name, const std::string& path, const std::string& more = "") {
    lab_.Apply(Kustomization(ns_, name, path, "repo", "  targetNamespace: " + ns_ + "\n" + more));
  }
  Ref Ks(const std::string& name = "app") const { return {"Kustomization", ns_, name}; }
  Ref Cm(const std::string& name) const { return {"ConfigMap", ns_, name}; }
  std::string Data(const std::string& name, const std::string& key = "k") {
    return Text(lab_.Get(Cm(name))["data"][key]);
  }

  Lab& lab_ = TheLab();
  std::string ns_;
  GitWorkTree tree_;
};

TEST_F(KustomizeTest, AppliesAnOverlayAndRecordsIt) {
  tree_.Write("base/deployment.yaml", Deployment("webapp"));
  tree_.Write("base/kustomization.yaml",
              "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: "
              "[deployment.yaml]\n"
              "commonLabels: {version: v1.0.0}\n");
  tree_.Write(
      "dev/replicas.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: webapp}\nspec: {replicas: 2}\n");
  tree_.Write(
      "dev/kustomization.yaml",
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [../base]\n"
      "patchesStrategicMerge: [replicas.yaml]\nimages: [{name: example/app, newTag: 1.2.3}]\n"
      "configMapGenerator: [{name: settings, literals: [color=blue]}]\n");
  const std::string sha = Push();
  Follow("app", "./dev");
  const auto waited = lab_.cluster().Kubectl(
      {"-n", ns_, "wait", "kustomization/app", "--for=condition=Ready", "--timeout=30s"});
  EXPECT_TRUE(waited.ok()) << waited.err;

  const Value app = lab_.WaitReady(Ks(), sha);
  const Value& status = app["status"];
  EXPECT_EQ(Text(ConditionOf(app, "Ready")["reason"]), "ReconciliationSucceeded");
  EXPECT_EQ(Text(ConditionOf(app, "Ready")["message"]), "Applied revision: main@sha1:" + sha);
  EXPECT_EQ(Text(status["lastAttemptedRevision"]), "main@sha1:" + sha);
  EXPECT_THAT(InventoryOf(app), ElementsAre(MatchesRegex(ns_ + "_settings-[a-z0-9]+__ConfigMap"),
                                            ns_ + "_webapp_apps_Deployment"));
  ASSERT_EQ(status["history"].size(), 1u);
  EXPECT_EQ(Text(status["history"].items()[0]["lastReconciledStatus"]), "ReconciliationSucceeded");

  const Value webapp = lab_.Get({"Deployment", ns_, "webapp"});
  EXPECT_EQ(webapp["spec"]["replicas"].AsInt(), 2);
  const Value& labels = webapp["metadata"]["labels"];
  EXPECT_EQ(Text(labels["kustomize.toolkit.fluxcd.io/name"]), "app");
  EXPECT_EQ(Text(labels["kustomize.toolkit.fluxcd.io/namespace"]), ns_);
  EXPECT_EQ(Text(labels["version"]), "v1.0.0");
  EXPECT_EQ(Text(webapp["metadata"]["managedFields"].items().at(0)["manager"]),
            "kustomize-controller");
}

TEST_F(KustomizeTest, GeneratesAKustomizationForPlainManifests) {
  tree_.Write("plain/b/two.yml", ConfigMap("two", "k", "2"));
  tree_.Write("plain/one.yaml", ConfigMap("one", "k", "1"));
  tree_.Write("plain/notes.txt", "not YAML: [");
  Push();
  Follow("app", "./plain");
  EXPECT_THAT(InventoryOf(lab_.WaitReady(Ks())),
              ElementsAre(ns_ + "_one__ConfigMap", ns_ + "_two__ConfigMap"));
}

TEST_F(KustomizeTest, SpecChangesTheBuild) {
  tree_.Write("app/app.yaml", Deployment("web") + "---\n" + ConfigMap("settings", "k", "1"));
  Push();
  Follow("app", "./app",
         "  namePrefix: pre-\n  nameSuffix: -suf\n  images: [{name: example/app, newName: "
         "example/other, newTag: '2'}]\n"
         "  commonMetadata: {labels: {team: a}, annotations: {note: b}}\n"
         "  patches:\n  - patch: |\n      - op: replace\n        path: /data/k\n        value: "
         "patched\n    target: {kind: ConfigMap}\n");
  lab_.WaitReady(Ks());
  const Value web = lab_.Get({"Deployment", ns_, "pre-web-suf"});
  EXPECT_EQ(Text(web.At({"spec", "template", "spec", "containers"}).items().at(0)["image"]),
            "example/other:2");
  EXPECT_EQ(Text(web["metadata"]["labels"]["team"]), "a");
  EXPECT_EQ(Text(web["metadata"]["annotations"]["note"]), "b");
  EXPECT_EQ(Data("pre-settings-suf"), "patched");
}

TEST_F(KustomizeTest, PrunesWhatLeftTheSource) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
  tree_.Write("app/b.yaml", ConfigMap("b", "k", "1"));
  tree_.Write("app/kept.yaml", ConfigMap("kept", "k", "1"));
  Push();
  Follow("app", "./app");
  lab_.WaitReady(Ks());
  lab_.Annotate(Cm("kept"), "kustomize.toolkit.fluxcd.io/prune", "disabled");
  tree_.Remove("app/b.yaml");
  tree_.Remove("app/kept.yaml");
  const std::string sha = Push();
  EXPECT_THAT(InventoryOf(lab_.WaitReady(Ks(), sha)), ElementsAre(ns_ + "_a__ConfigMap"));
  EXPECT_TRUE(lab_.WaitGone(Cm("b")));
  EXPECT_TRUE(lab_.Exists(Cm("kept")));
}

TEST_F(KustomizeTest, WithoutPruneObjectsStay) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
  tree_.Write("app/b.yaml", ConfigMap("b", "k", "1"));
  Push();
  std::string manifest =
      Kustomization(ns_, "app", "./app", "repo", "  targetNamespace: " + ns_ + "\n");
  manifest.replace(manifest.find("prune: true"), 11, "prune: false");
  lab_.Apply(manifest);
  lab_.WaitReady(Ks());
  tree_.Remove("app/b.yaml");
  EXPECT_THAT(InventoryOf(lab_.WaitReady(Ks(), Push())), ElementsAre(ns_ + "_a__ConfigMap"));
  EXPECT_TRUE(lab_.Exists(Cm("b")));
}

TEST_F(KustomizeTest, AppliesAndPrunesInOrder) {
  const std::string inner = ns_ + "-inner", crd = "things." + ns_ + ".example.org";
  // Listed the wrong way round: the object of a new kind in a new namespace comes before both.
  tree_.Write("app/1-thing.yaml",
              "apiVersion: " + ns_ +
                  ".example.org/v1\nkind: Thing\nmetadata: {name: t, namespace: " + inner +
                  "}\nspec: {}\n");
  tree_.Write("app/2-config.yaml", ConfigMap("c", "k", "1", inner));
  tree_.Write("app/3-ns.yaml",
              "apiVersion: v1\nkind: Namespace\nmetadata: {name: " + inner + "}\n");
  tree_.Write(
      "app/4-crd.yaml",
      "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: " +
          crd + "}\nspec:\n  group: " + ns_ +
          ".example.org\n  scope: Namespaced\n  names: {kind: Thing, plural: things}\n  "
          "versions:\n  - name: v1\n    served: true\n"
          "    storage: true\n    schema: {openAPIV3Schema: {type: object, "
          "x-kubernetes-preserve-unknown-fields: true}}\n");
  Push();
  lab_.Apply(Kustomization(ns_, "app", "./app", "repo"));
  const Value app = lab_.WaitReady(Ks());
  EXPECT_THAT(InventoryOf(app),
              ElementsAre("_" + crd + "_apiextensions.k8s.io_CustomResourceDefinition",
                          "_" + inner + "__Namespace", inner + "_c__ConfigMap",
                          inner + "_t_" + ns_ + ".example.org_Thing"));
  lab_.Delete(Ks());
  EXPECT_TRUE(lab_.WaitGone(Ks()));
  EXPECT_TRUE(lab_.WaitGone({"Namespace", "", inner}));
  EXPECT_TRUE(lab_.WaitGone({"CustomResourceDefinition", "", crd}));
}

TEST_F(KustomizeTest, DeletionFollowsThePolicy) {
  const struct {
    std::string name, more;
    bool gone;
  } cases[] = {{"mirror", "", true},
               {"orphan", "  deletionPolicy: Orphan\n", false},
               {"delete", "  deletionPolicy: Delete\n", true},
               {"wait", "  deletionPolicy: WaitForTermination\n", true},
               {"suspended", "  suspend: true\n", false}};
  for (const auto& c : cases) tree_.Write(c.name + "/cm.yaml", ConfigMap(c.name, "k", "1"));
  Push();
  for (const auto& c : cases) Follow(c.name, "./" + c.name, c.name == "suspended" ? "" : c.more);
  for (const auto& c : cases) lab_.WaitReady(Ks(c.name));
  Follow("suspended", "./suspended", "  suspend: true\n");
  for (const auto& c : cases) lab_.Delete(Ks(c.name));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_TRUE(lab_.WaitGone(Ks(c.name)));
    EXPECT_EQ(!lab_.Exists(Cm(c.name)), c.gone);
  }
}

TEST_F(KustomizeTest, ActsAsItsServiceAccount) {
  tree_.Write("app/cm.yaml", ConfigMap("a", "k", "1"));
  Push();
  lab_.Apply("apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: tenant, namespace: " + ns_ +
             "}\n");
  Follow("app", "./app", "  serviceAccountName: tenant\n");
  EXPECT_THAT(lab_.WaitFailed(Ks(), "ReconciliationFailed"),
              AllOf(HasSubstr("ConfigMap/" + ns_ + "/a"), HasSubstr("Forbidden"),
                    HasSubstr("system:serviceaccount:" + ns_ + ":tenant")));
  EXPECT_FALSE(lab_.Exists(Cm("a")));
  lab_.Apply(
      "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: {name: tenant, "
      "namespace: " +
      ns_ +
      "}\nroleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edit}\n"
      "subjects: [{kind: ServiceAccount, name: tenant, namespace: " +
      ns_ + "}]\n");
  lab_.RequestReconcile(Ks());
  lab_.WaitReady(Ks());
  EXPECT_EQ(Data("a"), "1");
}

TEST_F(KustomizeTest, WaitsForWhatItDependsOn) {
  tree_.Write("first/cm.yaml", ConfigMap("first", "k", "1"));
  tree_.Write("second/cm.yaml", ConfigMap("second", "k", "1"));
  Push();
  Follow("second", "./second", "  dependsOn: [{name: first}]\n");
  EXPECT_THAT(lab_.WaitFailed(Ks("second"), "DependencyNotReady"),
              HasSubstr("dependency '" + ns_ + "/first' not found"));
  EXPECT_FALSE(lab_.Exists(Cm("second")));
  Follow("first", "./first");
  lab_.WaitReady(Ks("first"));
  // Woken by the dependency, not by the 30 s of --requeue-dependency.
  lab_.WaitFor(Ks("second"), "ready at once", IsReady, 10s);
  EXPECT_TRUE(lab_.Exists(Cm("second")));
}

TEST_F(KustomizeTest, ReportsFailuresOfEachStep) {
  tree_.Write("broken/kustomization.yaml", "kind: Kustomization\nresources: [missing.yaml]\n");
  tree_.Write("invalid/good.yaml", ConfigMap("good", "k", "1"));
  tree_.Write(
      "invalid/bad.yaml",
      "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: bad}\nspec: {replicas: many}\n");
  tree_.Write("unknown/x.yaml",
              "apiVersion: nope.example.org/v1\nkind: Nope\nmetadata: {name: x}\n");
  Push();
  const struct {
    std::string name, path, reason, message;
  } cases[] = {
      {"nopath", "./nowhere", "ArtifactFailed", "kustomization path not found: "},
      {"broken", "./broken", "BuildFailed", "kustomize build failed: "},
      {"invalid", "./invalid", "ReconciliationFailed", "Deployment/" + ns_ + "/bad dry-run failed"},
      {"unknown", "./unknown", "ReconciliationFailed",
       "no matches for kind \"Nope\" in version \"nope.example.org/v1\""},
  };
  for (const auto& c : cases) Follow(c.name, c.path);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_THAT(lab_.WaitFailed(Ks(c.name), c.reason), HasSubstr(c.message));
  }
  EXPECT_FALSE(lab_.Exists(Cm("good"))) << "half of a broken set was applied";
  lab_.Apply(Kustomization(ns_, "nosource", "./x", "absent"));
  EXPECT_THAT(lab_.WaitFailed(Ks("nosource"), "ArtifactFailed"), HasSubstr("absent"));
}

TEST_F(KustomizeTest, StallsOnWhatIsNotThereYetAndSaysSo) {
  tree_.Write("app/cm.yaml", ConfigMap("a", "k", "1"));
  Push();
  const struct {
    std::string name, field, more;
  } cases[] = {
      {"sops", "spec.decryption", "  decryption: {provider: sops}\n"},
      {"subst", "spec.postBuild", "  postBuild: {substitute: {a: b}}\n"},
      {"remote", "spec.kubeConfig", "  kubeConfig: {secretRef: {name: x}}\n"},
      {"cel", "spec.healthCheckExprs",
       "  healthCheckExprs: [{apiVersion: v1, kind: ConfigMap, current: 'true'}]\n"},
      {"expr", "readyExpr", "  dependsOn: [{name: x, readyExpr: 'true'}]\n"},
  };
  for (const auto& c : cases) Follow(c.name, "./app", c.more);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    const Value object = lab_.WaitFor(Ks(c.name), "stalled", [](const Value& o) {
      return Text(ConditionOf(o, "Stalled")["status"]) == "True";
    });
    EXPECT_THAT(Text(ConditionOf(object, "Ready")["message"]), HasSubstr(c.field));
  }
  EXPECT_FALSE(lab_.Exists(Cm("a")));
}

TEST_F(KustomizeTest, ForceRecreatesWhatCannotBeChanged) {
  const auto job = [](const std::string& image) {
    return "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: job\nspec:\n  suspend: true\n  "
           "template:\n    spec:\n      restartPolicy: Never\n"
           "      containers: [{name: a, image: " +
           image + "}]\n";
  };
  tree_.Write("app/job.yaml", job("example/a:1"));
  Push();
  Follow("app", "./app");
  lab_.WaitReady(Ks());
  const std::string uid = Text(lab_.Get({"Job", ns_, "job"})["metadata"]["uid"]);
  tree_.Write("app/job.yaml", job("example/a:2"));
  const std::string sha = Push();
  EXPECT_THAT(lab_.WaitFailed(Ks(), "ReconciliationFailed"), HasSubstr("immutable"));
  Follow("app", "./app", "  force: true\n");
  lab_.WaitReady(Ks(), sha);
  EXPECT_NE(Text(lab_.Get({"Job", ns_, "job"})["metadata"]["uid"]), uid);
}

TEST_F(KustomizeTest, WaitsForHealth) {
  // Pods that no node takes never become ready.
  std::string stuck = Deployment("stuck");
  stuck += "      nodeSelector: {nowhere: 'true'}\n";
  tree_.Write("stuck/d.yaml", stuck);
  tree_.Write("fine/d.yaml", Deployment("fine", 2));
  Push();
  Follow("fine", "./fine", "  wait: true\n");
  lab_.Apply(Kustomization(
      ns_, "stuck", "./stuck", "repo",
      "  targetNamespace: " + ns_ +
          "\n  healthChecks: [{kind: Deployment, name: stuck, namespace: " + ns_ + "}]\n"));
  EXPECT_EQ(Text(ConditionOf(lab_.WaitReady(Ks("fine")), "Healthy")["reason"]), "Succeeded");
  // While `stuck` waits it holds no worker: another Kustomization of the same process is applied
  // meanwhile.
  lab_.WaitFor(Ks("stuck"), "waiting", [](const Value& o) {
    return Text(ConditionOf(o, "Healthy")["status"]) == "Unknown" &&
           Text(ConditionOf(o, "Reconciling")["message"])
               .starts_with("Running health checks for revision ");
  });
  EXPECT_THAT(
      lab_.WaitFailed(Ks("stuck"), "HealthCheckFailed"),
      AllOf(StartsWith("health check failed after "),
            HasSubstr("timeout waiting for: [Deployment/" + ns_ + "/stuck status: 'InProgress'")));
}

TEST_F(KustomizeTest, AFixCutsTheWaitForABrokenRevisionShort) {
  tree_.Write("app/d.yaml", Deployment("web") + "      nodeSelector: {nowhere: 'true'}\n");
  Push();
  Follow("app", "./app", "  wait: true\n");
  lab_.WaitFor(Ks(), "waiting", [](const Value& o) {
    return Text(ConditionOf(o, "Healthy")["status"]) == "Unknown";
  });
  tree_.Write("app/d.yaml", Deployment("web"));
  const std::string sha = Push();
  // Far less than the 20 s that the broken revision had.
  lab_.WaitFor(
      Ks(), "ready on the fix",
      [&](const Value& o) {
        return IsReady(o) && Text(o["status"]["lastAppliedRevision"]).ends_with(sha);
      },
      10s);
}

TEST_F(KustomizeTest, RepairsDrift) {
  tree_.Write("app/d.yaml", Deployment("web", 2));
  Push();
  Follow("app", "./app");
  lab_.WaitReady(Ks());
  lab_.cluster().Kubectl({"-n", ns_, "scale", "deployment/web", "--replicas=5"});
  lab_.RequestReconcile(Ks());
  lab_.WaitFor({"Deployment", ns_, "web"}, "back at 2 replicas",
               [](const Value& o) { return o["spec"]["replicas"].AsInt() == 2; });
}

TEST_F(KustomizeTest, AnnotationsOfAnObjectRuleItsApply) {
  const auto annotated = [](const std::string& name, const std::string& annotation,
                            const std::string& value) {
    std::string cm = ConfigMap(name, "k", value);
    return cm.replace(cm.find("\ndata:"), 1, "\n  annotations: {" + annotation + "}\n");
  };
  const auto write = [&](const std::string& v) {
    tree_.Write("app/a.yaml",
                annotated("ignored", "kustomize.toolkit.fluxcd.io/ssa: Ignore", v) + "---\n" +
                    annotated("once", "kustomize.toolkit.fluxcd.io/ssa: IfNotPresent", v) +
                    "---\n" + annotated("merged", "kustomize.toolkit.fluxcd.io/ssa: Merge", v) +
                    "---\n" + annotated("plain", "note: x", v));
  };
  write("1");
  Push();
  Follow("app", "./app");
  lab_.WaitReady(Ks());
  EXPECT_FALSE(lab_.Exists(Cm("ignored")));
  lab_.cluster().Kubectl(
      {"-n", ns_, "patch", "configmap/merged", "--type=merge", "-p", R"({"data":{"mine":"1"}})"});
  lab_.cluster().Kubectl(
      {"-n", ns_, "patch", "configmap/plain", "--type=merge", "-p", R"({"data":{"mine":"1"}})"});
  lab_.Annotate(Cm("plain"), "kustomize.toolkit.fluxcd.io/reconcile", "disabled");
  write("2");
  lab_.WaitReady(Ks(), Push());
  EXPECT_EQ(Data("once"), "1");
  EXPECT_EQ(Data("merged"), "2");
  EXPECT_EQ(Data("merged", "mine"), "1") << "a field of kubectl survives under ssa: Merge";
  EXPECT_EQ(Data("plain"), "1") << "reconcile: disabled on the live object";
}

TEST_F(KustomizeTest, TakesBackFieldsThatKubectlAdded) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
  Push();
  Follow("app", "./app");
  lab_.WaitReady(Ks());
  lab_.cluster().Kubectl(
      {"-n", ns_, "patch", "configmap/a", "--type=merge", "-p", R"({"data":{"mine":"1"}})"});
  lab_.RequestReconcile(Ks());
  lab_.WaitFor(Cm("a"), "clean again", [](const Value& o) { return o["data"]["mine"].is_null(); });
}

TEST_F(KustomizeTest, ARevisionThatLeavesItsInputsAloneCostsNoApply) {
  tree_.Write("one/a.yaml", ConfigMap("one", "k", "1"));
  tree_.Write("two/a.yaml", ConfigMap("two", "k", "1"));
  Push();
  Follow("one", "./one");
  Follow("two", "./two");
  lab_.WaitReady(Ks("one"));
  lab_.WaitReady(Ks("two"));
  const std::string version = Text(lab_.Get(Cm("two"))["metadata"]["resourceVersion"]);
  tree_.Write("one/a.yaml", ConfigMap("one", "k", "2"));
  const std::string sha = Push();
  lab_.WaitReady(Ks("one"), sha);
  const Value two = lab_.WaitReady(Ks("two"), sha);
  EXPECT_EQ(Data("one"), "2");
  EXPECT_EQ(Text(lab_.Get(Cm("two"))["metadata"]["resourceVersion"]), version);
  EXPECT_EQ(Text(two["status"]["history"].items().at(0)["metadata"]["revision"]),
            "main@sha1:" + sha);
}

TEST_F(KustomizeTest, SuspendStopsIt) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
  Push();
  Follow("app", "./app", "  suspend: true\n");
  lab_.RequestReconcile(Ks());
  EXPECT_TRUE(Throughout(1s, [&] { return !lab_.Exists(Cm("a")); }));
  Follow("app", "./app", "  suspend: false\n");
  lab_.WaitReady(Ks());
}

TEST_F(KustomizeTest, OldApiVersionsAndTheirPatchesWork) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1") + "---\n" + ConfigMap("b", "k", "1"));
  Push();
  std::string manifest =
      Kustomization(ns_, "app", "./app", "repo",
                    "  targetNamespace: " + ns_ +
                        "\n  patchesStrategicMerge:\n  - {apiVersion: v1, kind: ConfigMap, "
                        "metadata: {name: a}, data: {k: merged}}\n"
                        "  patchesJson6902:\n  - target: {kind: ConfigMap, name: b}\n    patch: "
                        "[{op: replace, path: /data/k, value: json}]\n");
  manifest.replace(manifest.find("fluxcd.io/v1") + 10, 2, "v1beta2");
  lab_.Apply(manifest);
  lab_.WaitReady(Ks());
  EXPECT_EQ(Data("a"), "merged");
  EXPECT_EQ(Data("b"), "json");
}

TEST_F(KustomizeTest, CrossNamespaceSourcesWorkUnlessLockedDown) {
  tree_.Write("app/a.yaml", ConfigMap("a", "k", "1"));
  Push();
  const std::string other = lab_.NewNamespace();
  std::string manifest =
      Kustomization(other, "app", "./app", "repo", "  targetNamespace: " + other + "\n");
  manifest.replace(manifest.find("name: repo}"), 11, "name: repo, namespace: " + ns_ + "}");
  lab_.Apply(manifest);
  lab_.WaitReady({"Kustomization", other, "app"});

  lab_.stack().Stop("kustomize");
  lab_.stack().options().flags["kustomize"] = {"--no-cross-namespace-refs=true"};
  ASSERT_TRUE(lab_.stack().Start("kustomize").ok());
  lab_.RequestReconcile({"Kustomization", other, "app"});
  const Value denied = lab_.WaitFor({"Kustomization", other, "app"}, "stalled", [](const Value& o) {
    return Text(ConditionOf(o, "Stalled")["reason"]) == "AccessDenied";
  });
  EXPECT_EQ(Text(ConditionOf(denied, "Ready")["message"]),
            "can't access 'GitRepository/" + ns_ +
                "/repo', cross-namespace references have been blocked");
  lab_.stack().Stop("kustomize");
  lab_.stack().options().flags.erase("kustomize");
  ASSERT_TRUE(lab_.stack().Start("kustomize").ok());
}

TEST_F(KustomizeTest, KilledWhileApplyingOrphansNothing) {
  for (int i = 0; i < 40; ++i)
    tree_.Write("app/" + std::to_string(i) + ".yaml",
                ConfigMap("cm-" + std::to_string(i), "k", "1"));
  Push();
  Follow("app", "./app");
  // As soon as the first objects are there: the rest is still under way.
  Eventually(kSoon, [&] { return lab_.Exists(Cm("cm-0")) || lab_.Exists(Cm("cm-9")); });
  lab_.stack().Kill("kustomize");
  const auto inventory = InventoryOf(lab_.Get(Ks()));
  for (int i = 0; i < 40; ++i) {
    const std::string name = "cm-" + std::to_string(i);
    if (!lab_.Exists(Cm(name))) continue;
    EXPECT_THAT(inventory, testing::Contains(ns_ + "_" + name + "__ConfigMap"));
  }
  ASSERT_TRUE(lab_.stack().Start("kustomize").ok());
  EXPECT_EQ(InventoryOf(lab_.WaitReady(Ks())).size(), 40u);
}

}  // namespace
}  // namespace sluice::e2e
