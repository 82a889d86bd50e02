#include "helm/package.h"

#include <gtest/gtest.h>

#include "archive/gzip.h"
#include "archive/tar.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

const FileMap kFiles{{"Chart.yaml",
                      "version: 0.1.0\nname: c\napiVersion: v2\ndependencies: [{name: s, version: "
                      "'*', repository: ''}]\n"},
                     {"Chart.lock", "digest: d\ndependencies: []"},
                     {"values.yaml", "# kept\na: 1\n"},
                     {"values.schema.json", "{}"},
                     {"README.md", "r"},
                     {"templates/a.yaml", "t"},
                     {"charts/s/Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0"},
                     {"charts/s/templates/_x", "y"}};

TEST(PackageTest, WritesHelmsLayout) {
  const auto chart = MakeChart(kFiles);
  EXPECT_EQ(PackageFileName(*chart), "c-0.1.0.tgz");
  const auto bytes = PackageChart(*chart);
  ASSERT_TRUE(bytes.ok()) << bytes.status().message();
  EXPECT_EQ((*bytes)[3], 0x14);  // extra field and comment
  EXPECT_NE(bytes->find(std::string("Helm\0", 5)), std::string::npos);
  const std::string tar = *archive::InflateGzip(*bytes);
  archive::TarReader reader(tar);
  std::string names;
  for (auto item = reader.Next(); item.ok() && *item; item = reader.Next()) {
    names += (*item)->name + " ";
    if ((*item)->name == "c/values.yaml") {
      EXPECT_EQ((*item)->content, "# kept\na: 1\n");
    }
    if ((*item)->name == "c/Chart.yaml") {
      EXPECT_EQ((*item)->content,
                "apiVersion: v2\ndependencies:\n- name: s\n  repository: \"\"\n  version: "
                "'*'\nname: c\nversion: 0.1.0\n");
    }
  }
  EXPECT_EQ(names,
            "c/Chart.yaml c/Chart.lock c/values.yaml c/values.schema.json c/templates/a.yaml "
            "c/README.md c/charts/s/Chart.yaml "
            "c/charts/s/templates/_x ");
}

TEST(PackageTest, SameChartSameBytes) {
  const auto chart = MakeChart(kFiles);
  const std::string first =
      *PackageChart(*chart, {.modified = base::FromUnixSeconds(1'700'000'000), .uniform = true});
  const auto again = LoadArchive(first);
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(
      *PackageChart(**again, {.modified = base::FromUnixSeconds(1'700'000'000), .uniform = true}),
      first);
  EXPECT_EQ(*PackageChart(**again, {.modified = base::FromUnixSeconds(1'700'000'000)}), first)
      << "times are kept";
}

TEST(PackageTest, RefusesBadCharts) {
  FileMap bad = kFiles;
  bad["values.schema.json"] = "{";
  EXPECT_EQ(PackageChart(*MakeChart(bad)).status().message(), "invalid JSON in values.schema.json");
  auto chart = MakeChart(kFiles);
  chart->metadata.version = "x";
  EXPECT_EQ(PackageChart(*chart).status().message(),
            "chart validation: validation: chart.metadata.version \"x\" is invalid");
}

}  // namespace
}  // namespace sluice::helm
