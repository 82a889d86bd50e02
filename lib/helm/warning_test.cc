#include "helm/warning.h"

#include <gtest/gtest.h>

#include "helm/dependencies.h"
#include "helm/manifests.h"
#include "helm/render.h"
#include "helm/values.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

// What dependencies, values and manifests of a chart say, one line each.
std::string Log(const FileMap& files, const std::string& values, HelmVersion version) {
  std::string log;
  const WarningSink sink = [&](const Warning& warning) { log += LogLine(warning, version); };
  auto loaded = LoadFiles(ToFiles(files), {.version = version, .warn = sink});
  EXPECT_TRUE(loaded.ok()) << loaded.status().message();
  EXPECT_TRUE(ProcessDependencies(**loaded, Yaml(values), version, sink).ok());
  EXPECT_TRUE(CoalesceValues(**loaded, Yaml(values), version, sink).ok());
  std::vector<RenderedFile> rendered;
  for (const File& file : (*loaded)->templates())
    rendered.push_back({file.name, std::string(file.data.view())});
  EXPECT_TRUE(SortManifests(rendered, KindOrder::kInstall, version, nullptr, sink).ok());
  return log;
}

constexpr char kChart[] = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

TEST(WarningTest, LinesOfEachHelm) {
  const struct {
    FileMap files;
    std::string values, v3, v4;
  } cases[] = {
      {{{"values.yaml", "a: {x: {w: 1}}\nb: 5\nc: {z: 1}"}},
       "{a: {x: 3}, b: {c: 1}, c: 2}",
       "coalesce.go:298: warning: cannot overwrite table with non table for c.a.x (map[w:1])\n"
       "coalesce.go:237: warning: skipped value for c.b: Not a table.\n",
       "level=INFO msg=\"warning: cannot overwrite table with non table for c.a.x (map[w:1])\"\n"
       "level=INFO msg=\"warning: skipped value for c.b: Not a table.\"\n"},
      {{{"values.yaml", "a: {x: 3}"}},
       "a: {x: {w: 1}}",
       "coalesce.go:301: warning: destination for c.a.x is a table. Ignoring non-table value (3)\n",
       "level=INFO msg=\"warning: destination for c.a.x is a table. Ignoring non-table value "
       "(3)\"\n"},
      {{{"templates/a.yaml",
         "kind: A\nmetadata: {annotations: {\"helm.sh/hook\": \"pre-install, Foo\"}}"}},
       "",
       "manifest_sorter.go:199: info: skipping unknown hook: \"pre-install, Foo\"\n",
       "level=INFO msg=\"skipping unknown hooks\" hookTypes=\"pre-install, Foo\"\n"},
      {{{"requirements.yaml", "home: x"}},
       "",
       "load.go:120: Warning: Dependencies are handled in Chart.yaml since apiVersion \"v2\". We "
       "recommend migrating dependencies to Chart.yaml.\n",
       "level=INFO msg=\"Warning: Dependencies are handled in Chart.yaml since apiVersion "
       "\\\"v2\\\". We recommend migrating dependencies to "
       "Chart.yaml.\"\n"},
      {{{"values.yaml", "fine: {a: 1}"}}, "fine: {a: 2}", "", ""},
  };
  for (const auto& c : cases) {
    FileMap files = c.files;
    files["Chart.yaml"] = kChart;
    EXPECT_EQ(Log(files, c.values, HelmVersion::kV3), c.v3);
    EXPECT_EQ(Log(files, c.values, HelmVersion::kV4), c.v4);
  }
}

TEST(WarningTest, DependenciesThatCannotBeProcessedAreLogged) {
  FileMap files = {{"charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n"}};
  files["Chart.yaml"] =
      std::string(kChart) + "dependencies: [{name: s, version: 0.1.0, repository: ''}]\n";
  const auto loaded = LoadFiles(ToFiles(files), {.version = HelmVersion::kV4});
  ASSERT_TRUE(loaded.ok()) << loaded.status().message();
  std::string log;
  RenderOptions options;
  options.warn = [&](const Warning& warning) { log += LogLine(warning, HelmVersion::kV4); };
  const auto rendered = RenderRelease(**loaded, Yaml("s: [a]"), {.name = "r", .namespace_ = "n"},
                                      Capabilities::Default(HelmVersion::kV4), options);
  EXPECT_EQ(rendered.status().message(),
            "chart dependencies processing failed: type mismatch on s: [%!t(string=a)]");
  EXPECT_EQ(log,
            "level=ERROR msg=\"chart dependencies processing failed\" error=\"type mismatch on s: "
            "[%!t(string=a)]\"\n");
}

TEST(WarningTest, DependenciesThatAreNoBools) {
  const FileMap files = {
      {"Chart.yaml", std::string(kChart) +
                         "dependencies: [{name: s, version: 0.1.0, condition: s.en, tags: [t], "
                         "import-values: [x, {child: w, parent: .}]}]"},
      {"charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 0.1.0\n"}};
  EXPECT_EQ(
      Log(files, "{s: {en: 5}, tags: {t: 1}}", HelmVersion::kV3),
      "dependencies.go:95: Warning: Tag 't' for chart s returned non-bool value\n"
      "dependencies.go:64: Warning: Condition path 's.en' for chart s returned non-bool value\n"
      "dependencies.go:287: Warning: ImportValues missing table: \"exports\" is not a table\n"
      "dependencies.go:270: Warning: ImportValues missing table from chart s: \"w\" is not a "
      "table\n");
  EXPECT_EQ(
      Log(files, "{s: {en: 5}, tags: {t: 1}}", HelmVersion::kV4),
      "level=WARN msg=\"returned non-bool value\" tag=t chart=s\n"
      "level=WARN msg=\"returned non-bool value\" path=s.en chart=s\n"
      "level=WARN msg=\"ImportValues missing table\" error=\"\\\"exports\\\" is not a table\"\n"
      "level=WARN msg=\"ImportValues missing table from chart\" chart=s error=\"\\\"w\\\" is not a "
      "table\"\n");
}

}  // namespace
}  // namespace sluice::helm
