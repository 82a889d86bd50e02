#include "helm/dependencies.h"

#include <gtest/gtest.h>

#include "helm/lock.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

const std::string kParent = "apiVersion: v2\nname: p\nversion: 0.1.0\n";

std::string ChartYaml(const std::string& name, const std::string& dependencies = "") {
  return "apiVersion: v2\nname: " + name + "\nversion: 0.1.0\n" +
         (dependencies.empty() ? "" : "dependencies: " + dependencies + "\n");
}

// "p(a s(t))"
std::string Shape(const Chart& chart) {
  std::string out = chart.name();
  if (chart.dependencies().empty()) return out;
  out += "(";
  for (const auto& child : chart.dependencies())
    out += (out.ends_with('(') ? "" : " ") + Shape(*child);
  return out + ")";
}

TEST(DependenciesTest, TagsConditionsAndAliasesChoose) {
  const struct {
    std::string dependencies, values, shape;
  } cases[] = {
      {"[{name: s, version: '*'}]", "", "p(s(t))"},
      {"[{name: s, version: '>1'}]", "",
       "p(s(t))"},  // the vendored one is not what is declared: kept as it is
      {"[{name: s, version: '*', condition: s.use}]", "s: {use: false}", "p"},
      {"[{name: s, version: '*', condition: 's.use,s.too'}]", "s: {use: 5, too: false}", "p"},
      {"[{name: s, version: '*', condition: s.use, tags: [x]}]", "tags: {x: false}\ns: {use: true}",
       "p(s(t))"},
      {"[{name: s, version: '*', tags: [x, y]}]", "tags: {x: false}", "p"},
      {"[{name: s, version: '*', tags: [x, y]}]", "tags: {x: false, y: true}", "p(s(t))"},
      {"[{name: s, version: '*', alias: one}, {name: s, version: '*', alias: two, condition: "
       "two.use}]",
       "two: {use: false}", "p(one(t))"},
      {"[{name: gone, version: '*'}]", "", "p(s(t))"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.dependencies + " " + c.values);
    const auto chart = MakeChart({{"Chart.yaml", kParent + "dependencies: " + c.dependencies},
                                  {"charts/s/Chart.yaml", ChartYaml("s")},
                                  {"charts/s/charts/t/Chart.yaml", ChartYaml("t")}});
    ASSERT_TRUE(ProcessDependencies(*chart, Yaml(c.values), HelmVersion::kV4).ok());
    EXPECT_EQ(Shape(*chart), c.shape);
  }
}

TEST(DependenciesTest, ImportsValuesBottomUp) {
  const auto chart = MakeChart(
      {{"Chart.yaml", ChartYaml("p",
                                "[{name: s, version: '*', import-values: [data, {child: deep, "
                                "parent: x.q}, {child: gone, parent: z}, 5]}]")},
       {"values.yaml", "own: 1\nx: {q: {k: parent}}"},
       {"charts/s/Chart.yaml",
        ChartYaml("s", "[{name: t, version: '*', import-values: [{child: out, parent: deep}]}]")},
       {"charts/s/values.yaml", "exports: {data: {own: 2, added: 3}}\ndeep: {k: sub, l: 4}"},
       {"charts/s/charts/t/Chart.yaml", ChartYaml("t")},
       {"charts/s/charts/t/values.yaml", "out: {m: 5}"}});
  ASSERT_TRUE(ProcessDependencies(*chart, document::Value(), HelmVersion::kV4).ok());
  const document::Value& v = chart->values();
  EXPECT_EQ(Json(v["own"]), "1");
  EXPECT_EQ(Json(v["added"]), "3");
  EXPECT_EQ(Json(v["x"]), R"({"q":{"k":"parent","l":4,"m":5}})");
}

// An import may hang a table below itself; that is an error of size, not a crash.
TEST(DependenciesTest, ImportsIntoThemselvesEnd) {
  const auto chart =
      MakeChart({{"Chart.yaml", ChartYaml("p",
                                          "[{name: s, version: '*', import-values: [{child: a, "
                                          "parent: x}, {child: a, parent: x.b}]}]")},
                 {"charts/s/Chart.yaml", ChartYaml("s")},
                 {"charts/s/values.yaml", "a: {k: 1}"}});
  EXPECT_EQ(ProcessDependencies(*chart, document::Value(), HelmVersion::kV4).code(),
            base::StatusCode::kResourceExhausted);
}

// Helm's shallow copies: charts below an aliased one that nobody declared keep paths through the
// original name, in 3 at once, in 4 one level deeper.
TEST(DependenciesTest, PathsBelowAnAlias) {
  for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
    const auto chart =
        MakeChart({{"Chart.yaml", ChartYaml("p", "[{name: s, version: '*', alias: a}]")},
                   {"charts/s/Chart.yaml", ChartYaml("s")},
                   {"charts/s/charts/t/Chart.yaml", ChartYaml("t")},
                   {"charts/s/charts/t/charts/u/Chart.yaml", ChartYaml("u")}});
    ASSERT_TRUE(ProcessDependencies(*chart, document::Value(), version).ok());
    const Chart& a = *chart->dependencies()[0];
    const Chart& t = *a.dependencies()[0];
    EXPECT_EQ(a.full_path(), "p/charts/a");
    EXPECT_EQ(t.full_path(),
              version == HelmVersion::kV3 ? "p/charts/s/charts/t" : "p/charts/a/charts/t");
    EXPECT_EQ(t.dependencies()[0]->full_path(), "p/charts/s/charts/t/charts/u");
  }
}

TEST(DependenciesTest, CheckNamesWhatIsMissing) {
  const auto chart = MakeChart({{"Chart.yaml", ChartYaml("p", "[{name: b}, {name: s}, {name: a}]")},
                                {"charts/s/Chart.yaml", ChartYaml("s")}});
  EXPECT_EQ(CheckDependencies(*chart).message(),
            "found in Chart.yaml, but missing in charts/ directory: b, a");
}

TEST(LockTest, DigestIsHelms) {
  // Of helm's own lock files: [[{"name":"s","version":"0.1.0","repository":"file://x"}],[…]]
  const std::vector<Dependency> wanted{{.name = "s", .version = "0.1.0", .repository = "file://x"}};
  const std::string digest = HashRequirements(wanted, wanted);
  EXPECT_EQ(digest, "sha256:8f7a8d685dbc6ce0d291cc3acbefc1fb83e11b7af2e7cf21bae067f049df42b4");
  const std::string lock =
      "dependencies:\n- name: s\n  repository: file://x\n  version: 0.1.0\ngenerated: "
      "\"2024-01-01T00:00:00Z\"\ndigest: ";
  const std::string chart_yaml =
      ChartYaml("p", "[{name: s, version: 0.1.0, repository: 'file://x'}]");
  EXPECT_TRUE(CheckLock(*MakeChart({{"Chart.yaml", chart_yaml}, {"Chart.lock", lock + digest}}),
                        HelmVersion::kV4)
                  .ok());
  const auto changed = MakeChart(
      {{"Chart.yaml", ChartYaml("p", "[{name: s, version: 0.2.0, repository: 'file://x'}]")},
       {"Chart.lock", lock + digest}});
  EXPECT_EQ(CheckLock(*changed, HelmVersion::kV3).message(),
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
            "Please update the dependencies");
  EXPECT_EQ(CheckLock(*changed, HelmVersion::kV4).message(),
            "the lock file (Chart.lock) is out of sync with the dependencies file (Chart.yaml). "
            "Please update the dependencies with 'helm "
            "dependency update'");
}

TEST(LockTest, ResolvesEachKindOfRepository) {
  const VersionFinder find =
      [](const Dependency& d,
         const base::SemVerConstraint& c) -> base::Result<std::optional<std::string>> {
    return NewestMatching(
        d.name == "gone" ? std::vector<std::string_view>{}
                         : std::vector<std::string_view>{"nope", "2.1.0-rc.1", "2.0.0", "1.0.0"},
        c);
  };
  const auto lock = ResolveDependencies(
      {{.name = "v", .version = "*"}, {.name = "h", .version = ">=1", .repository = "https://h"}},
      "2024-01-01T00:00:00Z", HelmVersion::kV4, find);
  ASSERT_TRUE(lock.ok()) << lock.status().message();
  EXPECT_EQ((*lock->dependencies)[0].version, "*");
  EXPECT_EQ((*lock->dependencies)[1].version, "2.0.0");
  EXPECT_EQ(ResolveDependencies({{.name = "gone", .version = "1", .repository = "oci://r"}}, "",
                                HelmVersion::kV4, find)
                .status()
                .message(),
            "can't get a valid version for 1 subchart(s): \"gone\" (repository \"oci://r\", "
            "version \"1\"). Make sure a matching chart version "
            "exists in the repo, or change the version constraint in Chart.yaml");
  EXPECT_EQ(
      ResolveDependencies({{.name = "a", .version = "x y"}}, "", HelmVersion::kV4, find)
          .status()
          .message(),
      "dependency \"a\" has an invalid version/constraint format: improper constraint: \"x y\"");
  EXPECT_EQ(LocalChartPath("file://../b", "charts/a"), "charts/b");
  EXPECT_EQ(LocalChartPath("file:///x/./y", "charts/a"), "/x/y");
  EXPECT_EQ(KindOfRepository("alias:x"), RepositoryKind::kAlias);
}

}  // namespace
}  // namespace sluice::helm
