#include "helm/index.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_chart.h"

namespace sluice::helm {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kIndex =
    "apiVersion: v1\ngenerated: \"2024-01-01T00:00:00.500Z\"\nentries:\n"
    "  b:\n  - {name: b, version: 0.1.0-alpha, urls: [b.tgz]}\n"
    "  a:\n"
    "  - apiVersion: v2\n    name: a\n    version: 1.0.0\n    urls:\n    - a-1.0.0.tgz\n    "
    "created: 2024-01-02T03:04:05.000000006Z\n"
    "    digest: 92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f\n    "
    "annotations: {x: \"1\"}\n"
    "  - {name: a, version: nope}\n"
    "  - null\n"
    "  - {name: other, version: 1.10.0, urls: [\"https://h/<x>\", z], removed: true, digest: d}\n"
    "  - {name: a, version: 1.2.0, urls: []}\n"
    "annotations: {k: v}\n";

base::Result<RepositoryIndex> Read(const std::string& text, const IndexOptions& options = {},
                                   IndexSpill* spill = nullptr) {
  const auto source = MakeTextSource(text);
  return RepositoryIndex::Read(*source, options, spill);
}

std::string WriteJson(const RepositoryIndex& index) {
  std::string out;
  EXPECT_TRUE(index
                  .WriteJson([&](std::string_view bytes) {
                    out += bytes;
                    return base::OkStatus();
                  })
                  .ok());
  return out;
}

TEST(IndexTest, SortsAndChooses) {
  const auto index = Read(kIndex);
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_THAT(index->names(), ElementsAre("a", "b"));
  EXPECT_THAT(index->Versions("a"), ElementsAre("1.10.0", "1.2.0", "1.0.0"));
  const struct {
    std::string chart, version, got;
  } cases[] = {{"a", "", "1.10.0"},
               {"a", "1.2.0", "1.2.0"},
               {"a", "~1.0", "1.0.0"},
               {"a", "<1.10", "1.2.0"},
               {"a", "2", "no chart version found for a-2"},
               {"b", "", "no chart version found for b-"},
               {"b", ">=0-0", "0.1.0-alpha"},
               {"b", "0.1.0-alpha", "0.1.0-alpha"},
               {"c", "", "no chart name found"},
               {"a", "latest", "improper constraint: \"latest\""}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.chart + " " + c.version);
    const auto chosen = index->Choose(c.chart, c.version);
    EXPECT_EQ(chosen.ok() ? chosen->version : chosen.status().message(), c.got);
  }
  const ChartVersion newest = index->At("a", 0), oldest = index->At("a", 2);
  EXPECT_EQ(newest.name, "other");
  EXPECT_TRUE(newest.removed);
  EXPECT_EQ(newest.digest, "d");
  EXPECT_THAT(newest.urls, ElementsAre("https://h/<x>", "z"));
  EXPECT_EQ(oldest.digest, "92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f");
  EXPECT_EQ(base::FormatRfc3339Nano(oldest.created), "2024-01-02T03:04:05.000000006Z");
}

TEST(IndexTest, WritesWhatFluxStores) {
  const auto spill = MakeMemorySpill();
  const auto index = Read(kIndex, {}, spill.get());
  ASSERT_TRUE(index.ok()) << index.status().message();
  const std::string want = R"({
  "apiVersion": "v1",
  "generated": "2024-01-01T00:00:00.5Z",
  "entries": {
    "a": [
      {
        "name": "other",
        "version": "1.10.0",
        "apiVersion": "v1",
        "urls": [
          "https://h/\u003cx\u003e",
          "z"
        ],
        "created": "0001-01-01T00:00:00Z",
        "removed": true,
        "digest": "d"
      },
      {
        "name": "a",
        "version": "1.2.0",
        "apiVersion": "v1",
        "urls": [],
        "created": "0001-01-01T00:00:00Z"
      },
      {
        "name": "a",
        "version": "1.0.0",
        "apiVersion": "v2",
        "annotations": {
          "x": "1"
        },
        "urls": [
          "a-1.0.0.tgz"
        ],
        "created": "2024-01-02T03:04:05.000000006Z",
        "digest": "92946627e2716e47dd249c61a37f35117a95e054ce8e0f8f5be88f313f59712f"
      }
    ],
    "b": [
      {
        "name": "b",
        "version": "0.1.0-alpha",
        "apiVersion": "v1",
        "urls": [
          "b.tgz"
        ],
        "created": "0001-01-01T00:00:00Z"
      }
    ]
  },
  "annotations": {
    "k": "v"
  }
})";
  EXPECT_EQ(WriteJson(*index), want);
  const auto again_spill = MakeMemorySpill();
  const auto again = Read(want, {}, again_spill.get());
  ASSERT_TRUE(again.ok()) << again.status().message();
  EXPECT_EQ(WriteJson(*again), want);
  EXPECT_EQ(Json((*index->Entry("a", 2))["annotations"]), R"({"x":"1"})");
}

TEST(IndexTest, AliasesAndMergesAreReadWhole) {
  const auto index = Read(
      "apiVersion: v1\nentries:\n  a:\n  - &x {name: a, version: 1.0.0}\n  b:\n  - *x\n  - {<<: "
      "*x, digest: d}\n");
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_THAT(index->Versions("b"), ElementsAre("1.0.0", "1.0.0"));
}

TEST(IndexTest, FailsInHelmsWords) {
  const struct {
    std::string text, message;
  } cases[] = {
      {"", "empty index.yaml file"},
      {"{}", "no API version specified"},
      {"entries: {}", "no API version specified"},
      {"a: b: c",
       "error converting YAML to JSON: yaml: mapping values are not allowed in this context"},
      {"apiVersion: v1\nfoo: 1",
       "error unmarshaling JSON: while decoding JSON: json: unknown field \"foo\""},
      {"apiVersion: v1\nentries: {a: [{name: a, version: 1.0.0, foo: 1}]}",
       "error unmarshaling JSON: while decoding JSON: json: unknown field \"foo\""},
      {"apiVersion: v1\nentries: {}\nentries: {}",
       "error converting YAML to JSON: yaml: unmarshal errors:\n  line 3: key \"entries\" already "
       "set in map"},
      {"apiVersion: v1\nentries:\n  a: []\n  a: []",
       "error converting YAML to JSON: yaml: unmarshal errors:\n  line 4: key \"a\" already set in "
       "map"},
      {"apiVersion: v1\nentries:\n  a:\n  - name: a\n    urls: []\n    urls: []",
       "error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key \"urls\" already set "
       "in map"},
      {"[]",
       "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal array into Go value "
       "of type v1.IndexFile"},
      {"foo: 1\nb: [",
       "error converting YAML to JSON: yaml: line 2: did not find expected node content"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.text);
    const auto index = Read(c.text);
    ASSERT_FALSE(index.ok());
    EXPECT_EQ(index.status().message(), c.message);
  }
}

TEST(IndexTest, JsonIsLenient) {
  const auto index = Read(
      R"({"apiVersion":"v1","foo":1,"entries":{"a":[{"name":"a","version":"1.0.0","bar":2},{"name":"a","version":"1.0.1"}],"a":[)"
      R"({"name":"a","version":"3.0.0"}],"b":null}})");
  ASSERT_TRUE(index.ok()) << index.status().message();
  EXPECT_THAT(index->Versions("a"), ElementsAre("3.0.0"));
  EXPECT_EQ(index->Choose("b", "").status().message(), "no chart version found");
}

TEST(IndexTest, LimitsHold) {
  std::string many = "apiVersion: v1\nentries:\n  a:\n";
  for (int i = 0; i < 50; ++i) many += "  - {name: a, version: 1.0." + std::to_string(i) + "}\n";
  EXPECT_TRUE(Read(many).ok());
  EXPECT_EQ(Read(many, {.max_entries = 49}).status().code(), base::StatusCode::kResourceExhausted);
  EXPECT_THAT(Read(many, {.max_bytes = 100}).status().message(),
              HasSubstr("exceeds the maximum index file size of 100 bytes"));
  std::string deep = "apiVersion: v1\nentries:\n  a:\n  - ";
  for (int i = 0; i < 5000; ++i) deep += "[";
  EXPECT_FALSE(Read(deep).ok());
  std::string nested = R"({"apiVersion":"v1","entries":)" + std::string(5000, '{');
  EXPECT_FALSE(Read(nested).ok());
}

}  // namespace
}  // namespace sluice::helm
