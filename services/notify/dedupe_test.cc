#include "dedupe.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "test_events.h"

namespace sluice::notify {
namespace {

TEST(DedupeTest, KeyIsThePeers) {
  EXPECT_EQ(DedupeKey(ExampleEvent()),
            "1c8a8f8210cecdd0103f3ed9aad98744d3540eec69b006e4e6d7b3935abcce76");
}

TEST(DedupeTest, KeyCountsObjectMessageRevisionAndTokenOnly) {
  const std::string key = DedupeKey(ExampleEvent());
  auto event = ExampleEvent();
  event.severity = "error";
  event.reason = "Other";
  event.metadata["event.toolkit.fluxcd.io/env"] = "dev";
  EXPECT_EQ(DedupeKey(event), key);
  event.metadata["kustomize.toolkit.fluxcd.io/token"] = "salt";
  EXPECT_NE(DedupeKey(event), key);
}

TEST(DedupeTest, AdmitsOncePerWindow) {
  base::FakeClock clock;
  DedupeWindow window(clock, std::chrono::minutes(5));
  const auto first = window.Admit("k");
  EXPECT_TRUE(first.admitted);
  EXPECT_EQ(first.reset, clock.Now() + std::chrono::minutes(5));
  clock.Advance(std::chrono::minutes(4));
  EXPECT_FALSE(window.Admit("k").admitted);
  EXPECT_TRUE(window.Admit("other").admitted);
  clock.Advance(std::chrono::minutes(1));
  EXPECT_TRUE(window.Admit("k").admitted);
}

}  // namespace
}  // namespace sluice::notify
