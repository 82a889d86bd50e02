#include "api/source.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

using document::Value;

Value Object(const std::string& spec) { return *document::ParseJson(R"({"metadata":{"name":"a"},"spec":)" + spec + "}"); }

TEST(GitRepositorySpecTest, ReadsFieldsAndDefaults) {
  auto spec = GitRepositorySpec::From(Object(R"({"url":"https://h/x","interval":"1m30s"})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->interval, std::chrono::seconds(90));
  EXPECT_EQ(spec->timeout, std::chrono::seconds(60));
  EXPECT_FALSE(spec->ignore.has_value());
  EXPECT_EQ(spec->unsupported, "");
  spec = GitRepositorySpec::From(Object(
      R"({"url":"https://h/x","interval":"1h","timeout":"5s","ignore":"","suspend":true,"secretRef":{"name":"s"},"proxySecretRef":{"name":"p"},
          "ref":{"branch":"b","tag":"t","semver":"v","name":"n","commit":"c"},"provider":"generic","gitImplementation":"libgit2","accessFrom":{}})"));
  ASSERT_TRUE(spec.ok());
  EXPECT_EQ(spec->ignore, "");
  EXPECT_TRUE(spec->suspend);
  EXPECT_EQ(spec->secret + spec->proxy_secret + spec->branch + spec->tag + spec->semver + spec->ref_name + spec->commit, "spbtvnc");
  EXPECT_EQ(spec->unsupported, "");
}

TEST(GitRepositorySpecTest, NamesWhatItDoesNotDo) {
  const struct {
    std::string spec, word;
  } cases[] = {
      {R"({"url":"ssh://git@h/x"})", "SSH"},
      {R"({"url":"https://h","include":[{"repository":{"name":"a"}}]})", "spec.include"},
      {R"({"url":"https://h","sparseCheckout":["a"]})", "spec.sparseCheckout"},
      {R"({"url":"https://h","recurseSubmodules":true})", "spec.recurseSubmodules"},
      {R"({"url":"https://h","verify":{"mode":"HEAD"}})", "spec.verify"},
      {R"({"url":"https://h","provider":"github"})", "spec.provider 'github'"},
  };
  for (const auto& c : cases) {
    const auto spec = GitRepositorySpec::From(Object(c.spec));
    ASSERT_TRUE(spec.ok());
    EXPECT_NE(spec->unsupported.find(c.word), std::string::npos) << spec->unsupported;
  }
  EXPECT_EQ(GitRepositorySpec::From(Object(R"({"url":"https://h","include":[],"sparseCheckout":[]})"))->unsupported, "");
}

TEST(GitRepositorySpecTest, ToleratesNoBadDuration) {
  for (const std::string bad : {R"("1h1d")", R"("-1s")", R"("")", "5"}) {
    EXPECT_FALSE(GitRepositorySpec::From(Object(R"({"url":"https://h","interval":)" + bad + "}")).ok()) << bad;
  }
}

TEST(ObservedIgnoreTest, AbsentAndEmptyDiffer) {
  Value o = Object(R"({"ignore":""})");
  EXPECT_FALSE(IgnoreUnchanged(o));
  SetObservedIgnore(o);
  EXPECT_TRUE(IgnoreUnchanged(o));
  o.Mutable("spec").Erase("ignore");
  EXPECT_FALSE(IgnoreUnchanged(o));
  SetObservedIgnore(o);
  EXPECT_TRUE(IgnoreUnchanged(o));
  EXPECT_EQ(o["status"].Find("observedIgnore"), nullptr);
}

}  // namespace
}  // namespace sluice::api
