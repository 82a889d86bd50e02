#include "helm/metadata.h"

#include <gtest/gtest.h>

#include "test_chart.h"

namespace sluice::helm {
namespace {

TEST(MetadataTest, ReadsAndWritesChartYaml) {
  Metadata m;
  ASSERT_TRUE(FromYaml("APIVERSION: v2\nname: 5\nversion: 1.10\ndeprecated: true\nkeywords: [a, 1, "
                       "true, null]\nannotations: {b: 1.50, a: yes}\n"
                       "dependencies:\n- {name: d, tags: [t], import-values: [x, {child: c, "
                       "parent: p}], alias: a}\nunknown: [1]\n",
                       &m)
                  .ok());
  EXPECT_EQ(
      Json(ToValue(m)),
      R"({"annotations":{"a":"true","b":"1.5"},"apiVersion":"v2","dependencies":[{"alias":"a","import-values":["x",{"child":"c","parent":"p"}],)"
      R"("name":"d","repository":"","tags":["t"]}],"deprecated":true,"keywords":["a","1","true",""],"name":"5","version":"1.1"})");
  Metadata again;
  ASSERT_TRUE(FromValue(ToValue(m), &again).ok());
  EXPECT_EQ(Json(ToValue(again)), Json(ToValue(m)));
}

TEST(MetadataTest, TellsWhatDoesNotFitInGoWords) {
  const struct {
    std::string yaml, message;
  } cases[] = {
      {"name: {a: b}",
       "json: cannot unmarshal object into Go struct field Metadata.name of type string"},
      {"keywords: x",
       "json: cannot unmarshal string into Go struct field Metadata.keywords of type []string"},
      {"deprecated: \"true\"",
       "json: cannot unmarshal string into Go struct field Metadata.deprecated of type bool"},
      {"maintainers: [{name: [1]}]",
       "json: cannot unmarshal array into Go struct field Maintainer.maintainers.name of type "
       "string"},
      {"[1]", "json: cannot unmarshal array into Go value of type v2.Metadata"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.yaml);
    Metadata m;
    EXPECT_EQ(FromYaml(c.yaml, &m).message(),
              "error unmarshaling JSON: while decoding JSON: " + c.message);
  }
  Metadata m;
  EXPECT_EQ(FromYaml("a: b: c", &m).message(),
            "error converting YAML to JSON: yaml: mapping values are not allowed in this context");
  EXPECT_TRUE(FromYaml("", &m).ok());
}

TEST(MetadataTest, Validates) {
  const std::string head = "apiVersion: v2\nname: c\nversion: 1.0.0\n";
  const struct {
    std::string yaml, v3, v4;
  } cases[] = {
      {head, "", ""},
      {"name: c\nversion: 1.0.0", "chart.metadata.apiVersion is required",
       "chart.metadata.apiVersion is required"},
      {"apiVersion: v2\nversion: 1.0.0", "chart.metadata.name is required",
       "chart.metadata.name is required"},
      {"apiVersion: v2\nname: c", "chart.metadata.version is required",
       "chart.metadata.version is required"},
      {head + "name: ..", "", "chart.metadata.name \"..\" is not allowed"},
      {head + "name: a/b", "chart.metadata.name \"a/b\" is invalid",
       "chart.metadata.name \"a/b\" is invalid"},
      {head + "name: a/", "chart.metadata.name \"a/\" is invalid",
       "chart.metadata.name \"a/\" is invalid"},
      {head + "version: 1.0.0.0", "chart.metadata.version \"1.0.0.0\" is invalid",
       "chart.metadata.version \"1.0.0.0\" is invalid"},
      {head + "type: Library", "chart.metadata.type must be application or library",
       "chart.metadata.type must be application or library"},
      {head + "maintainers: [null]", "maintainers must not contain empty or null nodes",
       "maintainers must not contain empty or null nodes"},
      {head + "dependencies: [~]", "dependencies must not contain empty or null nodes",
       "dependencies must not contain empty or null nodes"},
      {head + "dependencies: [{name: b, alias: 'a b'}]",
       "dependency \"b\" has disallowed characters in the alias",
       "dependency \"b\" has disallowed characters in the alias"},
      {head + "dependencies: [{name: b}, {name: c, alias: b}]",
       "more than one dependency with name or alias \"b\"",
       "more than one dependency with name or alias \"b\""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.yaml);
    for (const HelmVersion version : {HelmVersion::kV3, HelmVersion::kV4}) {
      Metadata m;
      ASSERT_TRUE(FromYaml(c.yaml, &m).ok());
      const std::string& want = version == HelmVersion::kV3 ? c.v3 : c.v4;
      EXPECT_EQ(m.Validate(version).message(), want.empty() ? "" : "validation: " + want);
    }
  }
}

// Control characters and marks that turn text around do not come through.
TEST(MetadataTest, SanitisesText) {
  Metadata m;
  ASSERT_TRUE(FromYaml("apiVersion: v2\nname: c\nversion: 1.0.0\ndescription: "
                       "\"a\\tb\\e[31m\\u202ec\\u00a0d\\xe9\"\nkeywords: [\"x\\0y\"]\n",
                       &m)
                  .ok());
  ASSERT_TRUE(m.Validate(HelmVersion::kV4).ok());
  EXPECT_EQ(m.description, "a b[31mc d\xc3\xa9");
  EXPECT_EQ(m.keywords[0], "xy");
}

TEST(LockTest, ReadsAndNormalisesTime) {
  const struct {
    std::string yaml, json;
  } cases[] = {
      {"digest: d\ngenerated: 2020-01-02T03:04:05.500Z\ndependencies: []",
       R"({"dependencies":[],"digest":"d","generated":"2020-01-02T03:04:05.5Z"})"},
      {"generated: \"2020-01-02T03:04:05.000+00:00\"",
       R"({"dependencies":null,"digest":"","generated":"2020-01-02T03:04:05Z"})"},
      {"generated: 2020-01-02T03:04:05+02:00",
       R"({"dependencies":null,"digest":"","generated":"2020-01-02T03:04:05+02:00"})"},
      {"{}", R"({"dependencies":null,"digest":"","generated":"0001-01-01T00:00:00Z"})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.yaml);
    std::optional<Lock> lock;
    ASSERT_TRUE(FromYaml(c.yaml, &lock).ok());
    EXPECT_EQ(Json(ToValue(*lock)), c.json);
  }
  std::optional<Lock> lock;
  ASSERT_TRUE(FromYaml("~", &lock).ok());
  EXPECT_FALSE(lock.has_value());
  EXPECT_FALSE(FromYaml("generated: yesterday", &lock).ok());
}

TEST(MetadataTest, ListsReadOverListsKeepWhatIsNotNamedAgain) {
  Metadata m;
  ASSERT_TRUE(
      FromYaml("dependencies: [{name: a, alias: b}, {name: c}]\nmaintainers: [{name: x, email: e}]",
               &m)
          .ok());
  ASSERT_TRUE(FromYaml("dependencies: [{name: d, version: 1}]\nmaintainers: [{name: w}]", &m).ok());
  ASSERT_EQ(m.dependencies.size(), 1u);
  EXPECT_EQ(m.dependencies[0].name + m.dependencies[0].alias + m.dependencies[0].version, "db1");
  EXPECT_EQ(m.maintainers[0].name + m.maintainers[0].email, "we");
  EXPECT_EQ(FromYaml("dependencies: {}", &m, HelmVersion::kV3).message(),
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal object into Go "
            "struct field Metadata.dependencies of type "
            "[]*chart.Dependency");
}

}  // namespace
}  // namespace sluice::helm
