#include "builder.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::kustomization {
namespace {

std::string ConfigMap(const std::string& name, const std::string& value) {
  return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: " + name + "\ndata:\n  a: \"" +
         value + "\"\n";
}

api::KustomizationSpec Spec(const std::string& path) {
  api::KustomizationSpec spec;
  spec.path = path;
  return spec;
}

const kube::ObjectKey kKey{"flux-system", "app"};

TEST(BuilderTest, PathsStayInsideTheArtifact) {
  const auto tree = io::MakeMemoryTree({{"apps/web/a.yaml", ""}});
  Builder builder("/tmp");
  const struct {
    std::string path, found;
  } cases[] = {{"", ""},
               {"./", ""},
               {"./apps/web", "apps/web"},
               {"apps/web/", "apps/web"},
               {"../../apps/../apps/web", "apps/web"},
               {"/apps", "apps"}};
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    const auto found = builder.FindPath(*tree, kKey, Spec(c.path));
    ASSERT_TRUE(found.ok()) << found.status().message();
    EXPECT_EQ(*found, c.found);
  }
  const auto missing = builder.FindPath(*tree, kKey, Spec("./nope"));
  EXPECT_EQ(missing.status().message(), "kustomization path not found: stat " +
                                            builder.DisplayRoot(kKey) +
                                            "/nope: no such file or directory");
}

TEST(BuilderTest, StampsOwnerAndCommonMetadata) {
  const auto tree =
      io::MakeMemoryTree({{"app/a.yaml", ConfigMap("a", "1") + "---\n" + ConfigMap("b", "1")}});
  Builder builder("/tmp");
  auto spec = Spec("app");
  spec.common_annotations = document::Value::Object({{"note", "n"}});
  const auto built = builder.Build(*tree, "app", kKey, spec);
  ASSERT_TRUE(built.ok()) << built.status().message();
  ASSERT_EQ(built->objects.size(), 2u);
  EXPECT_TRUE(built->digest.starts_with("sha256:"));
  EXPECT_EQ(
      document::ToJson(built->objects[0]["metadata"]),
      R"({"annotations":{"note":"n"},"labels":{"kustomize.toolkit.fluxcd.io/name":"app","kustomize.toolkit.fluxcd.io/namespace":"flux-system"},"name":"a"})");
}

TEST(BuilderTest, RefusesCiphertext) {
  const auto tree = io::MakeMemoryTree({{"app/s.yaml",
                                         "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  "
                                         "namespace: x\nsops:\n  mac: ENC[a]\n"}});
  Builder builder("/tmp");
  const auto built = builder.Build(*tree, "app", kKey, Spec("app"));
  EXPECT_EQ(built.status().message(),
            "Secret/x/s is SOPS encrypted, configuring decryption is required for this secret to "
            "be reconciled");
}

}  // namespace
}  // namespace sluice::kustomization
