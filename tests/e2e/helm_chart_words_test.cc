// HelmCharts that cannot be: each reason and message of source.md §10 that helm_chart_test has no
// row for, as tables.
#include <gmock/gmock.h>

#include "artifact_files.h"
#include "helm_fixture.h"

namespace sluice::e2e {
namespace {

struct Row {
  std::string name, chart, source, more, reason, message;
  std::string event{};  // the reason of the event and of Stalled; "" = `reason`
  bool stalled = false;
};

class HelmChartWordsTest : public HelmTest {
 protected:
  // `type`: the condition that says it. Where SourceVerified is false, Ready says that instead.
  void Check(const std::vector<Row>& rows, const std::string& type) {
    for (const Row& r : rows) ApplyChart(r.name, r.chart, r.source, r.more);
    for (const Row& r : rows) {
      SCOPED_TRACE(r.name);
      const Value object = lab_.WaitFor(Chart(r.name), "failed", [&](const Value& o) {
        return Text(ConditionOf(o, type)["reason"]) == r.reason;
      });
      EXPECT_EQ(Text(ConditionOf(object, type)["message"]), r.message);
      EXPECT_EQ(Text(ConditionOf(object, "Ready")["status"]), "False");
      const Value& verified = ConditionOf(object, "SourceVerified");
      if (verified.is_null()) {
        EXPECT_EQ(Text(ConditionOf(object, "Ready")["message"]), r.message);
      } else {
        EXPECT_EQ(Text(verified["status"]), "False");
        EXPECT_EQ(Text(verified["reason"]), "VerificationError");
        EXPECT_EQ(Text(ConditionOf(object, "Ready")["reason"]), "VerificationError");
        EXPECT_EQ(Text(ConditionOf(object, "Ready")["message"]), Text(verified["message"]));
      }
      const std::string event = r.event.empty() ? r.reason : r.event;
      EXPECT_EQ(Text(ConditionOf(object, "Stalled")["reason"]), r.stalled ? event : "");
      EXPECT_TRUE(
          ConditionOf(object, type == "FetchFailed" ? "BuildFailed" : "FetchFailed").is_null());
      EXPECT_TRUE(object["status"]["artifact"].is_null());
      // What is no error of the build is told by its own name there.
      const std::string own = r.reason == "Unknown"
                                  ? r.message.substr(std::string("unknown build error: ").size())
                                  : r.message;
      EXPECT_TRUE(Said(r.name, event, own)) << event << ": " << own;
    }
  }
};

TEST_F(HelmChartWordsTest, OfARepository) {
  const std::string web = Web().Url("/" + ns_);
  Web().Write(ns_ + "/bare/index.yaml",
              base::ReplaceAll(Index("hello", {"0.1.0"}), "urls: [hello-0.1.0.tgz], ", ""));
  const auto serve = [&](const std::string& name, const std::string& archive) {
    Web().Write(ns_ + "/" + name + "/index.yaml", Index("hello", {"0.1.0"}));
    Web().Write(ns_ + "/" + name + "/hello-0.1.0.tgz", archive);
    ApplyRepository(name, web + "/" + name);
  };
  ApplyRepository("bare", web + "/bare");
  serve("fake", "no archive");
  serve("nameless", TarGz({{"hello/Chart.yaml", "name: hello\n"}}));
  serve("plain", TarGz({{"hello/Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n"},
                        {"hello/a.yaml", "a: 1\n"}}));
  // Its type and its URL do not go together, or its Secret is no use.
  lab_.Apply(Secret(ns_, "half", {{"username", "u"}}));
  ApplyRepository("no-registry", web, "  type: oci\n");
  ApplyRepository("no-secret", "oci://127.0.0.1:1/charts",
                  "  type: oci\n  secretRef: {name: nope}\n");
  ApplyRepository("half", "oci://127.0.0.1:1/charts", "  type: oci\n  secretRef: {name: half}\n");
  const std::string unknown = "unknown build error: ";
  Check({{"bare", "hello", "HelmRepository/bare", "", "ChartPullError",
          "chart pull error: failed to download chart for remote reference: chart 'hello' has no "
          "downloadable URLs"},
         {"nameless", "hello", "HelmRepository/nameless", "", "ChartPullError",
          "chart pull error: failed to validate metadata of written chart: validation: "
          "chart.metadata.version is required"},
         {"no-registry", "hello", "HelmRepository/no-registry", "", "Unknown",
          unknown + "failed to construct Helm client: invalid OCI registry URL: " + web + "/",
          "Failed", true},
         {"no-secret", "hello", "HelmRepository/no-secret", "", "Unknown",
          unknown + "failed to get authentication secret '" + ns_ +
              "/nope': secrets \"nope\" not found",
          "AuthenticationFailed"},
         {"half", "hello", "HelmRepository/half", "", "Unknown",
          unknown + "failed to detect authentication methods: secret '" + ns_ +
              "/half': malformed basic auth - has 'username' but missing 'password'",
          "AuthenticationFailed"}},
        "FetchFailed");
  // The repository itself has no status to say it in.
  for (const std::string name : {"no-registry", "no-secret", "half"}) {
    const std::string message = lab_.WaitFailed(Chart(name), "Unknown").substr(unknown.size());
    EXPECT_TRUE(test_support::Eventually(kSoon, [&] {
      const auto said =
          lab_.Events(Repository(name), name == "no-registry" ? "Failed" : "AuthenticationFailed");
      return testing::Value(said, testing::Contains(message));
    })) << name;
  }
  Check({{"repackaged", "hello", "HelmRepository/fake", "  valuesFiles: [a.yaml]\n",
          "ChartPackageError",
          "chart package error: failed to load downloaded chart: gzip: invalid header"},
         {"no-values", "hello", "HelmRepository/plain", "  valuesFiles: [a.yaml]\n",
          "ValuesFilesError", "values files merge error: failed to locate values file: values.yaml",
          "", true},
         {"not-verified", "hello", "HelmRepository/plain", "  verify: {provider: cosign}\n",
          "ChartVerificationError", "chart verification error: not implemented"}},
        "BuildFailed");
}

TEST_F(HelmChartWordsTest, OfASource) {
  const std::string web = Web().Url("/" + ns_);
  ServeCharts(Web(), ns_ + "/good", "hello", {"0.1.0"});
  Web().Write(ns_ + "/gone/index.yaml", Index("hello", {"0.1.0"}));
  Web().Write(ns_ + "/fake/index.yaml", Index("hello", {"0.1.0"}));
  Web().Write(ns_ + "/fake/hello-0.1.0.tgz", "no archive");
  Web().Write(ns_ + "/empty/index.yaml", "");
  ApplyRepository("locked", web + "/locked", "  secretRef: {name: nope}\n");
  GitWorkTree tree(lab_.git(), ns_);
  const auto chart = [&](const std::string& name, const std::string& dependency,
                         const std::string& version, const std::string& repository) {
    tree.Write(name + "/Chart.yaml", "apiVersion: v2\nname: " + name +
                                         "\nversion: 0.1.0\ndependencies: [{name: " + dependency +
                                         ", version: '" + version + "', repository: '" +
                                         repository + "'}]\n");
  };
  tree.Write("plain/Chart.yaml", "apiVersion: v2\nname: plain\nversion: 0.1.0\n");
  tree.Write("broken/Chart.yaml", "apiVersion: v2\nname: broken\nversion: 0.1.0\n");
  tree.Write("broken/values.yaml", "a: [\n");
  for (const std::string name : {"none", "gone", "fake", "empty", "good", "locked"}) {
    chart("of-" + name, name == "good" ? "absent" : "hello", "0.x", web + "/" + name);
  }
  chart("bad-range", "plain", "a b", "file://../plain");
  chart("of-broken", "broken", "0.x", "file://../broken");
  tree.CommitAndPush("charts");
  lab_.Apply(GitRepository(ns_, "fleet", tree.url()));
  const std::string git = "GitRepository/fleet", error = "DependencyBuildError";
  const auto remote = [](const std::string& name) {
    return "dependency build error: failed to add remote dependency '" + name + "': ";
  };
  const auto get = [&](const std::string& name, const std::string& repository) {
    return remote(name) + "failed to get chart '" + name + "' version '0.x' from '" + web + "/" +
           repository + "': ";
  };
  Check({{"of-none", "of-none", git, "", error,
          get("hello", "none") +
              "failed to cache index: failed to cache index to temporary file: failed to fetch " +
              web + "/none/index.yaml : 404 Not Found"},
         {"of-empty", "of-empty", git, "", error,
          get("hello", "empty") +
              "failed to load index: failed to load index: empty index.yaml file"},
         {"of-good", "of-good", git, "", error, get("absent", "good") + "no chart name found"},
         {"of-gone", "of-gone", git, "", error,
          remote("hello") + "chart download of version '0.1.0' failed: failed to fetch " + web +
              "/gone/hello-0.1.0.tgz : 404 Not Found"},
         {"of-fake", "of-fake", git, "", error,
          remote("hello") +
              "failed to load downloaded archive of version '0.1.0': gzip: invalid header"},
         {"of-locked", "of-locked", git, "", error,
          remote("hello") + "failed to get chart repository for URL '" + web +
              "/locked/': failed to get authentication secret '" + ns_ +
              "/nope': secrets \"nope\" not found"},
         {"bad-range", "bad-range", git, "", error,
          "dependency build error: failed to add local dependency 'plain': invalid "
          "version/constraint format 'a b': improper constraint: \"a b\""}},
        "BuildFailed");
  Check({{"absolute", "/plain", git, "", "InvalidChartReference",
          "invalid chart reference: local chart reference path is expected to be relative", "",
          true}},
        "FetchFailed");
  ApplyChart("of-broken", "of-broken", git);
  EXPECT_THAT(
      lab_.WaitFailed(Chart("of-broken"), error),
      testing::StartsWith("dependency build error: failed to add local dependency 'broken': "
                          "failed to load chart from '/broken' (reference 'file://../broken'): "));
}

// A change that leaves the version as it is makes no new chart, unless told to.
TEST_F(HelmChartWordsTest, OfAVersionThatStays) {
  GitWorkTree tree(lab_.git(), ns_);
  tree.Write("plain/Chart.yaml", "apiVersion: v2\nname: plain\nversion: 0.1.0\n");
  tree.CommitAndPush("one");
  lab_.Apply(GitRepository(ns_, "fleet", tree.url()));
  ApplyChart("chart", "plain", "GitRepository/fleet");
  const Value before = lab_.WaitReady(Chart());
  tree.Write("plain/templates/cm.yaml", "kind: ConfigMap\n");
  const std::string revision = "main@sha1:" + tree.CommitAndPush("two");
  lab_.RequestReconcile({"GitRepository", ns_, "fleet"});
  const Value after = lab_.WaitFor(Chart(), "seen", [&](const Value& o) {
    return Text(o["status"]["observedSourceArtifactRevision"]) == revision;
  });
  EXPECT_EQ(after["status"]["artifact"], before["status"]["artifact"]);
  EXPECT_TRUE(Said("chart", "ChartVersionUnchanged",
                   "source revision '" + revision +
                       "' leaves the chart's version at '0.1.0': it is not packaged again "
                       "(spec.reconcileStrategy: Revision would)"));
}

// By what a chart is to be verified is read before anything is asked of the registry.
TEST_F(HelmChartWordsTest, OfAVerification) {
  const std::string url = "oci://" + Registry().address() + "/" + ns_;
  PushChart(Registry(), ns_ + "/hello", "0.1.0", ChartArchive("hello", "0.1.0"));
  ApplyRepository("repo", url, "  type: oci\n  insecure: true\n");
  lab_.Apply(Secret(ns_, "no-pub", {{"cosign.key", "x"}}));
  lab_.Apply(Secret(ns_, "bad-pub", {{"cosign.pub", "x"}}));
  lab_.Apply(Secret(ns_, "no-policy", {{"ca.crt", "x"}}));
  lab_.Apply(Secret(ns_, "bad-policy", {{"trustpolicy.json", "{"}, {"ca.crt", "x"}}));
  lab_.Apply(Secret(ns_, "no-certs", {{"trustpolicy.json", "{}"}}));
  const std::string from = "HelmRepository/repo";
  const auto verify = [](const std::string& provider, const std::string& secret) {
    return "  version: 9.9.9\n  verify: {provider: " + provider +
           (secret.empty() ? "" : ", secretRef: {name: " + secret + "}") + "}\n";
  };
  const auto says = [](const std::string& provider, const std::string& what) {
    return "unknown build error: failed to verify the signature using provider '" + provider +
           "': " + what;
  };
  const std::string error = "VerificationError", in = " in secret '" + ns_ + "/";
  Check({{"no-secret", "hello", from, verify("cosign", "nope"), "Unknown",
          says("cosign", "secrets \"nope\" not found"), error},
         {"no-pub", "hello", from, verify("cosign", "no-pub"), "Unknown",
          says("cosign", "no public keys found" + in + "no-pub'"), error},
         {"bad-pub", "hello", from, verify("cosign", "bad-pub"), "Unknown",
          says("cosign", "PEM decoding failed"), error},
         {"no-root", "hello", from, verify("cosign", ""), "Unknown",
          says("cosign keyless",
               "unable to initialize trusted root: none is given, neither by "
               "spec.verify.trustedRootSecretRef nor by --sigstore-trusted-root"),
          error},
         {"nothing", "hello", from, verify("notation", ""), "Unknown",
          says("notation", "verification secret cannot be empty: 'nothing'"), error},
         {"no-policy", "hello", from, verify("notation", "no-policy"), "Unknown",
          says("notation", "'trustpolicy.json' not found" + in + "no-policy'"), error},
         {"bad-policy", "hello", from, verify("notation", "bad-policy"), "Unknown",
          says("notation",
               "error occurred while parsing trustpolicy.json: unexpected end of JSON "
               "input"),
          error},
         {"no-certs", "hello", from, verify("notation", "no-certs"), "Unknown",
          says("notation", "no certificates found" + in + "no-certs'"), error}},
        "FetchFailed");
}

}  // namespace
}  // namespace sluice::e2e
