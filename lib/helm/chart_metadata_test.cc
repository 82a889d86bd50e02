#include "helm/chart_metadata.h"

#include <gtest/gtest.h>

#include "io/file_tree.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

TEST(ChartMetadataTest, OfAnArchive) {
  const struct {
    std::string entries, want;  // "name version apiVersion", or an error
  } cases[] = {
      {TarEntryOf("c/Chart.yaml", "name: c\nversion: 1.0.0\napiVersion: v2\n") +
           TarEntryOf("c/values.yaml", "a: [broken"),
       "c 1.0.0 v2"},
      {TarEntryOf("c/Chart.yaml", "name: c\nversion: 1.0.0\n") +
           TarEntryOf("c/requirements.yaml", "dependencies: [{name: d}]"),
       "c 1.0.0 v1"},
      {TarEntryOf("c/charts/d/Chart.yaml", "name: d\n"), "no 'Chart.yaml' found"},
      {"", "no 'Chart.yaml' found"},
      {TarEntryOf("c/Chart.yaml", "a: ["),
       "cannot load 'Chart.yaml': error converting YAML to JSON: yaml: line 1: did not find "
       "expected node content"},
      {TarEntryOf("c/../../x", "1"), "chart illegally references parent directory"},
      {TarEntryOf("c//etc/x", "1"), "chart illegally contains absolute paths"},
      {TarEntryOf("c/Chart.yaml", "description: " + std::string(200, 'x')),
       "size of 'Chart.yaml' exceeds '100' bytes limit"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    const auto got = ReadArchiveMetadata("c.tgz", TarGz(c.entries),
                                         {.max_chart_bytes = 1 << 20, .max_file_bytes = 100});
    EXPECT_EQ(
        got.ok() ? got->name + " " + got->version + " " + got->api_version : got.status().message(),
        c.want);
  }
  EXPECT_EQ(ReadArchiveMetadata("c.tgz", std::string(200, 'x'), {.max_chart_bytes = 100})
                .status()
                .message(),
            "size of chart 'c.tgz' exceeds '100' bytes limit");
  EXPECT_EQ(ReadArchiveMetadata("c.tgz", "no archive", {}).status().message(),
            "gzip: invalid header");
}

TEST(ChartMetadataTest, OfADirectory) {
  const auto tree = io::MakeMemoryTree({{"c/Chart.yaml", "name: c\nversion: 1.0.0\n"},
                                        {"c/requirements.yaml", "dependencies: [{name: d}]"},
                                        {"e/x", ""}});
  const auto got = ReadDirectoryMetadata(*tree, "c", "/t/c", {});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->api_version, "v1");
  ASSERT_EQ(got->dependencies.size(), 1u);
  EXPECT_EQ(ReadDirectoryMetadata(*tree, "e", "/t/e", {}).status().message(),
            "open /t/e/Chart.yaml: no such file or directory");
}

}  // namespace
}  // namespace sluice::helm
