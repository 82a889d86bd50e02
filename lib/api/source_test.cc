#include "api/source.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using document::Value;

Value Object(const std::string& spec) {
  return *document::ParseJson(R"({"metadata":{"name":"a"},"spec":)" + spec + "}");
}

TEST(GitRepositorySpecTest, ReadsFieldsAndDefaults) {
  auto spec = GitRepositorySpec::From(Object(R"({"url":"https://h/x","interval":"1m30s"})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->interval, std::chrono::seconds(90));
  EXPECT_EQ(spec->timeout, std::chrono::seconds(60));
  EXPECT_FALSE(spec->ignore.has_value());
  spec = GitRepositorySpec::From(Object(
      R"({"url":"https://h/x","interval":"1h","timeout":"5s","ignore":"","suspend":true,"secretRef":{"name":"s"},"proxySecretRef":{"name":"p"},
          "ref":{"branch":"b","tag":"t","semver":"v","name":"n","commit":"c"},"provider":"generic","gitImplementation":"libgit2","accessFrom":{}})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->ignore, "");
  EXPECT_TRUE(spec->suspend);
  EXPECT_EQ(spec->secret + spec->proxy_secret + spec->branch + spec->tag + spec->semver +
                spec->ref_name + spec->commit,
            "spbtvnc");
}

TEST(GitRepositorySpecTest, ToleratesNoBadDuration) {
  for (const std::string bad : {R"("1h1d")", R"("-1s")", R"("")", "5"}) {
    EXPECT_FALSE(
        GitRepositorySpec::From(Object(R"({"url":"https://h","interval":)" + bad + "}")).ok())
        << bad;
  }
}

TEST(GitRepositorySpecTest, ReadsWhatShapesTheContent) {
  const auto spec = GitRepositorySpec::From(Object(
      R"({"url":"https://h/x","recurseSubmodules":true,"sparseCheckout":["./a","b"],"verify":{"mode":"head","secretRef":{"name":"k"}},
          "include":[{"repository":{"name":"base"},"fromPath":"f","toPath":"t"},{"repository":{"name":"other"}}]})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_TRUE(spec->recurse_submodules);
  EXPECT_EQ(spec->sparse_checkout, (std::vector<std::string>{"./a", "b"}));
  EXPECT_EQ(spec->verify, GitVerifyMode::kHead);
  EXPECT_EQ(spec->verify_secret, "k");
  ASSERT_EQ(spec->include.size(), 2u);
  EXPECT_EQ(spec->include[0].ToPath(), "t");
  EXPECT_EQ(spec->include[1].ToPath(), "other");
}

TEST(GitContentTest, KnowsWhatTheArtifactWasMadeOf) {
  const Artifact one{.path = "p",
                     .url = "u",
                     .revision = "main@sha1:1",
                     .digest = "sha256:1",
                     .last_update_time = "t"};
  Artifact two = one;
  two.digest = "sha256:2";
  const struct {
    std::string before, after;  // the spec
    std::vector<Artifact> included_before, included_after;
    bool unchanged;
  } cases[] = {
      {"{}", "{}", {}, {}, true},
      {"{}", R"({"ignore":""})", {}, {}, false},
      {R"({"ignore":"a"})", R"({"ignore":"a"})", {}, {}, true},
      {R"({"ignore":"a"})", "{}", {}, {}, false},
      {"{}", R"({"recurseSubmodules":false})", {}, {}, true},
      {"{}", R"({"recurseSubmodules":true})", {}, {}, false},
      {R"({"sparseCheckout":["a"]})", R"({"sparseCheckout":["a"]})", {}, {}, true},
      {R"({"sparseCheckout":["a"]})", R"({"sparseCheckout":["b"]})", {}, {}, false},
      {R"({"include":[{"repository":{"name":"x"}}]})",
       R"({"include":[{"repository":{"name":"x"}}]})",
       {one},
       {one},
       true},
      {R"({"include":[{"repository":{"name":"x"}}]})",
       R"({"include":[{"repository":{"name":"x"}}]})",
       {one},
       {two},
       false},
      {R"({"include":[{"repository":{"name":"x"}}]})",
       R"({"include":[{"repository":{"name":"x"},"toPath":"y"}]})",
       {one},
       {one},
       false},
      {R"({"include":[{"repository":{"name":"x"}}]})", "{}", {one}, {}, false},
      {"{}", R"({"verify":{"mode":"HEAD"}})", {}, {}, false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.before + " -> " + c.after);
    Value o = Object(c.before);
    SetObservedGitContent(o, c.included_before);
    o.Set("spec", *document::ParseJson(c.after));
    EXPECT_EQ(GitContentUnchanged(o, c.included_after), c.unchanged);
  }
  Value o = Object(R"({"verify":{"mode":"TagAndHEAD"}})");
  for (const auto& [mode, due] : {std::pair("Tag", true), {"HEAD", true}, {"TagAndHEAD", false}}) {
    o.Mutable("status").Set("sourceVerificationMode", mode);
    EXPECT_EQ(!GitContentUnchanged(o, {}), due) << mode;
  }
}

}  // namespace
}  // namespace sluice::api
