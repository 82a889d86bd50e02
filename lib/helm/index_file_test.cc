#include "helm/index_file.h"

#include <gmock/gmock.h>

namespace sluice::helm {
namespace {

using testing::ElementsAre;

std::string FileOf(std::string_view yaml) {
  const auto source = MakeTextSource(yaml);
  const auto index = RepositoryIndex::Read(*source);
  EXPECT_TRUE(index.ok()) << index.status().message();
  std::string bytes;
  EXPECT_TRUE(WriteIndexFile(*index, [&bytes](std::string_view piece) {
                bytes += piece;
                return base::OkStatus();
              }).ok());
  return bytes;
}

constexpr std::string_view kIndex = R"(apiVersion: v1
entries:
  alpha:
  - {name: alpha, version: 1.0.0, urls: [a-1.0.0.tgz], digest: abc, created: "2020-01-01T00:00:00Z"}
  - {name: alpha, version: 1.1.0, urls: [a-1.1.0.tgz, b.tgz]}
  - {name: alpha, version: 2.0.0-rc.1, urls: [rc.tgz]}
  - {name: alpha, version: 1.1.0+old, created: "2020-01-01T00:00:00Z", urls: [old.tgz]}
  - {name: alpha, version: 1.1.0+new, created: "2021-01-01T00:00:00Z", urls: [new.tgz]}
  - {name: alpha, version: "0.9", urls: [short.tgz]}
  beta: []
  gamma:
  - {name: other, version: v3.0.0, urls: []}
)";

TEST(IndexFileTest, ChoosesAsFluxDoes) {
  const std::string bytes = FileOf(kIndex);
  const auto view = IndexFileView::Open(bytes);
  ASSERT_TRUE(view.ok());
  EXPECT_EQ(view->chart_count(), 3u);
  const struct {
    std::string chart, version, want;  // a version, or an error
  } cases[] = {
      {"alpha", "", "1.1.0+new"},
      {"alpha", "*", "1.1.0+new"},
      {"alpha", "1.1.0", "1.1.0"},
      {"alpha", "1.1.0+old", "1.1.0+old"},
      {"alpha", "1.x", "1.1.0+new"},
      {"alpha", "~1.0", "1.0.0"},
      {"alpha", ">=1.0.0-0", "2.0.0-rc.1"},
      {"alpha", "2.0.0-rc.1", "2.0.0-rc.1"},
      {"alpha", "0.9", "0.9"},  // by its text
      {"alpha", "<1",
       "no 'alpha' chart with version matching '<1' found"},  // too short to be compared
      {"alpha", "9.9.9", "no 'alpha' chart with version matching '9.9.9' found"},
      {"alpha", "a b", "improper constraint: \"a b\""},
      {"beta", "", "no chart version found"},
      {"delta", "", "no chart name found"},
      {"gamma", "3.0.0", "v3.0.0"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.chart + " " + c.version);
    const auto got = view->Choose(c.chart, c.version);
    EXPECT_EQ(got.ok() ? got->version : got.status().message(), c.want);
  }
  EXPECT_THAT(view->Choose("alpha", "1.0.0")->urls, ElementsAre("a-1.0.0.tgz"));
  EXPECT_EQ(view->Choose("alpha", "1.0.0")->digest, "abc");
  EXPECT_EQ(view->Choose("gamma", "")->name, "other");
}

TEST(IndexFileTest, AnEmptyIndex) {
  const std::string bytes = FileOf("apiVersion: v1\nentries: {}\n");
  EXPECT_EQ(IndexFileView::Open(bytes)->Choose("a", "").status().message(), "no chart name found");
}

// Bytes that were cut or changed are an error or another answer, never a crash.
TEST(IndexFileTest, SurvivesDamage) {
  const std::string bytes = FileOf(kIndex);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto cut = IndexFileView::Open(std::string_view(bytes).substr(0, i));
    EXPECT_FALSE(cut.ok());
    for (const char flip : {'\x01', '\x80', '\xff'}) {
      std::string changed = bytes;
      changed[i] = static_cast<char>(changed[i] ^ flip);
      const auto view = IndexFileView::Open(changed);
      if (!view.ok()) continue;
      for (const std::string_view chart : {"alpha", "beta", "gamma"})
        static_cast<void>(view->Choose(chart, "*").ok());
    }
  }
}

}  // namespace
}  // namespace sluice::helm
