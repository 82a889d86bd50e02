#include "helm_chart_builder.h"

#include <gmock/gmock.h>

#include "api/conditions.h"
#include "api/helm_source.h"
#include "base/clock.h"
#include "document/json.h"
#include "helm/loader.h"
#include "helm_chart_failure.h"
#include "helm_chart_kind.h"

namespace sluice::source {
namespace {

using testing::ElementsAre;

api::HelmChartSpec SpecOf(std::string_view json) {
  return *api::HelmChartSpec::From(document::Value::Object({{"spec", *document::ParseJson(json)}}));
}

TEST(HelmChartVersionTest, Metadata) {
  const struct {
    std::string spec, revision, want;
  } cases[] = {
      {R"({"sourceRef": {"kind": "GitRepository"}})", "main@sha1:0123456789abcdef", ""},
      {R"({"sourceRef": {"kind": "GitRepository"}, "reconcileStrategy": "Revision"})",
       "main@sha1:0123456789abcdef", "0123456789ab"},
      {R"({"sourceRef": {"kind": "GitRepository"}, "reconcileStrategy": "Revision"})",
       "main/0123456789abcdef", "0123456789ab"},
      {R"({"sourceRef": {"kind": "Bucket"}, "reconcileStrategy": "Revision"})",
       "sha256:fedcba9876543210", "fedcba987654"},
      {R"({"sourceRef": {"kind": "HelmRepository"}, "reconcileStrategy": "Revision"})",
       "sha256:fedcba9876543210", ""},
      {R"({"sourceRef": {"kind": "GitRepository"}, "valuesFiles": ["a.yaml"]})",
       "main@sha1:0123456789abcdef", "7"},
      {R"({"sourceRef": {"kind": "GitRepository"}, "reconcileStrategy": "Revision", "valuesFiles": ["a.yaml"]})",
       "main@sha1:0123456789abcdef", "0123456789ab.7"},
      {R"({"sourceRef": {"kind": "HelmRepository"}, "valuesFiles": ["values.yaml"]})", "sha256:f",
       ""},
  };
  for (const auto& c : cases)
    EXPECT_EQ(HelmVersionMetadata(SpecOf(c.spec), c.revision, 7), c.want) << c.spec;
}

TEST(HelmChartVersionTest, MetadataReplacesWhatThereIs) {
  const struct {
    std::string version, want;
  } cases[] = {{"1.2.3", "1.2.3+5"}, {"v1.2", "1.2.0+5"}, {"1.2.3-rc.1+old", "1.2.3-rc.1+5"}};
  for (const auto& c : cases) EXPECT_EQ(*WithVersionMetadata(c.version, "5"), c.want);
  EXPECT_EQ(WithVersionMetadata("x", "5").status().message(),
            "failed to parse version from chart metadata as SemVer: invalid semantic version");
}

TEST(HelmChartNameTest, AsFluxAllowsThem) {
  for (const std::string good : {"a", "podinfo", "a-b", "sub/name", "a.b", "a/.b", "0", "-"})
    EXPECT_TRUE(CheckRemoteChartName(good).ok()) << good;
  for (const std::string bad : {"A", "a_b", "/a", ".a", "a//b", "a..b", "a./b", "a b", "ä"})
    EXPECT_FALSE(CheckRemoteChartName(bad).ok()) << bad;
  EXPECT_EQ(CheckRemoteChartName("").message(), "no name set for remote chart reference");
}

TEST(HelmChartBuildTest, Summary) {
  HelmChartBuild build;
  build.name = "hello";
  build.version = "0.1.0";
  EXPECT_EQ(build.Summary(), "pulled 'hello' chart with version '0.1.0'");
  build.packaged = true;
  build.values_files = {"a.yaml", "b.yaml"};
  EXPECT_EQ(build.Summary(),
            "packaged 'hello' chart with version '0.1.0' and merged values files [a.yaml b.yaml]");
}

std::unique_ptr<helm::Chart> ChartOf(std::map<std::string, std::string> files) {
  std::vector<helm::File> list;
  for (auto& [name, text] : files) list.push_back({name, helm::SharedText(text), std::nullopt});
  return *helm::LoadFiles(std::move(list));
}

TEST(HelmChartValuesTest, LaterFilesWin) {
  const auto tree = io::MakeMemoryTree({{"a.yaml", "x: 1\nm: {a: 1, b: 2}\n"},
                                        {"d/b.yaml", "x: [2]\nm: {b: null}\n"},
                                        {"d/e.yaml", ""}});
  const auto composed =
      ComposeTreeValues(*tree, {"a.yaml", "./d/b.yaml", "d/e.yaml", "none.yaml"}, true);
  ASSERT_TRUE(composed.ok()) << composed.status().message();
  EXPECT_EQ(document::ToJson(composed->values, {.sort_keys = true}),
            R"({"m":{"a":1,"b":null},"x":[2]})");
  EXPECT_THAT(composed->files, ElementsAre("a.yaml", "./d/b.yaml", "d/e.yaml"));
  EXPECT_EQ(ComposeTreeValues(*tree, {"none.yaml"}, false).status().message(),
            "no values file found at path '/none.yaml' (reference 'none.yaml')");
  EXPECT_EQ(ComposeTreeValues(*tree, {"d"}, true).status().message(),
            "no values file found at path '/d' (reference 'd')");
  EXPECT_EQ(ComposeTreeValues(*tree, {"../../a.yaml"}, false)->files.size(), 1u)
      << "a path cannot leave the source";
}

TEST(HelmChartValuesTest, OverwriteAndPackAreReproducible) {
  const std::map<std::string, std::string> files = {
      {"Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n"},
      {"values.yaml", "a: 1\n"},
      {"templates/x.yaml", "x\n"}};
  const auto chart = ChartOf(files), again = ChartOf(files);
  EXPECT_FALSE(*OverwriteValues(*chart, document::Value::Object({{"a", 1}})))
      << "they are the same";
  EXPECT_TRUE(*OverwriteValues(*chart, document::Value::Object({{"b", 1.0}, {"a", 1000000.0}})));
  EXPECT_TRUE(*OverwriteValues(*again, document::Value::Object({{"a", 1000000.0}, {"b", 1.0}})));
  const auto one = PackageHelmChart(*chart), two = PackageHelmChart(*again);
  ASSERT_TRUE(one.ok());
  EXPECT_EQ(*one, *two);
  const auto loaded = *helm::LoadArchive(*one);
  EXPECT_EQ(std::ranges::find(loaded->raw(), "values.yaml", &helm::File::name)->data.view(),
            "a: 1000000\nb: 1\n");
  EXPECT_TRUE(*OverwriteValues(*chart, document::Value::Object()))
      << "no file was there: an empty one";
  EXPECT_EQ(std::ranges::find(chart->raw(), "values.yaml", &helm::File::name)->data.view(), "");
  const auto bare = ChartOf({{"Chart.yaml", "apiVersion: v2\nname: hello\nversion: 0.1.0\n"}});
  EXPECT_EQ(OverwriteValues(*bare, document::Value::Object()).status().message(),
            "failed to locate values file: values.yaml");
}

TEST(HelmChartFailureTest, Conditions) {
  using Kind = HelmChartFailure::Kind;
  const struct {
    HelmChartFailure failure;
    std::string condition, reason, message, event;
    bool stalls;
  } cases[] = {
      {HelmChartFailure::Of(Kind::kReference, base::NotFound("x")), "FetchFailed",
       "InvalidChartReference", "invalid chart reference: x", "InvalidChartReference", true},
      {HelmChartFailure::Of(Kind::kPull, base::NotFound("x")), "FetchFailed", "ChartPullError",
       "chart pull error: x", "ChartPullError", false},
      {HelmChartFailure::Of(Kind::kMetadata, base::NotFound("x")), "BuildFailed",
       "MetadataPatchError", "chart metadata patch error: x", "MetadataPatchError", true},
      {HelmChartFailure::Of(Kind::kValues, base::NotFound("x")), "BuildFailed", "ValuesFilesError",
       "values files merge error: x", "ValuesFilesError", true},
      {HelmChartFailure::Of(Kind::kDependencies, base::NotFound("x")), "BuildFailed",
       "DependencyBuildError", "dependency build error: x", "DependencyBuildError", false},
      {HelmChartFailure::Of(Kind::kPackage, base::NotFound("x")), "BuildFailed",
       "ChartPackageError", "chart package error: x", "ChartPackageError", false},
      {HelmChartFailure::Of(Kind::kVerification, base::NotFound("x")), "BuildFailed",
       "ChartVerificationError", "chart verification error: x", "ChartVerificationError", false},
      {HelmChartFailure::Other("AuthenticationFailed", base::NotFound("x")), "FetchFailed",
       "Unknown", "unknown build error: x", "AuthenticationFailed", false},
      {HelmChartFailure::Other("URLInvalid", base::NotFound("x"), true), "FetchFailed", "Unknown",
       "unknown build error: x", "URLInvalid", true},
      {TellAuthentication(HelmChartFailure::Of(
           Kind::kPull, base::Unauthenticated("failed to fetch u : 401 Unauthorized"))),
       "FetchFailed", "Unknown",
       "unknown build error: failed to authenticate with the Helm repository: chart pull error: "
       "failed to fetch u : 401 Unauthorized",
       "AuthenticationFailed", false},
      {TellAuthentication(HelmChartFailure::Of(
           Kind::kPull, base::NotFound("failed to fetch http://h:40123/x : 404 Not Found"))),
       "FetchFailed", "ChartPullError",
       "chart pull error: failed to fetch http://h:40123/x : 404 Not Found", "ChartPullError",
       false},
      {TellAuthentication(HelmChartFailure::Of(Kind::kReference, base::NotFound("no 'tls' chart"))),
       "FetchFailed", "InvalidChartReference", "invalid chart reference: no 'tls' chart",
       "InvalidChartReference", true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    SourceStatus status(document::Value::Object(), base::SystemClock());
    status.SetTrue("FetchFailed", "Old", "old");
    status.SetTrue("BuildFailed", "Old", "old");
    const StepResult r = ObserveFailure(c.failure, status);
    EXPECT_EQ(r.reason, c.event);
    EXPECT_EQ(r.kind == StepResult::Kind::kStalled, c.stalls);
    const auto set = api::GetCondition(status.object(), c.condition);
    ASSERT_TRUE(set);
    EXPECT_EQ(set->reason, c.reason);
    EXPECT_EQ(set->message, c.message);
    EXPECT_FALSE(status.Has(c.condition == "FetchFailed" ? "BuildFailed" : "FetchFailed"));
    EXPECT_EQ(status.Has("SourceVerified"), c.failure.kind == Kind::kVerification);
  }
}

TEST(OciVersionTest, Chosen) {
  const std::vector<std::string> tags = {"1.1.0", "1.0.0", "2.0.0-rc.1", "1.1.0+b"};
  const struct {
    std::string version, want;
  } cases[] = {{"", "1.1.0"},
               {"*", "1.1.0"},
               {"1.0.0", "1.0.0"},
               {"1.1.0+b", "1.1.0+b"},
               {">=2.0.0-0", "2.0.0-rc.1"},
               {"9.x", "could not locate a version matching provided version string 9.x"},
               {"a b", "improper constraint: \"a b\""}};
  for (const auto& c : cases) {
    const auto got = ChooseOciVersion(tags, c.version);
    EXPECT_EQ(got.ok() ? *got : got.status().message(), c.want) << c.version;
  }
}

}  // namespace
}  // namespace sluice::source
