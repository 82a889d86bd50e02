#include "baseline.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "builder.h"

namespace sluice::kustomization {
namespace {

using artifact::PathDigests;
using kustomize::Input;
using Files = std::map<std::string, std::string>;

PathDigests TableOf(const Files& files, size_t budget = PathDigests::kDefaultBudget) {
  auto table = PathDigests::FromTree(*io::MakeMemoryTree(files), budget);
  EXPECT_TRUE(table.ok());
  // As it comes over the bus.
  auto read = PathDigests::Decode(table->Encode());
  EXPECT_TRUE(read.ok());
  return *std::move(read);
}

TEST(InputsKeyTest, ChangesWithWhatWasRead) {
  const std::vector<Input> inputs = {{Input::What::kFile, "a/x.yaml"},
                                     {Input::What::kDirectory, "a"},
                                     {Input::What::kMissing, "a/kustomization.yml"},
                                     {Input::What::kListing, "l"}};
  const Files base = {{"a/x.yaml", "1"}, {"b/y.yaml", "1"}, {"l/z.yaml", "1"}};
  const std::string key = InputsKey(TableOf(base), inputs);
  auto files = base;
  files["b/y.yaml"] = "2";
  files["a/unread.yaml"] = "2";
  EXPECT_EQ(InputsKey(TableOf(files), inputs), key) << "files nobody read do not count";
  const struct {
    std::string path, content;
  } changes[] = {{"a/x.yaml", "2"}, {"a/kustomization.yml", ""}, {"l/new.yaml", ""}};
  for (const auto& change : changes) {
    SCOPED_TRACE(change.path);
    files = base;
    files[change.path] = change.content;
    EXPECT_NE(InputsKey(TableOf(files), inputs), key);
  }
}

TEST(InputsKeyTest, ADirectoryThatATableDoesNotListIsNotTakenForThere) {
  const std::vector<Input> inputs = {{Input::What::kDirectory, "a/b/c"}};
  const Files with = {{"a/b/c/x", "1"}, {"a/b/y", "1"}}, without = {{"a/b/y", "1"}};
  constexpr size_t kTwoLevels = 60;
  ASSERT_FALSE(TableOf(with, kTwoLevels).Knows("a/b/c"));
  EXPECT_NE(InputsKey(TableOf(with, kTwoLevels), inputs),
            InputsKey(TableOf(without, kTwoLevels), inputs));
}

std::string ConfigMap(const std::string& name, const std::string& value) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  a: \"" +
         value + "\"\n";
}

const std::string kHead = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";

Files Repository() {
  return {
      {"base/kustomization.yaml", kHead + "resources: [settings.yaml]\n"},
      {"base/settings.yaml", ConfigMap("settings", "1")},
      {"base/unused.yaml", ConfigMap("unused", "1")},
      {"deep/er/part/kustomization.yaml",
       "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n"
       "- path: patch.yaml\n"},
      {"deep/er/part/patch.yaml",
       "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {b: patched}\n"},
      {"overlay/kustomization.yaml",
       kHead + "resources: [../base, own.yaml]\ncomponents: [../deep/er/part]\n"
               "configMapGenerator: [{name: made, files: [notes.txt]}]\n"},
      {"overlay/own.yaml", ConfigMap("own", "1")},
      {"overlay/notes.txt", "note"},
      {"plain/one.yaml", ConfigMap("one", "1")},
      {"plain/sub/two.yaml", ConfigMap("two", "1")},
      {"plain/readme.md", "read me"},
      {"docs/readme.md", "read me"},
  };
}

const kube::ObjectKey kKey{"flux-system", "app"};

class BaselineTest : public testing::Test {
 protected:
  base::Result<Built> Build(const Files& files, const std::string& path) {
    api::KustomizationSpec spec;
    spec.path = path;
    return builder_.Build(*io::MakeMemoryTree(files), path, kKey, spec);
  }
  // Of a pass that read the bytes, and had a table of this budget for them (if any).
  Baseline Of(const Files& files, const std::string& path, std::optional<size_t> budget) {
    const auto built = Build(files, path);
    EXPECT_TRUE(built.ok()) << built.status().message();
    Baseline baseline;
    baseline.inputs = built->inputs;
    baseline.build_digest = built->digest;
    baseline.inputs_key = InputsKey(TableOf(files), baseline.inputs);
    if (budget) baseline.Learn(TableOf(files, *budget));
    return baseline;
  }

  Builder builder_{"/tmp"};
};

TEST_F(BaselineTest, EveryPathThatTheBuildReadCountsAndNoOther) {
  const struct {
    std::string build, path, content;  // content "-": the file goes
    bool holds;
  } cases[] = {
      {"overlay", "docs/readme.md", "2", true},
      {"overlay", "docs/readme.md", "-", true},
      {"overlay", "plain/one.yaml", ConfigMap("one", "2"), true},
      {"overlay", "base/unused.yaml", "2", true},
      {"overlay", "new/file.yaml", "2", true},
      {"overlay", "overlay/own.yaml", ConfigMap("own", "2"), false},
      {"overlay", "overlay/notes.txt", "another", false},
      {"overlay", "overlay/kustomization.yaml", kHead + "resources: [own.yaml]\n", false},
      {"overlay", "base/settings.yaml", ConfigMap("settings", "2"), false},
      {"overlay", "base/settings.yaml", "-", false},
      {"overlay", "base/kustomization.yaml", kHead + "resources: [unused.yaml]\n", false},
      {"overlay", "deep/er/part/patch.yaml", "kind: ConfigMap", false},
      {"overlay", "deep/er/part/kustomization.yaml", "-", false},
      {"plain", "docs/readme.md", "2", true},
      {"plain", "overlay/own.yaml", "2", true},
      {"plain", "plain/sub/two.yaml", ConfigMap("two", "2"), false},
      {"plain", "plain/sub/three.yaml", ConfigMap("three", "1"), false},
      {"plain", "plain/sub/kustomization.yaml", kHead, false},
      {"plain", "plain/kustomization.yml", kHead + "resources: [one.yaml]\n", false},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.build + ": " + c.path + " = " + c.content);
    Files after = Repository();
    if (c.content == "-") {
      after.erase(c.path);
    } else {
      after[c.path] = c.content;
    }
    for (const bool learned : {false, true}) {
      std::optional<size_t> budget;
      if (learned) budget = PathDigests::kDefaultBudget;
      const Baseline baseline = Of(Repository(), c.build, budget);
      EXPECT_TRUE(baseline.table_key.empty()) << "a whole table says what the bytes say";
      EXPECT_EQ(baseline.HoldsIn(TableOf(after)), c.holds);
    }
  }
}

// However little a table lists: each file in turn goes, changes, or gets a neighbour; where a table
// says that nothing changed, the build gives the same.
TEST_F(BaselineTest, ATableNeverSaysUnchangedWrongly) {
  const Files before = Repository();
  int held = 0;
  for (const std::string build : {"overlay", "plain"}) {
    const std::string wanted = Build(before, build)->digest;
    for (const size_t had : {600u, 300u, 150u, 40u, 0u}) {
      const Baseline baseline = Of(before, build, had);
      for (const auto& [path, content] : before) {
        for (const std::string change : {"gone", "other", "neighbour", "moved"}) {
          Files after = before;
          if (change == "gone" || change == "moved") after.erase(path);
          if (change == "other") after[path] = content + "\n# changed\n" + ConfigMap("new", "1");
          if (change == "neighbour") after[path + ".yaml"] = ConfigMap("neighbour", "1");
          if (change == "moved") after["moved/" + path] = content;
          const auto rebuilt = Build(after, build);
          for (const size_t has : {1u << 20, 600u, 300u, 150u, 40u, 0u}) {
            if (!baseline.HoldsIn(TableOf(after, has))) continue;
            ++held;
            ASSERT_TRUE(rebuilt.ok()) << build << ": " << path << ' ' << change << ' ' << has;
            EXPECT_EQ(rebuilt->digest, wanted) << build << ": " << path << ' ' << change;
          }
        }
      }
    }
  }
  EXPECT_GT(held, 100);
}

TEST_F(BaselineTest, APartialTableIsOfUseToOneThatKnewTheFormer) {
  const Files before = Repository();
  Files after = before;
  after["docs/readme.md"] = "2";
  constexpr size_t kOneLevel = 200;
  const PathDigests table = TableOf(after, kOneLevel);
  ASSERT_FALSE(table.complete());
  EXPECT_FALSE(Of(before, "overlay", std::nullopt).HoldsIn(table));
  Baseline baseline = Of(before, "overlay", kOneLevel);
  EXPECT_FALSE(baseline.table_key.empty());
  EXPECT_TRUE(baseline.HoldsIn(table));
  EXPECT_TRUE(baseline.HoldsIn(TableOf(after))) << "a whole one as well";
  after["base/settings.yaml"] = ConfigMap("settings", "2");
  EXPECT_FALSE(baseline.HoldsIn(TableOf(after, kOneLevel)));
}

TEST(BaselineAgeTest, BytesAreReadOnceAnInterval) {
  using namespace std::chrono_literals;
  Baseline baseline;
  baseline.read_at = base::Clock::SteadyTime(1h);
  EXPECT_TRUE(baseline.Recent(base::Clock::SteadyTime(1h + 59s), 1min));
  EXPECT_FALSE(baseline.Recent(base::Clock::SteadyTime(1h + 60s), 1min));
}

}  // namespace
}  // namespace sluice::kustomization
