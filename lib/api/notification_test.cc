#include "api/notification.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::api {
namespace {

document::Value Parse(std::string_view json) {
  auto value = document::ParseJson(json);
  SLUICE_CHECK(value.ok());
  return *std::move(value);
}

TEST(NotificationTest, WebhookPathMatchesTheFluxCli) {
  EXPECT_EQ(WebhookPath("f9b3e1c8a7d2", "flux-system", "podinfo"),
            "/hook/b8b5130263db6b6b5c698d9ceaca66efde99e9e9756e76300fdda06a5c8b684a");
  EXPECT_EQ(WebhookPath("", "prod", "app"),
            "/hook/d9e27fa9e890b82b794768a3442752d66e8b16f1e37f4e77f9e82a9b567ae4c5");
}

TEST(NotificationTest, AlertTakesItsDefaults) {
  const Alert a = Alert::From(
      Parse(R"({"metadata":{"name":"a","namespace":"n"},"spec":{"providerRef":{"name":"p"},
      "eventSources":[{"kind":"Kustomization","name":"*"},{"kind":"Bucket","name":"b","matchLabels":{}}]}})"));
  EXPECT_EQ(a.severity, "info");
  ASSERT_EQ(a.sources.size(), 2u);
  EXPECT_FALSE(a.sources[0].match_labels.has_value());
  EXPECT_TRUE(a.sources[1].match_labels.has_value());
  EXPECT_FALSE(a.suspend);
}

TEST(NotificationTest, ProviderAndReceiverTakeTheirDefaults) {
  const Provider p = Provider::From(Parse(R"({"spec":{"type":"slack","timeout":"1m"}})"));
  EXPECT_EQ(p.timeout, std::chrono::minutes(1));
  EXPECT_EQ(Provider::From(Parse("{}")).timeout, std::chrono::seconds(15));
  EXPECT_EQ(Receiver::From(Parse("{}")).interval, std::chrono::minutes(10));
}

}  // namespace
}  // namespace sluice::api
