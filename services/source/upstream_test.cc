#include "upstream.h"

#include <gtest/gtest.h>

#include "document/json.h"

namespace sluice::source {
namespace {

using document::Value;

class OneRepository final : public SourceObjects {
 public:
  explicit OneRepository(const std::string& json)
      : object_(std::make_shared<const Value>(*document::ParseJson(json))) {}
  kube::ObjectPtr Find(std::string_view kind, const kube::ObjectKey& key) const override {
    return kind == "HelmRepository" && key == kube::KeyOf(*object_) ? object_ : nullptr;
  }
  std::vector<kube::ObjectPtr> List(std::string_view, std::string_view) const override {
    return {};
  }
  void ArtifactChanged(std::string_view, const kube::ObjectKey&) override {}

 private:
  const kube::ObjectPtr object_;
};

TEST(UpstreamTest, IsWhereTheSpecPoints) {
  const OneRepository objects(
      R"({"kind":"HelmRepository","metadata":{"namespace":"ns","name":"r"},"spec":{"url":"https://h/c"}})");
  const std::string chart = R"("spec":{"sourceRef":{"kind":)";
  const struct {
    std::string kind, rest, want;
  } cases[] = {
      {"GitRepository", R"("spec":{"url":"https://u:p@git.h/a.git"})", "https://git.h/a.git"},
      {"GitRepository", R"("spec":{"url":"ssh://git@git.h/a.git"})", ""},
      {"OCIRepository", R"("spec":{"url":"oci://reg:5000/a/b"})", "https://reg:5000/v2/a/b"},
      {"OCIRepository", R"("spec":{"url":"oci://reg/a","insecure":true})", "http://reg/v2/a"},
      {"OCIRepository", R"("spec":{"url":"oci://reg"})", ""},
      {"HelmRepository", R"("spec":{"url":"http://h:1/c?q=1"})", "http://h:1/c?q=1"},
      {"HelmRepository", R"("spec":{"url":"oci://reg/charts"})", "https://reg/v2/charts"},
      {"Bucket", R"("spec":{"endpoint":"s3.h:9000"})", "https://s3.h:9000"},
      {"Bucket", R"("spec":{"endpoint":"s3.h:9000","insecure":true})", "http://s3.h:9000"},
      {"Bucket", R"("spec":{"endpoint":"https://a.blob.h/"})", "https://a.blob.h/"},
      {"HelmChart", chart + R"("HelmRepository","name":"r"}})", "https://h/c"},
      {"HelmChart", chart + R"("HelmRepository","name":"other"}})", ""},
      {"HelmChart", chart + R"("GitRepository","name":"r"}})", ""},
      {"HelmChart", R"("spec":{})", ""},
      {"GitRepository", R"("spec":{})", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.kind + " " + c.rest);
    const auto object = document::ParseJson(
        R"({"kind":")" + c.kind + R"(","metadata":{"namespace":"ns","name":"x"},)" + c.rest + "}");
    ASSERT_TRUE(object.ok());
    const auto url = UpstreamOf(*object, objects);
    EXPECT_EQ(url ? url->ToString() : "", c.want);
  }
}

}  // namespace
}  // namespace sluice::source
