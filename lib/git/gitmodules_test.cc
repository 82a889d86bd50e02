#include "git/gitmodules.h"

#include <gtest/gtest.h>

namespace sluice::git {
namespace {

TEST(GitmodulesTest, ReadsSections) {
  const auto modules = ParseGitmodules(
      "# comment\n[core]\n\tpath = x\n[submodule \"libs/a\"]\n\tpath = libs/a\n\turl = "
      "https://h/a.git # trailing\n\tbranch = main\n"
      "[submodule \"b\"]\n  url = \"../b.git\"\n  PATH = \"deploy/b c\"\n");
  ASSERT_TRUE(modules.ok()) << modules.status().message();
  ASSERT_EQ(modules->size(), 2u);
  EXPECT_EQ((*modules)[0].name, "libs/a");
  EXPECT_EQ((*modules)[0].path, "libs/a");
  EXPECT_EQ((*modules)[0].url, "https://h/a.git");
  EXPECT_EQ((*modules)[1].path, "deploy/b c");
  EXPECT_EQ((*modules)[1].url, "../b.git");
  EXPECT_TRUE(ParseGitmodules("")->empty());
}

TEST(GitmodulesTest, RefusesPathsAndUrlsThatLead) {
  const struct {
    std::string path, url;
  } cases[] = {
      {"../x", "https://h/a"},
      {"/x", "https://h/a"},
      {"a/../../b", "https://h/a"},
      {".git/hooks", "https://h/a"},
      {"a/.GIT", "https://h/a"},
      {"", "https://h/a"},
      {"a\\\\b", "https://h/a"},
      {"-x", "https://h/a"},
      {"a", "--upload-pack=x"},
      {"a", "file:///etc"},
      {"a", "ext::sh -c x"},
      {"a", "/etc/passwd"},
      {"a", "https://-h/x"},
      {"a", ""},
      {"a", "ssh://-oProxyCommand=x/y"},
      {"a", "git://h/x"},
      {"a//b", "https://h/a"},
  };
  for (const auto& c : cases) {
    EXPECT_FALSE(
        ParseGitmodules("[submodule \"m\"]\npath = " + c.path + "\nurl = " + c.url + "\n").ok())
        << c.path << " " << c.url;
  }
}

TEST(GitmodulesTest, ResolvesUrls) {
  const struct {
    std::string parent, url, want;
  } cases[] = {
      {"https://h/org/repo.git", "../sub.git", "https://h/org/sub.git"},
      {"https://h:8443/org/repo.git/", "./sub", "https://h:8443/org/repo.git/sub"},
      {"ssh://git@h/org/repo", "../../other/x", "ssh://git@h/other/x"},
      {"https://h/org/repo", "http://i/x", "http://i/x"},
      {"https://h/org/repo", "git@i:org/x.git", "ssh://git@i/org/x.git"},
      {"https://h/org/repo", "../../../x", ""},
  };
  for (const auto& c : cases) {
    const auto url = ResolveSubmoduleUrl(c.parent, c.url);
    EXPECT_EQ(url.ok() ? *url : "", c.want) << c.parent << " " << c.url;
  }
}

}  // namespace
}  // namespace sluice::git
