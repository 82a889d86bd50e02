#include "apply/order.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace sluice::apply {
namespace {

TEST(OrderTest, SortsByKindThenIdentity) {
  std::vector<ObjectRef> refs = {
      {{"admissionregistration.k8s.io", "ValidatingWebhookConfiguration"}, {"", "v"}, "v1"},
      {{"example.org", "Thing"}, {"a", "t"}, "v1"},
      {{"apps", "Deployment"}, {"a", "b"}, "v1"},
      {{"apps", "Deployment"}, {"a", "a"}, "v1"},
      {{"", "Service"}, {"a", "s"}, "v1"},
      {{"", "ConfigMap"}, {"b", "c"}, "v1"},
      {{"", "ConfigMap"}, {"a", "c"}, "v1"},
      {{"", "Namespace"}, {"", "a"}, "v1"},
      {{"apiextensions.k8s.io", "CustomResourceDefinition"}, {"", "x"}, "v1"},
      {{"admissionregistration.k8s.io", "MutatingWebhookConfiguration"}, {"", "m"}, "v1"},
      {{"batch", "Job"}, {"a", "j"}, "v1"},
  };
  std::ranges::sort(refs, SortsBefore);
  std::string order;
  for (const auto& ref : refs) order += ref.Subject() + " ";
  EXPECT_EQ(order,
            "CustomResourceDefinition/x Namespace/a ConfigMap/a/c ConfigMap/b/c Service/a/s "
            "Deployment/a/a Deployment/a/b "
            "Job/a/j Thing/a/t MutatingWebhookConfiguration/m ValidatingWebhookConfiguration/v ");
}

TEST(OrderTest, Stages) {
  const auto custom = ParseStageKinds(" batch/Job, Pod ,,example.org/Thing");
  ASSERT_EQ(custom.size(), 3u);
  const struct {
    kube::GroupKind gk;
    Stage stage;
  } cases[] = {
      {{"apiextensions.k8s.io", "CustomResourceDefinition"}, Stage::kDefinitions},
      {{"apiextensions.k8s.io", "customresourcedefinition"}, Stage::kDefinitions},
      {{"", "Namespace"}, Stage::kDefinitions},
      {{"other.io", "Namespace"}, Stage::kRest},
      {{"rbac.authorization.k8s.io", "ClusterRole"}, Stage::kDefinitions},
      {{"storage.k8s.io", "StorageClass"}, Stage::kClasses},
      {{"any.io", "MyClass"}, Stage::kClasses},
      {{"batch", "Job"}, Stage::kCustom},
      {{"", "Pod"}, Stage::kCustom},
      {{"other", "Pod"}, Stage::kRest},
      {{"apps", "Deployment"}, Stage::kRest},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.gk.kind);
    EXPECT_EQ(StageOf(c.gk, custom), c.stage);
  }
}

}  // namespace
}  // namespace sluice::apply
