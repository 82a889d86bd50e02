// When the artifact is asked for, and when the source's word is enough. The artifact of these tests
// has no digest, which is what the cache answers at once, without a connection.
#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "steps.h"

namespace sluice::kustomization {
namespace {

using namespace std::chrono_literals;
using artifact::PathDigests;
using kustomize::Input;
using Files = std::map<std::string, std::string>;

PathTablePtr TableOf(const Files& files, size_t budget = PathDigests::kDefaultBudget) {
  auto table = PathDigests::FromTree(*io::MakeMemoryTree(files), budget);
  EXPECT_TRUE(table.ok());
  return std::make_shared<const PathDigests>(*std::move(table));
}

const Files kBefore = {{"app/a.yaml", "1"}, {"base/b.yaml", "1"}, {"docs/c", "1"}};

Files With(const std::string& path, const std::string& content) {
  Files files = kBefore;
  files[path] = content;
  return files;
}

class FetchStepTest : public testing::Test {
 protected:
  FetchStepTest() {
    attempt_.spec.interval = 10min;
    Baseline baseline;
    baseline.generation = 3;
    baseline.inputs = {{Input::What::kFile, "app/a.yaml"}, {Input::What::kFile, "base/b.yaml"}};
    baseline.inputs_key = InputsKey(*TableOf(kBefore), baseline.inputs);
    baseline.build_digest = "sha256:built";
    baseline.read_at = clock_.Steady();
    state_.baseline = baseline;
    pass_.generation = 3;
    pass_.news = true;
    pass_.started = clock_.Steady() + 1min;
  }
  // Whether the pass ends without the artifact, or asks for it.
  bool Suffices(PathTablePtr table) {
    pass_.table = std::move(table);
    LoadedArtifactPtr loaded;
    const StepResult result = step_.Run(attempt_, pass_, loaded);
    EXPECT_EQ(loaded, nullptr);
    EXPECT_EQ(pass_.unchanged_inputs, result.state == StepResult::State::kNext);
    if (!pass_.unchanged_inputs) {
      EXPECT_EQ(result.status.message(), "empty digest");
    }
    return pass_.unchanged_inputs;
  }

  base::FakeClock clock_;
  runtime::Timer timer_{clock_};
  std::unique_ptr<http::Client> http_ = *http::Client::Create({});
  ArtifactCache artifacts_{nullptr, *http_, timer_, {}};
  Builder builder_{"/tmp"};
  std::unique_ptr<observe::Registry> registry_ = observe::MakeRegistry();
  Metrics metrics_{*registry_};
  FetchStep step_{artifacts_, builder_, metrics_, 0};
  State state_;
  Attempt attempt_{observe::Context(), {"flux-system", "app"}, nullptr, {}, state_, nullptr};
  Pass pass_;
};

TEST_F(FetchStepTest, NewsThatLeavesAllInputsAloneNeedsNoArtifact) {
  EXPECT_TRUE(Suffices(TableOf(With("docs/c", "2"))));
  EXPECT_TRUE(pass_.attempted);
  EXPECT_EQ(pass_.baseline.build_digest, "sha256:built");
  EXPECT_EQ(pass_.baseline.read_at, state_.baseline->read_at) << "no byte was read";
  EXPECT_NE(registry_->Expose().find("sluice_kustomize_unchanged_total{known_by=\"table\"} 1"),
            std::string::npos);
}

TEST_F(FetchStepTest, AnInputThatChangedNeedsIt) {
  EXPECT_FALSE(Suffices(TableOf(With("app/a.yaml", "2"))));
  EXPECT_FALSE(Suffices(TableOf(With("base/b.yaml", "2"))));
}

TEST_F(FetchStepTest, WithoutATableOrOneThatSaysTooLittleItIsNeeded) {
  const auto cut = TableOf(With("docs/c", "2"), 40);
  ASSERT_FALSE(cut->complete());
  EXPECT_FALSE(Suffices(nullptr));
  EXPECT_FALSE(Suffices(cut));
  state_.baseline->Learn(*TableOf(kBefore, 100));
  EXPECT_TRUE(Suffices(TableOf(With("docs/c", "2"), 100))) << "cut at the same level";
}

TEST_F(FetchStepTest, WhereMoreThanTheNewsIsAskedItIsNeeded) {
  const auto table = TableOf(With("docs/c", "2"));
  const struct {
    const char* name;
    std::function<void()> change;
  } cases[] = {
      {"an interval's pass, or drift", [this] { pass_.news = false; }},
      {"a request", [this] { pass_.full = true; }},
      {"another spec", [this] { pass_.generation = 4; }},
      {"no pass that applied all", [this] { state_.baseline.reset(); }},
      {"bytes read an interval ago", [this] { pass_.started += 9min; }},
  };
  const Baseline baseline = *state_.baseline;
  const auto started = pass_.started;
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    c.change();
    EXPECT_FALSE(Suffices(table));
    pass_.news = true;
    pass_.full = false;
    pass_.generation = 3;
    pass_.started = started;
    state_.baseline = baseline;
  }
  EXPECT_TRUE(Suffices(table));
}

}  // namespace
}  // namespace sluice::kustomization
