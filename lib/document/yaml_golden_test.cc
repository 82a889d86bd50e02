// go-yaml's recorded output: testdata/goyaml/README.md.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "document/json.h"
#include "document/yaml.h"

namespace sluice::document {
namespace {

class YamlGoldenTest : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    std::ifstream file(std::string(SLUICE_TESTDATA) + "/goyaml/" + GetParam());
    std::stringstream text;
    text << file.rdbuf();
    auto cases = ParseJson(text.str());
    ASSERT_TRUE(cases.ok()) << cases.status().message();
    cases_ = *std::move(cases);
  }
  static std::string Json(const base::Result<Value>& v) {
    return v.ok() ? ToJson(*v) : v.status().message();
  }

  Value cases_;
};

TEST_P(YamlGoldenTest, WritesAsV2) {
  ASSERT_GT(cases_["write2"].size(), 0u);
  for (const Value& c : cases_["write2"].items()) {
    SCOPED_TRACE(c["JSON"].AsString());
    std::string out;
    const auto status = AppendYaml(out, *ParseJson(c["JSON"].AsString()));
    EXPECT_EQ(out, c["YAML"].AsString());
    EXPECT_EQ(status.message(), c["Err"].AsString());
  }
}

TEST_P(YamlGoldenTest, ReadsAndWritesAsV3) {
  ASSERT_GT(cases_["read3"].size(), 0u);
  for (const Value& c : cases_["read3"].items()) {
    SCOPED_TRACE(c["In"].AsString());
    const auto doc = ParseYamlDocument(c["In"].AsString());
    if (!doc.ok() || doc->root == nullptr) {
      EXPECT_EQ(doc.ok() ? "no document" : doc.status().message(), c["Err"].AsString());
      continue;
    }
    EXPECT_EQ(c["Err"].AsString(), "");
    EXPECT_EQ(WriteYaml3(*doc->root, {.indent = 2, .compact_sequences = true}),
              c["Compact"].AsString());
    EXPECT_EQ(WriteYaml3(*doc->root), c["Wide"].AsString());
    EXPECT_EQ(Json(ToValue(*doc->root)), c["Data"].AsString());
  }
}

TEST_P(YamlGoldenTest, ReadsAsV2) {
  ASSERT_GT(cases_["read2"].size(), 0u);
  for (const Value& c : cases_["read2"].items()) {
    SCOPED_TRACE(c["In"].AsString());
    EXPECT_EQ(Json(ParseYamlToValue(c["In"].AsString())), c["Data"].AsString());
    EXPECT_EQ(Json(ParseYamlToValue(c["In"].AsString(), {.duplicate_keys = DuplicateKeys::kError})),
              c["Strict"].AsString());
  }
}

INSTANTIATE_TEST_SUITE_P(Recorded, YamlGoldenTest, testing::Values("words.json", "random.json"));

}  // namespace
}  // namespace sluice::document
