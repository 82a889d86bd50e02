#include "dependencies.h"

#include <gtest/gtest.h>

#include "document/json.h"
#include "kube/fake_informer.h"

namespace sluice::kustomization {
namespace {

document::Value Kustomization(const std::string& name, int generation, int observed,
                              const std::string& ready, const std::string& revision,
                              const std::string& source = "fleet") {
  auto value = document::ParseJson(
      R"({"metadata":{"namespace":"flux-system","name":")" + name + R"(","generation":)" +
      std::to_string(generation) + R"(},"spec":{"sourceRef":{"kind":"GitRepository","name":")" +
      source + R"("}},"status":{"observedGeneration":)" + std::to_string(observed) +
      R"(,"lastAppliedRevision":")" + revision + R"(","conditions":[{"type":"Ready","status":")" +
      ready + R"("}]}})");
  return std::move(value).value();
}

class DependenciesTest : public testing::Test {
 protected:
  Dependencies::Verdict Check(const std::string& name) const {
    api::KustomizationSpec spec;
    spec.source = {"GitRepository", "flux-system", "fleet"};
    spec.depends_on = {{"flux-system", name, ""}};
    return Dependencies(informer_, states_).Check(spec, "r2");
  }
  kube::FakeInformer informer_;
  States states_;
};

TEST_F(DependenciesTest, WordsAreFluxs) {
  informer_.Put(Kustomization("ready", 1, 1, "True", "r2"));
  informer_.Put(Kustomization("old", 1, 1, "True", "r1"));
  informer_.Put(Kustomization("other-source", 1, 1, "True", "r1", "other"));
  informer_.Put(Kustomization("failing", 1, 1, "False", ""));
  informer_.Put(Kustomization("stale", 2, 1, "True", "r2"));
  const struct {
    std::string name, message;
  } cases[] = {
      {"ready", ""},
      {"other-source", ""},
      {"old", "dependency 'flux-system/old' revision is not up to date"},
      {"failing", "dependency 'flux-system/failing' is not ready"},
      {"stale", "dependency 'flux-system/stale' is not ready"},
      {"absent",
       "dependency 'flux-system/absent' not found: kustomizations.kustomize.toolkit.fluxcd.io "
       "\"absent\" not found"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(Check(c.name).status.message(), c.message);
  }
}

TEST_F(DependenciesTest, ADependencyUnderWayIsNotSettled) {
  informer_.Put(Kustomization("a", 1, 1, "False", ""));
  EXPECT_FALSE(Check("a").settled);
  const auto finish = [&](int generation, const char* revision) {
    Finished finished;
    finished.generation = generation;
    finished.revision = revision;
    states_.Of({"flux-system", "a"})->Finish(finished);
  };
  finish(1, "r1");
  EXPECT_FALSE(Check("a").settled);
  finish(1, "r2");
  EXPECT_TRUE(Check("a").settled);
  EXPECT_TRUE(Check("absent").settled);
}

}  // namespace
}  // namespace sluice::kustomization
