#include "precedence.h"

#include <gtest/gtest.h>

#include <optional>

namespace sluice::kustomization {
namespace {

TEST(PrecedenceTest, HoldsBackWhileOthersWorkAndWakesWhenTheLastIsDone) {
  std::vector<std::string> woken;
  Precedence precedence([&](const kube::ObjectKey& key) { woken.push_back(key.ToString()); });
  EXPECT_FALSE(precedence.HoldBack({"ns", "alone"}));
  {
    std::optional<Precedence::Turn> first(&precedence), second(&precedence);
    EXPECT_TRUE(precedence.HoldBack({"ns", "a"}));
    first.reset();
    EXPECT_TRUE(precedence.HoldBack({"ns", "b"}));
    EXPECT_TRUE(woken.empty());
  }
  EXPECT_EQ(woken, (std::vector<std::string>{"ns/a", "ns/b"}));
  EXPECT_FALSE(precedence.HoldBack({"ns", "c"}));
}

TEST(PrecedenceTest, ATurnOfNobodyHoldsNobodyBack) {
  Precedence precedence([](const kube::ObjectKey&) { ADD_FAILURE(); });
  const Precedence::Turn none(nullptr);
  EXPECT_FALSE(precedence.HoldBack({"ns", "a"}));
}

}  // namespace
}  // namespace sluice::kustomization
