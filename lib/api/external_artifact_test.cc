#include "api/external_artifact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

document::Value Object(const std::string& spec) {
  auto parsed = document::ParseJson(
      R"({"metadata": {"name": "gen", "namespace": "apps"}, "spec": )" + spec + "}");
  EXPECT_TRUE(parsed.ok()) << parsed.status().message();
  return parsed.ok() ? *std::move(parsed) : document::Value();
}

TEST(ExternalArtifactTest, ReadsTheSpec) {
  const GeneratorSpec spec = GeneratorSpec::From(Object(R"({
      "sources": [{"alias": "repo", "kind": "GitRepository", "name": "shop"}, {"alias": "env", "kind": "Bucket", "name": "b", "namespace": "other"}],
      "artifacts": [{"name": "a", "revision": "@repo", "originRevision": "@env", "copy": [
          {"from": "@repo/**", "to": "@artifact/", "exclude": ["*.md", "x/**"], "strategy": "Merge"},
          {"from": "@env/x.tgz", "to": "@artifact/y", "strategy": "Extract", "optional": true}]}],
      "commonMetadata": {"labels": {"l": "1"}, "annotations": {"n": "2"}},
      "pathPattern": "@repo/apps/{app}"})"));
  ASSERT_EQ(spec.sources.size(), 2u);
  EXPECT_EQ(spec.sources[0].ns, "apps");
  EXPECT_EQ(spec.sources[1].ns, "other");
  ASSERT_EQ(spec.artifacts.size(), 1u);
  const OutputArtifact& a = spec.artifacts[0];
  EXPECT_EQ(a.revision, "repo");
  EXPECT_EQ(a.origin_revision, "env");
  ASSERT_EQ(a.copy.size(), 2u);
  EXPECT_THAT(a.copy[0].exclude, ElementsAre("*.md", "x/**"));
  EXPECT_EQ(a.copy[0].strategy, CopyStrategy::kMerge);
  EXPECT_EQ(a.copy[1].strategy, CopyStrategy::kExtract);
  EXPECT_TRUE(a.copy[1].optional);
  EXPECT_EQ(spec.path_pattern, "@repo/apps/{app}");
  EXPECT_EQ(spec.labels.at("l"), "1");
  EXPECT_EQ(spec.annotations.at("n"), "2");
}

TEST(ExternalArtifactTest, ValidatesInFluxWords) {
  const std::string one =
      R"({"alias": "a", "kind": "GitRepository", "name": "x", "namespace": "apps"})";
  const struct {
    std::string spec;
    bool locked;
    base::StatusCode code;
    std::string message;
  } cases[] = {
      {R"({"sources": [)" + one + R"(], "artifacts": [{"name": "o", "revision": "@a"}]})", true,
       base::StatusCode::kOk, ""},
      {R"({"sources": [)" + one + "," + one + R"(], "artifacts": []})", false,
       base::StatusCode::kInvalidArgument, "duplicate source alias 'a' found"},
      {R"({"sources": [{"alias": "a", "kind": "Bucket", "name": "x", "namespace": "other"}], "artifacts": []})",
       true, base::StatusCode::kPermissionDenied,
       "cross-namespace reference to source Bucket/other/x is not allowed"},
      {R"({"sources": [{"alias": "a", "kind": "Bucket", "name": "x", "namespace": "other"}], "artifacts": []})",
       false, base::StatusCode::kOk, ""},
      {R"({"sources": [], "artifacts": [{"name": "o"}, {"name": "o"}]})", false,
       base::StatusCode::kInvalidArgument, "duplicate artifact name 'o' found"},
      {R"({"sources": [], "artifacts": [{"name": "../o"}]})", false,
       base::StatusCode::kInvalidArgument,
       R"(artifact name "../o" is not a valid Kubernetes object name: a lowercase RFC 1123 subdomain must consist of)"},
      {R"({"sources": [], "pathPattern": "@a/{x}", "artifacts": [{"name": "{x}"}]})", false,
       base::StatusCode::kOk, ""},
      {R"({"sources": [)" + one + R"(], "artifacts": [{"name": "o", "revision": "@b"}]})", false,
       base::StatusCode::kInvalidArgument, "artifact o revision source alias 'b' not found"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.spec);
    const auto status = GeneratorSpec::From(Object(c.spec)).Validate("apps", c.locked);
    EXPECT_EQ(status.code(), c.code);
    EXPECT_THAT(status.message(), HasSubstr(c.message));
  }
}

TEST(ExternalArtifactTest, HashesObservedSourcesAsFluxDoes) {
  // Of source-watcher v2.2.1.
  EXPECT_EQ(HashObservedSources({}),
            "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(
      HashObservedSources({{"repo", {"sha256:aa", "main@sha1:bb", "ignored", "http://x/y.tar.gz"}},
                           {"oci", {"sha256:cc", "v1@sha256:dd", "", "http://x/z.tar.gz"}}}),
      "sha256:59fac35944731c879fec3096bf02dd2b0e4e7d1b7c5edad7c609f9d3a9d32bfc");
}

TEST(ExternalArtifactTest, KeepsTheInventory) {
  document::Value object = Object("{}");
  const std::vector<GeneratedRef> refs = {{"a", "apps", "sha256:x", "1.tar.gz"},
                                          {"b", "apps", "sha256:y", "2.tar.gz"}};
  SetGeneratedInventory(object, refs);
  EXPECT_EQ(GeneratedInventory(object), refs);
  SetGeneratedInventory(object, {});
  EXPECT_EQ(object["status"].Find("inventory"), nullptr);
}

TEST(ExternalArtifactTest, IsDisabledByAnnotation) {
  for (const auto& [value, want] :
       {std::pair("disabled", true), {"Disabled", true}, {"enabled", false}, {"", false}}) {
    document::Value object = Object("{}");
    object.Mutable("metadata").Mutable("annotations").Set(kGeneratorReconcileAnnotation, value);
    EXPECT_EQ(GeneratorIsDisabled(object), want) << value;
  }
  EXPECT_FALSE(GeneratorIsDisabled(Object("{}")));
}

TEST(ExternalArtifactTest, ChecksNamesAndLabelValues) {
  for (const std::string good : {"a", "a.b", "a-1.b-2"})
    EXPECT_EQ(DnsSubdomainErrors(good), "") << good;
  for (const std::string bad : {"", "A", "-a", "a-", "a..b", "a_b", "a/b", ".", ".."})
    EXPECT_NE(DnsSubdomainErrors(bad), "") << bad;
  EXPECT_THAT(DnsSubdomainErrors(std::string(254, 'a')),
              HasSubstr("must be no more than 253 characters"));
  for (const std::string good : {"", "a", "A_b.c-9"}) EXPECT_EQ(LabelValueErrors(good), "") << good;
  for (const std::string bad : {".a", "a ", "a/b", "_"})
    EXPECT_NE(LabelValueErrors(bad), "") << bad;
  EXPECT_EQ(LabelValueErrors(std::string(64, 'a')), "must be no more than 63 bytes");
}

}  // namespace
}  // namespace sluice::api
