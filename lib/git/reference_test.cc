#include "git/reference.h"

#include <gtest/gtest.h>

namespace sluice::git {
namespace {

ObjectId Id(char c) { return *ObjectId::Parse(std::string(40, c)); }

std::vector<RemoteRef> Refs() {
  return {{"HEAD", Id('a'), {}, "refs/heads/main"},  {"refs/heads/main", Id('a'), {}, ""},
          {"refs/heads/feature/x", Id('b'), {}, ""}, {"refs/tags/v1.0.0", Id('c'), Id('d'), ""},
          {"refs/tags/v1.1.0", Id('e'), {}, ""},     {"refs/tags/v2.0.0-rc.1", Id('f'), {}, ""},
          {"refs/tags/latest", Id('1'), {}, ""},     {"refs/tags/1.2", Id('2'), {}, ""},
          {"refs/pull/4/head", Id('3'), {}, ""}};
}

TEST(ReferenceTest, ResolvesByPrecedence) {
  const struct {
    ReferenceSpec spec;
    std::string revision;
    char want;
  } cases[] = {
      {{.branch = "main"}, "main@sha1:", 'a'},
      {{.branch = "feature/x"}, "feature/x@sha1:", 'b'},
      {{.branch = "main", .tag = "v1.0.0"}, "v1.0.0@sha1:", 'c'},
      {{.tag = "v1.1.0", .semver = "1.0.x"}, "v1.1.0@sha1:", 'e'},  // Flux's code: tag beats semver
      {{.semver = ">=1.0.0 <2.0.0"}, "v1.1.0@sha1:", 'e'},
      {{.semver = ">=1.0.0-0"}, "v2.0.0-rc.1@sha1:", 'f'},
      {{.semver = "*"}, "v1.1.0@sha1:", 'e'},
      {{.tag = "v1.0.0", .name = "refs/pull/4/head"}, "refs/pull/4/head@sha1:", '3'},
      {{.name = "refs/tags/v1.0.0"}, "refs/tags/v1.0.0@sha1:", 'c'},
      {{.name = "refs/heads/main", .commit = std::string(40, '9')}, "sha1:", '9'},
      {{.branch = "main", .commit = std::string(40, '9')}, "main@sha1:", '9'},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.revision);
    const auto r = ResolveReference(c.spec, Refs());
    ASSERT_TRUE(r.ok()) << r.status().message();
    ASSERT_EQ(r->size(), 1u);
    EXPECT_EQ(r->front().want, Id(c.want));
    const ObjectId commit = c.want == 'c' ? Id('d') : Id(c.want);
    EXPECT_EQ(r->front().Revision(), c.revision + commit.ToString());
  }
}

TEST(ReferenceTest, FailsInFluxsWords) {
  const struct {
    ReferenceSpec spec;
    std::string message;
  } cases[] = {
      {{.branch = "nope"}, "couldn't find remote ref \"refs/heads/nope\""},
      {{}, "couldn't find remote ref \"refs/heads/master\""},
      {{.tag = "nope"}, "couldn't find remote ref \"refs/tags/nope\""},
      {{.semver = ">=9"}, "no match found for semver: >=9"},
      {{.semver = "not a range"}, "semver parse error: improper constraint: \"not a range\""},
      {{.name = "refs/nope"}, "unable to resolve ref 'refs/nope' to a specific commit"},
      {{.commit = "abc123"}, "unable to resolve commit object for 'abc123': object not found"},
      {{.name = "refs/x/"},
       "ref refs/x/ is invalid; Git refs cannot begin or end with a slash '/'"},
  };
  for (const auto& c : cases)
    EXPECT_EQ(ResolveReference(c.spec, Refs()).status().message(), c.message);
  for (const ReferenceSpec& spec : {ReferenceSpec{.branch = "main"}, ReferenceSpec{.tag = "v1"},
                                    ReferenceSpec{.semver = "*"}, ReferenceSpec{.name = "x"}}) {
    EXPECT_EQ(ResolveReference(spec, {}).status().message(), kEmptyRepository);
  }
}

TEST(ReferenceTest, EqualPrecedenceIsReportedAsATie) {
  const auto r = ResolveReference({.semver = "1.x"}, {{"refs/tags/1.0.0+a", Id('a'), {}, ""},
                                                      {"refs/tags/1.0.0+b", Id('b'), {}, ""},
                                                      {"refs/tags/0.9.0", Id('c'), {}, ""}});
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->size(), 2u);
}

TEST(ReferenceTest, AsksForNoMoreThanItNeeds) {
  EXPECT_EQ(RefPrefixes({.branch = "main"}), std::vector<std::string>{"refs/heads/main"});
  EXPECT_EQ(RefPrefixes({.semver = "*"}), std::vector<std::string>{"refs/tags/"});
  EXPECT_EQ(RefPrefixes({.name = "refs/tags/v1^{}"}), std::vector<std::string>{"refs/tags/v1"});
  EXPECT_TRUE(RefPrefixes({.branch = "main", .commit = "x"}).empty());
}

}  // namespace
}  // namespace sluice::git
