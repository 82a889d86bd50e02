#include "composed_tree.h"

#include <gtest/gtest.h>

#include "git_include_step.h"

namespace sluice::source {
namespace {

// "a/ a/b=… c" of the whole tree.
std::string Show(const io::FileTree& tree, const std::string& dir = "") {
  std::string out;
  const auto entries = tree.ReadDir(dir);
  EXPECT_TRUE(entries.ok()) << dir << ": " << entries.status().message();
  if (!entries.ok()) return out;
  for (const auto& e : *entries) {
    const std::string path = dir.empty() ? e.name : dir + "/" + e.name;
    EXPECT_EQ(tree.Stat(path)->kind, e.info.kind) << path;
    if (e.info.kind == io::FileKind::kDirectory) {
      out += path + "/ " + Show(tree, path);
    } else {
      out += path + "=" + *tree.ReadFile(path) + " ";
    }
  }
  return out;
}

TEST(ComposedTreeTest, SelectsByPlainPrefix) {
  const std::map<std::string, std::string> files{
      {"app/x", "1"}, {"apple/y", "2"}, {"app.yaml", "3"}, {"root", "4"}, {"lib/app/z", "5"}};
  const struct {
    std::vector<std::string> prefixes;
    std::string want;
  } cases[] = {
      {{}, "app/ app/x=1 app.yaml=3 apple/ apple/y=2 lib/ lib/app/ lib/app/z=5 root=4 "},
      {{"app"}, "app/ app/x=1 app.yaml=3 apple/ apple/y=2 "},
      {{"app/"}, "app/ app/x=1 "},
      {{"lib/app", "root"}, "lib/ lib/app/ lib/app/z=5 root=4 "},
  };
  for (const auto& c : cases) {
    ComposedTree tree(io::MakeMemoryTree(files));
    tree.Select(c.prefixes);
    EXPECT_EQ(Show(tree), c.want);
  }
}

TEST(ComposedTreeTest, MountsOverAndBesideTheBase) {
  ComposedTree tree(io::MakeMemoryTree({{"a/b", "1"}, {"mod/old", "2"}}));
  const std::shared_ptr<const io::FileTree> other = io::MakeMemoryTree({{"x/y", "3"}, {"z", "4"}});
  tree.Mount("mod", other, "");
  tree.Mount("a/deep/er", other, "x");
  tree.Mount("a/file", other, "z");
  tree.Mount("mod/x/inner", other, "x");
  EXPECT_EQ(Show(tree),
            "a/ a/b=1 a/deep/ a/deep/er/ a/deep/er/y=3 a/file=4 mod/ mod/x/ mod/x/inner/ "
            "mod/x/inner/y=3 mod/x/y=3 mod/z=4 ");
  EXPECT_FALSE(tree.Stat("mod/old").ok());
  EXPECT_TRUE(tree.Stat("a/deep").ok());
  EXPECT_FALSE(tree.Stat("nope").ok());
}

TEST(ComposedTreeTest, PathsOfTheSpecStayBelowTheRoot) {
  for (const auto& [path, want] : {std::pair("../../x", "x"),
                                   {"/a/./b/", "a/b"},
                                   {"a/../../b", "b"},
                                   {".", ""},
                                   {"", ""},
                                   {"./a", "a"}}) {
    EXPECT_EQ(PathBelowRoot(path), want) << path;
  }
}

}  // namespace
}  // namespace sluice::source
