#include "poke_ledger.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::source {
namespace {

using document::Value;

const kube::ObjectKey kKey{"ns", "app"};

Value Object(const std::string& requested, const std::string& handled, int generation = 1) {
  return *document::ParseJson(R"({"metadata":{"generation":)" + std::to_string(generation) +
                              R"(,"annotations":{"reconcile.fluxcd.io/requestedAt":")" + requested +
                              R"("}},"status":{"observedGeneration":1,"lastHandledReconcileAt":")" +
                              handled + R"("}})");
}

std::string Shown(const Value& object) {
  return std::string(
      object["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"].AsString());
}

TEST(PokeLedgerTest, ARequestAheadOfItsAnnotationIsAnsweredOnce) {
  PokeLedger ledger;
  Value object = Object("1", "1");
  EXPECT_TRUE(ledger.Asked(kKey, "2", object));
  EXPECT_FALSE(ledger.TakeUp(kKey, object));
  EXPECT_EQ(Shown(object), "2");
  EXPECT_FALSE(ledger.Asked(kKey, "2", Object("1", "1")));  // the poke once more
  object = Object("2", "2");                                // the watch shows it
  EXPECT_TRUE(ledger.TakeUp(kKey, object));
  EXPECT_FALSE(ledger.TakeUp(kKey, object));  // the next pass is another matter
}

TEST(PokeLedgerTest, AnotherPassInBetweenIsNotSkipped) {
  PokeLedger ledger;
  Value object = Object("1", "1");
  ledger.Asked(kKey, "2", object);
  ledger.TakeUp(kKey, object);
  Value before = Object("1", "2");  // the annotation is still under way
  EXPECT_FALSE(ledger.TakeUp(kKey, before));
  object = Object("2", "2");
  EXPECT_TRUE(ledger.TakeUp(kKey, object));
}

TEST(PokeLedgerTest, ANewerRequestOrGenerationIsNotSkipped) {
  for (Value next : {Object("3", "2"), Object("2", "2", 2)}) {
    PokeLedger ledger;
    Value object = Object("1", "1");
    ledger.Asked(kKey, "2", object);
    ledger.TakeUp(kKey, object);
    EXPECT_FALSE(ledger.TakeUp(kKey, next));
  }
}

TEST(PokeLedgerTest, TheWatchMayBeFaster) {
  PokeLedger ledger;
  Value object = Object("2", "1");
  EXPECT_TRUE(ledger.Asked(kKey, "2", Object("1", "1")));
  EXPECT_FALSE(ledger.TakeUp(kKey, object));
  EXPECT_FALSE(ledger.TakeUp(kKey, object));
}

TEST(PokeLedgerTest, LatePokesAreIgnored) {
  PokeLedger ledger;
  EXPECT_FALSE(ledger.Asked(kKey, "1", Object("2", "2")));
  EXPECT_FALSE(ledger.Asked(kKey, "2", Object("2", "2")));
}

TEST(PokeLedgerTest, AFailedPassIsTriedAgain) {
  PokeLedger ledger;
  Value object = Object("1", "1");
  ledger.Asked(kKey, "2", object);
  ledger.TakeUp(kKey, object);
  ledger.Drop(kKey);
  object = Object("2", "2");
  EXPECT_FALSE(ledger.TakeUp(kKey, object));
}

}  // namespace
}  // namespace sluice::source
