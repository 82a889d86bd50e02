#include "apply/inventory.h"

#include <gtest/gtest.h>

#include "apply/change_set.h"
#include "document/json.h"

namespace sluice::apply {
namespace {

TEST(ObjectRefTest, IdsReadBackAsTheyWereWritten) {
  const struct {
    ObjectRef ref;
    std::string id, subject;
  } cases[] = {
      {{{"", "Namespace"}, {"", "my-ns"}, "v1"}, "_my-ns__Namespace", "Namespace/my-ns"},
      {{{"", "Service"}, {"default", "podinfo"}, "v1"},
       "default_podinfo__Service",
       "Service/default/podinfo"},
      {{{"apps", "Deployment"}, {"apps", "web"}, "v1"},
       "apps_web_apps_Deployment",
       "Deployment/apps/web"},
      {{{"rbac.authorization.k8s.io", "ClusterRole"}, {"", "system:monitoring"}, "v1"},
       "_system__monitoring_rbac.authorization.k8s.io_ClusterRole",
       "ClusterRole/system:monitoring"},
      {{{"rbac.authorization.k8s.io", "RoleBinding"}, {"a", "b:c:d"}, "v1"},
       "a_b__c__d_rbac.authorization.k8s.io_RoleBinding",
       "RoleBinding/a/b:c:d"},
      {{{"apiextensions.k8s.io", "CustomResourceDefinition"}, {"", "things.example.org"}, "v1"},
       "_things.example.org_apiextensions.k8s.io_CustomResourceDefinition",
       "CustomResourceDefinition/things.example.org"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.id);
    EXPECT_EQ(c.ref.Id(), c.id);
    EXPECT_EQ(c.ref.Subject(), c.subject);
    const auto parsed = ObjectRef::ParseId(c.id, c.ref.version);
    ASSERT_TRUE(parsed.ok()) << parsed.status().message();
    EXPECT_EQ(*parsed, c.ref);
    EXPECT_EQ(parsed->version, c.ref.version);
  }
}

TEST(ObjectRefTest, RejectsWhatIsNoId) {
  for (const std::string id :
       {"", "a", "a_b", "a_b_c", "_", "____", "ns__group_Kind", "ns_name_group_"}) {
    const auto parsed = ObjectRef::ParseId(id, "v1");
    ASSERT_FALSE(parsed.ok()) << "accepted '" << id << "'";
    EXPECT_EQ(parsed.status().message(), "unable to parse stored object metadata: " + id);
  }
}

ObjectRef ConfigMap(const std::string& name) { return {{"", "ConfigMap"}, {"apps", name}, "v1"}; }

TEST(InventoryTest, KeepsOrderAndVersionsThroughStatus) {
  const std::string text =
      R"({"entries":[{"id":"_apps__Namespace","v":"v1"},{"id":"apps_web_apps_Deployment","v":"v1"},{"id":"apps_h_autoscaling_HorizontalPodAutoscaler","v":"v2"}]})";
  const auto inventory = Inventory::FromStatus(*document::ParseJson(text));
  ASSERT_TRUE(inventory.ok());
  EXPECT_EQ(document::ToJson(inventory->ToStatus()), text);
  EXPECT_TRUE(Inventory::FromStatus(document::Value())->empty());
  EXPECT_FALSE(
      Inventory::FromStatus(*document::ParseJson(R"({"entries":[{"id":"x","v":"v1"}]})")).ok());
}

TEST(InventoryTest, MinusIgnoresVersions) {
  Inventory old_one, new_one;
  for (const auto* name : {"a", "b", "c"}) old_one.Add(ConfigMap(name));
  auto b = ConfigMap("b");
  b.version = "v2";
  new_one.Add(b);
  const auto stale = old_one.Minus(new_one);
  ASSERT_EQ(stale.size(), 2u);
  EXPECT_EQ(stale[0].key.name, "a");
  EXPECT_EQ(stale[1].key.name, "c");
}

TEST(InventoryTest, MergeAddsOnlyWhatIsMissing) {
  Inventory into, other;
  into.Add(ConfigMap("a"));
  other.Add(ConfigMap("a"));
  other.Add(ConfigMap("b"));
  into.Merge(other);
  EXPECT_EQ(into.entries().size(), 2u);
}

TEST(ChangeSetTest, WordsAndOrder) {
  ChangeSet changes;
  changes.Add({{"", "Namespace"}, {"", "apps"}, "v1"}, Action::kUnchanged);
  changes.Add(ConfigMap("a"), Action::kCreated);
  changes.Add(ConfigMap("b"), Action::kConfigured);
  changes.Add(ConfigMap("c"), Action::kSkipped);
  changes.Add(ConfigMap("d"), Action::kDeleted);
  EXPECT_TRUE(changes.Changed());
  EXPECT_EQ(changes.Lines(true),
            "ConfigMap/apps/a created\nConfigMap/apps/b configured\nConfigMap/apps/d deleted");
  EXPECT_EQ(changes.Lines(false),
            "Namespace/apps unchanged\nConfigMap/apps/a created\nConfigMap/apps/b "
            "configured\nConfigMap/apps/c skipped\n"
            "ConfigMap/apps/d deleted");
  EXPECT_EQ(changes.ToInventory().entries().size(), 4u);
  EXPECT_FALSE(ChangeSet().Changed());
}

}  // namespace
}  // namespace sluice::apply
