#include "api/event.h"

#include <gtest/gtest.h>

#include "api/artifact.h"
#include "document/json.h"

namespace sluice::api {
namespace {

Event Sample() {
  Event e;
  e.involved_object = {
      "Kustomization", "flux-system", "apps", "b7b1", "kustomize.toolkit.fluxcd.io/v1", "8123", ""};
  e.severity = SeverityName(EventSeverity::kInfo);
  e.timestamp = base::FromUnixSeconds(1'770'113'472);
  e.message = "a\nb";
  e.reason = "Progressing";
  e.metadata = {{"z", "1"}, {"a", "2"}};
  e.reporting_controller = "kustomize-controller";
  e.reporting_instance = "host";
  return e;
}

TEST(EventTest, WritesThePeersShape) {
  EXPECT_EQ(
      ToJsonText(Sample()),
      R"({"involvedObject":{"kind":"Kustomization","namespace":"flux-system","name":"apps","uid":"b7b1",)"
      R"("apiVersion":"kustomize.toolkit.fluxcd.io/v1","resourceVersion":"8123"},"severity":"info",)"
      R"("timestamp":"2026-02-03T10:11:12Z","message":"a\nb","reason":"Progressing","metadata":{"a":"2","z":"1"},)"
      R"("reportingController":"kustomize-controller","reportingInstance":"host"})");
}

TEST(EventTest, ReadsWhatItWrote) {
  const auto event = EventFromValue(*document::ParseJson(ToJsonText(Sample())));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(*event, Sample());
  EXPECT_FALSE(EventFromValue(*document::ParseJson("[]")).ok());
  EXPECT_FALSE(EventFromValue(*document::ParseJson(R"({"timestamp":"yesterday"})")).ok());
  EXPECT_EQ(ToValue(Event{})["timestamp"].is_null(), true);
}

TEST(ArtifactTest, RoundTrips) {
  const Artifact a{"p", "http://u",  "main@sha1:1", "sha256:2", "2026-02-03T10:11:12Z",
                   12,  {{"k", "v"}}};
  document::Value object = document::Value::Object();
  object.Mutable("status").Set("artifact", ToValue(a));
  EXPECT_EQ(*ArtifactOf(object), a);
  EXPECT_FALSE(ArtifactOf(document::Value::Object()).has_value());
}

}  // namespace
}  // namespace sluice::api
