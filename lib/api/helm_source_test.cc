#include "api/helm_source.h"

#include <gmock/gmock.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using testing::ElementsAre;

document::Value Object(std::string_view spec) {
  return *document::ParseJson(std::string("{\"spec\": ") + std::string(spec) + "}");
}

TEST(HelmRepositorySpecTest, Defaults) {
  const auto spec = HelmRepositorySpec::From(Object(R"({"url": "https://charts.example.com"})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->interval, std::chrono::minutes(1));
  EXPECT_EQ(spec->timeout, std::chrono::seconds(60));
  EXPECT_EQ(spec->provider, "generic");
  EXPECT_FALSE(spec->oci);
  EXPECT_FALSE(
      HelmRepositorySpec::From(Object(R"({"url": "https://h", "interval": "soon"})")).ok());
}

TEST(HelmChartSpecTest, ValuesFiles) {
  const struct {
    std::string spec;
    std::vector<std::string> files;
    bool composes;
  } cases[] = {
      {"{}", {}, false},
      {R"({"valuesFiles": ["values.yaml"]})", {"values.yaml"}, false},
      {R"({"valuesFiles": ["./values.yaml"]})", {"./values.yaml"}, false},
      {R"({"valuesFiles": ["values.yaml", "p.yaml"]})", {"values.yaml", "p.yaml"}, true},
      {R"({"valuesFile": "old.yaml"})", {"old.yaml"}, true},  // of the betas
      {R"({"valuesFile": "old.yaml", "valuesFiles": ["p.yaml"]})", {"old.yaml", "p.yaml"}, true},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    const auto spec = HelmChartSpec::From(Object(c.spec));
    ASSERT_TRUE(spec.ok());
    EXPECT_EQ(spec->values_files, c.files);
    EXPECT_EQ(spec->composes_values(), c.composes);
  }
}

TEST(HumanSizeTest, FourSignificantDigits) {
  const struct {
    uint64_t bytes;
    std::string text;
  } cases[] = {{0, "0B"},          {999, "999B"},          {1000, "1kB"},     {30880, "30.88kB"},
               {51342, "51.34kB"}, {104857600, "104.9MB"}, {999999, "1000kB"}};
  for (const auto& c : cases) EXPECT_EQ(HumanSize(c.bytes), c.text);
}

}  // namespace
}  // namespace sluice::api
