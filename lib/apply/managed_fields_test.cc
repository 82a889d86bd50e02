#include "managed_fields.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::apply {
namespace {

using document::Value;

Value Json(std::string_view text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text;
  return std::move(value).value();
}

const ManagerRules kRules{"kustomize-controller", {"old-tool"}};

TEST(ManagedFieldsTest, TakesOverWhatKubectlOwned) {
  const Value live = Json(R"({"metadata":{
    "annotations":{"kubectl.kubernetes.io/last-applied-configuration":"{}","keep":"me"},
    "labels":{"fluxcd.io/sync-gc-mark":"x"},
    "managedFields":[
      {"manager":"kube-controller-manager","operation":"Update","subresource":"status","fieldsV1":{"f:status":{}}},
      {"manager":"kubectl-client-side-apply","operation":"Update","apiVersion":"apps/v1","fieldsV1":{"f:spec":{"f:replicas":{}}}},
      {"manager":"kustomize-controller","operation":"Apply","apiVersion":"apps/v1","fieldsV1":{"f:spec":{"f:template":{}}}},
      {"manager":"old-tool","operation":"Apply","fieldsV1":{"f:data":{}}}]}})");
  EXPECT_TRUE(NeedsCleanup(live, kRules));
  EXPECT_EQ(
      document::ToJson(CleanupPatch(live, kRules)),
      R"([{"op":"remove","path":"/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration"},)"
      R"({"op":"remove","path":"/metadata/labels/fluxcd.io~1sync-gc-mark"},)"
      R"({"op":"replace","path":"/metadata/managedFields","value":[)"
      R"({"fieldsV1":{"f:status":{}},"manager":"kube-controller-manager","operation":"Update","subresource":"status"},)"
      R"({"apiVersion":"apps/v1","fieldsV1":{"f:data":{},"f:spec":{"f:replicas":{},"f:template":{}}},"manager":"kustomize-controller","operation":"Apply","time":null}]}])");
}

TEST(ManagedFieldsTest, LeavesOthersAlone) {
  const Value live = Json(R"({"metadata":{"managedFields":[
    {"manager":"kubectl","operation":"Update","subresource":"scale","fieldsV1":{"f:spec":{"f:replicas":{}}}},
    {"manager":"helm","operation":"Update","fieldsV1":{}},
    {"manager":"kustomize-controller","operation":"Apply","fieldsV1":{"f:spec":{}}}]}})");
  EXPECT_FALSE(NeedsCleanup(live, kRules));
  EXPECT_TRUE(CleanupPatch(live, kRules).empty());
}

TEST(ManagedFieldsTest, OwnedHashSeesALostField) {
  const auto hash = [](std::string_view fields) {
    bool foreign = false;
    return OwnedFieldsHash(
        Json(
            R"({"metadata":{"managedFields":[{"manager":"kustomize-controller","operation":"Apply","time":"x","fieldsV1":)" +
            std::string(fields) + "}]}}"),
        kRules, &foreign);
  };
  EXPECT_EQ(hash(R"({"f:spec":{"f:a":{},"f:b":{}}})"), hash(R"({"f:spec":{"f:b":{},"f:a":{}}})"));
  EXPECT_NE(hash(R"({"f:spec":{"f:a":{},"f:b":{}}})"), hash(R"({"f:spec":{"f:b":{}}})"));
}

TEST(ManagedFieldsTest, TellsWhenWeLastApplied) {
  const Value live = Json(R"({"metadata":{"managedFields":[
    {"manager":"kustomize-controller","operation":"Update","subresource":"status","time":"2026-02-03T10:11:13Z","fieldsV1":{}},
    {"manager":"kustomize-controller","operation":"Apply","time":"2026-02-03T10:11:12Z","fieldsV1":{}}]}})");
  EXPECT_EQ(LastAppliedAt(live, kRules), "2026-02-03T10:11:12Z");
  EXPECT_EQ(LastAppliedAt(Json(R"({"metadata":{}})"), kRules), "");
}

TEST(ManagedFieldsTest, OwnershipOfAnotherApplier) {
  const Value live = Json(
      R"({"spec":{"replicas":1,"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]},
    "metadata":{"managedFields":[
      {"manager":"hpa","operation":"Apply","fieldsV1":{"f:spec":{"f:replicas":{},"f:containers":{"k:{\"name\":\"b\"}":{"f:image":{}}}}}},
      {"manager":"user","operation":"Update","fieldsV1":{"f:spec":{"f:other":{}}}}]}})");
  EXPECT_TRUE(OwnedByOtherApplier(live, "/spec/replicas", "kustomize-controller"));
  EXPECT_FALSE(OwnedByOtherApplier(live, "/spec/replicas", "hpa"));
  EXPECT_TRUE(OwnedByOtherApplier(live, "/spec/containers/1/image", "kustomize-controller"));
  EXPECT_FALSE(OwnedByOtherApplier(live, "/spec/containers/0/image", "kustomize-controller"));
  EXPECT_FALSE(OwnedByOtherApplier(live, "/spec/containers/9/image", "kustomize-controller"));
  EXPECT_FALSE(OwnedByOtherApplier(live, "/spec/other", "kustomize-controller"));
}

}  // namespace
}  // namespace sluice::apply
