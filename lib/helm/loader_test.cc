#include "helm/loader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "io/file_tree.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kChartYaml = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

std::vector<std::string> Names(const std::vector<File>& files) {
  std::vector<std::string> out;
  for (const File& f : files) out.push_back(f.name);
  return out;
}

TEST(LoaderTest, SortsFilesByUse) {
  const auto chart =
      MakeChart({{"Chart.yaml", kChartYaml},
                 {"values.yaml", "a: 1"},
                 {"values.schema.json", "{}"},
                 {"templates/a.yaml", "x"},
                 {"crds/c.YAML", "y"},
                 {"crds/readme.md", "z"},
                 {"README.md", "r"},
                 {"charts/s/Chart.yaml", "apiVersion: v2\nname: sub\nversion: 1.0.0"},
                 {"charts/s/crds/s.json", "{}"},
                 {"charts/_off/Chart.yaml", "broken: ["},
                 {"charts/s-1.0.0.tgz.prov", "sig"}});
  EXPECT_THAT(Names(chart->templates()), ElementsAre("templates/a.yaml"));
  EXPECT_THAT(Names(chart->files()),
              ElementsAre("README.md", "charts/s-1.0.0.tgz.prov", "crds/c.YAML", "crds/readme.md"));
  EXPECT_EQ(chart->schema()->view(), "{}");
  EXPECT_EQ(Json(chart->values()), R"({"a":1})");
  EXPECT_EQ(chart->values()["a"].kind(), document::Value::Kind::kDouble);
  ASSERT_EQ(chart->dependencies().size(), 1u);
  const auto crds = chart->Crds();
  ASSERT_EQ(crds.size(), 2u);
  EXPECT_EQ(crds[0].file_name, "c/crds/c.YAML");
  EXPECT_EQ(crds[1].file_name, "c/charts/sub/crds/s.json");
  const auto copy = chart->Clone();
  EXPECT_EQ(copy->dependencies()[0]->full_path(), "c/charts/sub");
  EXPECT_EQ(&copy->dependencies()[0]->root(), copy.get());
}

TEST(LoaderTest, DirectoryObeysHelmignoreAndLimits) {
  const auto tree = io::MakeMemoryTree({{"p/c/Chart.yaml", "\xef\xbb\xbf" + kChartYaml},
                                        {"p/c/.helmignore", "*.bak\nout/\n"},
                                        {"p/c/x.bak", "1"},
                                        {"p/c/out/y", "2"},
                                        {"p/c/templates/.hidden", "3"},
                                        {"p/c/templates/t.yaml", "\xef\xbb\xbft"}});
  const auto chart = LoadDirectory(*tree, "p/c", "/p/c");
  ASSERT_TRUE(chart.ok()) << chart.status().message();
  EXPECT_THAT(Names((*chart)->raw()), ElementsAre(".helmignore", "Chart.yaml", "templates/t.yaml"));
  EXPECT_EQ((*chart)->templates()[0].data.view(), "t");
  const auto large = LoadDirectory(*tree, "p/c", "/p/c", {.max_file_bytes = 20});
  EXPECT_EQ(large.status().message(),
            "chart file \"Chart.yaml\" is larger than the maximum file size 20");
  EXPECT_FALSE(LoadDirectory(*tree, "p/c", "/p/c", {.max_entries = 3}).ok());
}

TEST(LoaderTest, ArchiveRoundTrip) {
  const std::string sub =
      TarGzOf({{"Chart.yaml", "apiVersion: v2\nname: s\nversion: 2.0.0"}, {"values.yaml", "v: 1"}});
  const auto chart = LoadArchive(TarGzOf({{"Chart.yaml", kChartYaml},
                                          {"templates/a.yaml", "\xef\xbb\xbfx"},
                                          {"charts/s-2.0.0.tgz", sub}}));
  ASSERT_TRUE(chart.ok()) << chart.status().message();
  EXPECT_EQ((*chart)->templates()[0].data.view(), "x");
  ASSERT_EQ((*chart)->dependencies().size(), 1u);
  EXPECT_EQ((*chart)->dependencies()[0]->metadata.version, "2.0.0");
}

// The archive rows of the security lessons: traversal, links, collapse, sizes.
TEST(LoaderTest, RefusesHostileArchives) {
  const std::string chart = TarEntryOf("c/Chart.yaml", kChartYaml);
  const struct {
    std::string entries, message;
  } cases[] = {
      {"", "no files in chart archive"},
      {TarEntryOf("c/", "", '5'), "no files in chart archive"},
      {chart + TarEntryOf("c/../../etc/passwd", "x"),
       "chart illegally references parent directory"},
      {chart + TarEntryOf("c/a/../../../x", "x"), "chart illegally references parent directory"},
      {chart + TarEntryOf("c//etc/passwd", "x"), "chart illegally contains absolute paths"},
      {chart + TarEntryOf("rootfile", "x"),
       "chart illegally contains content outside the base directory: \"rootfile\""},
      {chart + TarEntryOf("c/./", "x"), "no such case"},
      {chart + TarEntryOf("c\\..\\x", "x"), "chart illegally references parent directory"},
      {chart + TarEntryOf("c\\C:\\x", "x"), "chart contains illegally named files"},
      {TarEntryOf("Chart.yaml", kChartYaml),
       "chart illegally contains content outside the base directory: \"Chart.yaml\""},
      {TarEntryOf("Chart.yaml/x", kChartYaml), "chart yaml not in base directory"},
      {chart + TarEntryOf("c/big", std::string(101, 'x')),
       "decompressed chart file \"c/big\" is larger than the maximum file size 100"},
      {chart + TarEntryOf("c/a", std::string(100, 'x')) + TarEntryOf("c/b", std::string(99, 'x')),
       "decompressed chart is larger than the maximum size 200"},
      {TarEntryOf("c/Chart.yaml", "apiVersion: v2\nname: ..\nversion: 0.1.0"),
       "validation: chart.metadata.name \"..\" is not allowed"},
      {TarEntryOf("c/Chart.yaml", "apiVersion: v2\nname: a/b\nversion: 0.1.0"),
       "validation: chart.metadata.name \"a/b\" is invalid"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    const auto got = LoadArchive(TarGz(c.entries), {.max_chart_bytes = 200, .max_file_bytes = 100});
    if (c.message == "no such case") {
      // a name that ends in a slash is a directory
      EXPECT_TRUE(got.ok()) << got.status().message();
    } else {
      EXPECT_EQ(got.status().message(), c.message);
    }
  }
}

TEST(LoaderTest, LinksAndDevicesAreEmptyFiles) {
  std::string entries = TarEntryOf("c/Chart.yaml", kChartYaml);
  for (const char type : {'1', '2', '3', '4', '6'})
    entries += TarEntryOf(std::string("c/f") + type, "", type);
  const auto chart = LoadArchive(TarGz(entries));
  ASSERT_TRUE(chart.ok()) << chart.status().message();
  ASSERT_EQ((*chart)->files().size(), 5u);
  for (const File& file : (*chart)->files()) EXPECT_TRUE(file.data.empty()) << file.name;
}

TEST(LoaderTest, DecompressionIsBounded) {
  // 1 GiB would be 1 MiB of gzip; what is over the limit is not even held.
  const std::string bomb = TarGz(
      TarEntryOf("c/Chart.yaml", kChartYaml) + TarEntryOf("c/zeros", std::string(40 << 20, '\0')),
      1);
  const auto got = LoadArchive(bomb, {.max_chart_bytes = 10 << 20, .max_file_bytes = 5 << 20});
  EXPECT_EQ(got.status().code(), base::StatusCode::kResourceExhausted);
  EXPECT_EQ(got.status().message(), "decompressed chart is larger than the maximum size 10485760");
  // Archives in archives share one budget.
  std::string inner = TarGzOf({{"Chart.yaml", "apiVersion: v2\nname: s\nversion: 1.0.0"},
                               {"data", std::string(4 << 20, 'x')}});
  FileMap many{{"Chart.yaml", kChartYaml}};
  for (int i = 0; i < 20; ++i) many["charts/s" + std::to_string(i) + ".tgz"] = inner;
  EXPECT_EQ(LoadArchive(TarGzOf(many), {.max_chart_bytes = 10 << 20}).status().code(),
            base::StatusCode::kResourceExhausted);
}

TEST(LoaderTest, SaysWhatTheFileIs) {
  const struct {
    std::string name, bytes, message;
  } cases[] = {
      {"v.yaml", "a: 1", "file 'v.yaml' seems to be a YAML file, but expected a gzipped archive"},
      {"x", "a: 1",
       "file 'x' does not appear to be a gzipped archive; got 'application/octet-stream'"},
      {"x", std::string(600, 'a'),
       "file 'x' does not appear to be a gzipped archive; got 'text/plain; charset=utf-8'"},
      {"x", "PK\3\4", "file 'x' does not appear to be a gzipped archive; got 'application/zip'"},
      {"x", " <!DOCTYPE html>",
       "file 'x' does not appear to be a gzipped archive; got 'text/html; charset=utf-8'"},
      {"x", std::string("\x1f\x8b\x08\0", 4), "unexpected EOF"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    EXPECT_EQ(LoadArchiveFile(c.name, c.bytes).status().message(), c.message);
  }
}

TEST(LoaderTest, NamesTheChartThatFails) {
  EXPECT_EQ(LoadFiles(ToFiles({{"values.yaml", ""}})).status().message(),
            "Chart.yaml file is missing");
  const auto sub = LoadFiles(ToFiles({{"Chart.yaml", kChartYaml},
                                      {"charts/s/charts/t/values.yaml", ""},
                                      {"charts/s/Chart.yaml", kChartYaml}}));
  EXPECT_EQ(sub.status().message(),
            "error unpacking subchart s in c: error unpacking subchart t in c: Chart.yaml file is "
            "missing");
  const auto tgz = LoadFiles(ToFiles({{"Chart.yaml", kChartYaml}, {"charts/s.tgz/x", "y"}}));
  EXPECT_EQ(tgz.status().message(),
            "error unpacking subchart tar in c: expected s.tgz, got s.tgz/x");
  FileMap deep;
  std::string prefix;
  for (int i = 0; i < 100; ++i, prefix += "charts/s/") deep[prefix + "Chart.yaml"] = kChartYaml;
  EXPECT_THAT(LoadFiles(ToFiles(deep)).status().message(),
              HasSubstr("charts are nested too deeply"));
}

}  // namespace
}  // namespace sluice::helm
