#include "metadata.h"

#include <gtest/gtest.h>

#include "test_events.h"

namespace sluice::notify {
namespace {

using Map = std::map<std::string, std::string>;

TEST(MetadataTest, CleaningKeepsUserAndControllerKeys) {
  auto event = ExampleEvent();
  event.metadata["other/key"] = "x";
  event.metadata["kustomize.toolkit.fluxcd.io/Checksum"] = "x";
  event.metadata["kustomize.toolkit.fluxcd.io/digest"] = "x";
  CleanMetadata(event);
  EXPECT_EQ(event.metadata, ExampleEvent().metadata);
}

TEST(MetadataTest, LaterSourcesWinAndConflictsAreNamed) {
  api::Alert alert;
  alert.metadata = {{"env", "alert"}, {"cluster", "eu1"}, {"revision", "mine"}};
  alert.summary = "s";
  const auto combined = CombineMetadata(ExampleEvent(), alert);
  EXPECT_EQ(combined.metadata,
            (Map{{"cluster", "eu1"},
                 {"env", "alert"},
                 {"revision", "main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738"},
                 {"summary", "s"}}));
  EXPECT_EQ(
      combined.conflicts,
      (Map{{"env", "involved object annotations, Alert object .spec.eventMetadata"},
           {"revision", "Alert object .spec.eventMetadata, involved object controller metadata"}}));
}

TEST(MetadataTest, NothingToCombineKeepsTheOriginal) {
  api::Event event;
  event.metadata = {{"x", "y"}};
  EXPECT_EQ(CombineMetadata(event, {}).metadata, event.metadata);
}

}  // namespace
}  // namespace sluice::notify
