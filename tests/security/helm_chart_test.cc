// Hostile charts, indexes and values, in process. Names begin with the advisory they test.
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "helm/index.h"
#include "helm/loader.h"
#include "helm/package.h"
#include "helm/provenance.h"
#include "helm/render.h"
#include "helm/strvals.h"
#include "io/file_tree.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

constexpr char kChart[] = "apiVersion: v2\nname: c\nversion: 0.1.0\n";

base::Status LoadYaml(const std::string& chart_yaml) {
  return LoadFiles(ToFiles({{"Chart.yaml", chart_yaml}})).status();
}

base::Result<RepositoryIndex> ReadIndex(const std::string& text) {
  const auto source = MakeTextSource(text);
  return RepositoryIndex::Read(*source);
}

class ChartDirectory {
 public:
  ChartDirectory() {
    std::string name = "/tmp/sluice-hostile-XXXXXX";
    root_ = mkdtemp(name.data());
    std::filesystem::create_directory(root_ / "chart");
    Write("chart/Chart.yaml", kChart);
    Write("secret", "outside");
  }
  ~ChartDirectory() {
    for (const std::string file :
         {"chart/Chart.yaml", "chart/Chart.lock", "chart/leak.txt", "chart", "secret"}) {
      std::error_code error;
      std::filesystem::remove(root_ / file, error);
    }
    std::filesystem::remove(root_);
  }
  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(root_ / name) << text;
  }
  std::string Read(const std::string& name) const {
    std::ifstream in(root_ / name);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void Link(const std::string& to, const std::string& name) const {
    std::filesystem::create_symlink(to, root_ / name);
  }
  base::Result<std::unique_ptr<Chart>> Load() const {
    SLUICE_TRY(const auto tree, io::OpenDirectory((root_ / "chart").string()));
    return LoadDirectory(*tree, "", "chart");
  }

 private:
  std::filesystem::path root_;
};

TEST(HelmHostileChart, CVE_2019_1000008_ArchivesStayWithinThemselves) {
  for (const std::string name : {"../x", "c/../../x", "/etc/x", "c/a/../../b"}) {
    const auto chart =
        LoadArchive(TarGz(TarEntryOf("c/Chart.yaml", kChart) + TarEntryOf(name, "x")));
    if (!chart.ok()) continue;
    for (const File& file : (*chart)->raw())
      EXPECT_TRUE(!file.name.starts_with("/") && file.name.find("..") == file.name.npos)
          << file.name;
  }
}

TEST(HelmHostileChart, CVE_2019_18658_LinksOutOfAChartAreRefused) {
  for (const std::string to : {"../secret", "/etc/passwd", "/dev/zero"}) {
    const ChartDirectory directory;
    directory.Link(to, "chart/leak.txt");
    EXPECT_FALSE(directory.Load().ok()) << to;
  }
}

TEST(HelmHostileChart, CVE_2019_25210_SecretsCanBeKeptOutOfSight) {
  const auto chart =
      MakeChart({{"Chart.yaml", kChart},
                 {"templates/a.yaml", "apiVersion: v1\nkind: Secret\ndata: {a: Y2FuYXJ5}\n"}});
  const auto rendered =
      RenderRelease(*chart, document::Value::Object(), {.name = "r"},
                    Capabilities::Default(HelmVersion::kV4), {.hide_secret = true});
  ASSERT_TRUE(rendered.ok());
  EXPECT_EQ(rendered->manifest.find("Y2FuYXJ5"), std::string::npos);
}

TEST(HelmHostileChart, CVE_2020_4053_CVE_2020_15186_PluginsAreNoCharts) {
  EXPECT_FALSE(
      LoadArchive(TarGz(TarEntryOf("p/plugin.yaml", "name: p\nversion: 0.1.0\ncommand: /bin/sh\n")))
          .ok());
}

TEST(HelmHostileChart, CVE_2020_15184_AliasesAreNames) {
  for (const std::string alias : {"../x", "a/b", "\"a\\nb\"", "\"a b\""}) {
    EXPECT_FALSE(LoadYaml(std::string(kChart) +
                          "dependencies: [{name: d, version: 1.0.0, alias: " + alias + "}]")
                     .ok())
        << alias;
  }
}

TEST(HelmHostileChart, CVE_2020_15185_RepeatedKeysOfAnIndexAreErrors) {
  for (const std::string text :
       {"apiVersion: v1\nentries: {}\nentries: {a: []}\n",
        "apiVersion: v1\nentries:\n  a:\n  - {name: a, version: 1.0.0, urls: [x], urls: [y]}\n",
        "apiVersion: v1\nentries:\n  a: []\n  a: []\n"}) {
    EXPECT_FALSE(ReadIndex(text).ok()) << text;
  }
}

TEST(HelmHostileChart, CVE_2021_21303_MetadataHoldsNoControls) {
  const auto chart = LoadFiles(ToFiles(
      {{"Chart.yaml", std::string(kChart) +
                          "description: \"a\\e[31mb\\u202ec\"\nkeywords: [\"\\e]0;x\\a\"]\n"}}));
  ASSERT_TRUE(chart.ok()) << chart.status().message();
  for (const std::string& text : {(*chart)->metadata.description, (*chart)->metadata.keywords[0]}) {
    EXPECT_EQ(text.find('\x1b'), text.npos);
    EXPECT_EQ(text.find("\u202e"), text.npos);
  }
  const auto index = ReadIndex(
      "apiVersion: v1\nentries:\n  a:\n  - {name: a, version: \"1\\e[0m\", urls: [x]}\n  - {name: "
      "a, version: 1.0.0, urls: [x]}\n");
  ASSERT_TRUE(index.ok());
  EXPECT_EQ(index->Versions("a").size(), 1u);
}

TEST(HelmHostileChart, CVE_2022_23524_NestedValuesEnd) {
  std::string dots = "a", braces = "a=" + std::string(100'000, '{'), lists = "a";
  for (int i = 0; i < 100'000; ++i) dots += ".a";
  for (int i = 0; i < 100'000; ++i) lists += "[0]";
  for (const std::string& text : {dots + "=1", braces, lists + "=1"}) {
    for (const SetKind kind :
         {SetKind::kSet, SetKind::kString, SetKind::kLiteral, SetKind::kJson}) {
      document::Value values = document::Value::Object();
      (void)ParseSet(text, kind, HelmVersion::kV4, &values).ok();  // ends, without a crash
    }
  }
  document::Value values = document::Value::Object();
  EXPECT_FALSE(ParseSet(dots + "=1", SetKind::kSet, HelmVersion::kV4, &values).ok());
}

TEST(HelmHostileChart, CVE_2022_23525_EmptyEntriesAreLeftOut) {
  for (const std::string entries :
       {"{a: [null]}", "{a: [{}]}", "{a: null}", "{a: [{version: 1.0.0}]}"}) {
    const auto index = ReadIndex("apiVersion: v1\nentries: " + entries + "\n");
    ASSERT_TRUE(index.ok()) << entries << index.status().message();
    EXPECT_FALSE(index->Find("a", "").ok());
  }
}

TEST(HelmHostileChart, CVE_2022_36055_IndexesOfListsAreBounded) {
  for (const std::string text : {"a[65537]=1", "a[9223372036854775807]=1",
                                 "a[99999999999999999999]=1", "a[-1]=1", "a[0][65537]=1"}) {
    for (const SetKind kind : {SetKind::kSet, SetKind::kString, SetKind::kLiteral}) {
      document::Value values = document::Value::Object();
      EXPECT_FALSE(ParseSet(text, kind, HelmVersion::kV4, &values).ok()) << text;
    }
  }
}

TEST(HelmHostileChart, CVE_2024_25620_NamesAreBaseNames) {
  for (const std::string name : {"..", ".", "/x", "a/b", "../c"}) {
    EXPECT_FALSE(LoadYaml("apiVersion: v2\nname: \"" + name + "\"\nversion: 0.1.0\n").ok()) << name;
  }
}

TEST(HelmHostileChart, CVE_2024_26147_TextsWithoutContentAreErrors) {
  for (const std::string text : {"", "# nothing\n", "5", "\"x\"", "[]", "---\n---\n"}) {
    EXPECT_FALSE(LoadYaml(text).ok()) << text;
    EXPECT_FALSE(ReadIndex(text).ok()) << text;
  }
}

TEST(HelmHostileChart, CVE_2025_32386_ArchivesInflateToALimit) {
  const std::string zeros(6 << 20, '\0');
  EXPECT_FALSE(
      LoadArchive(TarGz(TarEntryOf("c/Chart.yaml", kChart) + TarEntryOf("c/big", zeros))).ok());
  std::string many = TarEntryOf("c/Chart.yaml", kChart);
  for (int i = 0; i < 8; ++i)
    many += TarEntryOf("c/f" + std::to_string(i), zeros.substr(0, 4 << 20));
  EXPECT_FALSE(LoadArchive(TarGz(many), {.max_chart_bytes = 16 << 20}).ok());
}

TEST(HelmHostileChart, CVE_2025_53547_SourcesAreReadOnly) {
  const ChartDirectory directory;
  directory.Link("../secret", "chart/Chart.lock");
  EXPECT_FALSE(directory.Load().ok());
  EXPECT_EQ(directory.Read("secret"), "outside");
}

TEST(HelmHostileChart, CVE_2025_55198_NullsAndWrongTypesAreErrors) {
  for (const std::string more : {"maintainers: [null]", "dependencies: [null]", "dependencies: {}",
                                 "maintainers: x", "annotations: []", "keywords: {}"}) {
    EXPECT_FALSE(LoadYaml(std::string(kChart) + more).ok()) << more;
  }
}

TEST(HelmHostileChart, CVE_2026_35205_ProvenanceFailsClosed) {
  std::ifstream file(SLUICE_SOURCE_DIR "/lib/helm/testdata/provenance/ring.asc");
  const auto ring = pgp::Keyring::Import(std::string(std::istreambuf_iterator<char>(file), {}));
  ASSERT_TRUE(ring.ok()) << ring.status().message();
  for (const std::string prov : {"", "name: c\n",
                                 "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nname: "
                                 "c\n...\nfiles:\n  c-0.1.0.tgz: sha256:00\n"}) {
    EXPECT_FALSE(VerifyProvenance("archive", prov, "c-0.1.0.tgz", *ring).ok());
  }
}

}  // namespace
}  // namespace sluice::helm
