// Hostile charts against rendering, in process. Names begin with the advisory or the law they test.
#include <gtest/gtest.h>

#include "helm/loader.h"
#include "helm/render.h"

namespace sluice::helm {
namespace {

std::unique_ptr<Chart> Load(std::string_view schema, std::string_view text) {
  std::vector<File> files = {
      {"Chart.yaml", SharedText(std::string("apiVersion: v2\nname: c\nversion: 1.0.0\n"))},
      {"templates/a.yaml", SharedText(std::string(text))}};
  if (!schema.empty()) files.push_back({"values.schema.json", SharedText(std::string(schema))});
  auto chart = LoadFiles(std::move(files));
  EXPECT_TRUE(chart.ok()) << chart.status().message();
  return *std::move(chart);
}

base::Result<RenderedRelease> Render(std::string_view schema, std::string_view text,
                                     RenderOptions options = {}) {
  const auto chart = Load(schema, text);
  return RenderRelease(*chart, document::Value::Object(), {.name = "r", .namespace_ = "n"},
                       Capabilities::Default(HelmVersion::kV4), options);
}

TEST(HelmHostileTest, Cve202011013LookupOfflineFindsNothing) {
  const auto rendered =
      Render("", "a: {{ lookup \"v1\" \"Secret\" \"kube-system\" \"\" | toJson }}");
  ASSERT_TRUE(rendered.ok());
  EXPECT_EQ(rendered->manifests[0].content, "a: {}");
}

TEST(HelmHostileTest, Cve202325165TemplatesAskNoDns) {
  const auto rendered = Render("", "a: {{ getHostByName \"secret.example.com\" | quote }}");
  ASSERT_TRUE(rendered.ok());
  EXPECT_EQ(rendered->manifests[0].content, "a: \"\"");
}

TEST(HelmHostileTest, Cve202223526MalformedSchemasFailTheRelease) {
  for (const std::string schema : {"null", "[]", "{", "\"x\"", "{\"type\": 5}",
                                   "{\"properties\": []}", "{\"$ref\": 1}", "{\"$id\": \":\"}"}) {
    SCOPED_TRACE(schema);
    EXPECT_FALSE(Render(schema, "a: 1").ok());
  }
  EXPECT_TRUE(Render("true", "a: 1").ok());
}

TEST(HelmHostileTest, Cve202532387ChainsAndCyclesOfReferencesEnd) {
  std::string chain = "{\"$ref\":\"#/$defs/n0\",\"$defs\":{";
  for (int i = 0; i < 20'000; ++i) {
    chain +=
        "\"n" + std::to_string(i) + "\":{\"$ref\":\"#/$defs/n" + std::to_string(i + 1) + "\"},";
  }
  chain += "\"n20000\":{}}}";
  EXPECT_FALSE(Render(chain, "a: 1").ok());
  EXPECT_FALSE(Render("{\"$ref\":\"#\"}", "a: 1").ok());
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "{\"not\":";
  EXPECT_FALSE(Render(deep, "a: 1").ok());
}

TEST(HelmHostileTest, Cve202555199SchemasReachForNothingOutside) {
  for (const std::string url : {"file:///dev/zero", "file:///etc/passwd",
                                "http://169.254.169.254/latest", "https://example.com/s.json"}) {
    const auto rendered = Render("{\"$ref\":\"" + url + "\"}", "a: 1");
    ASSERT_FALSE(rendered.ok());
    EXPECT_NE(rendered.status().message().find("schemas of other places are not loaded"),
              std::string::npos);
  }
}

// S3: a template that grows without end is an error of its release.
TEST(HelmHostileTest, Cve202236049TemplatesThatGrowEnd) {
  RenderOptions options;
  options.engine.max_memory = 32 << 20;
  options.engine.limits.max_output = 8 << 20;
  options.engine.limits.max_steps = 5'000'000;
  for (const std::string text : {
           "{{ $x := \"aaaaaaaaaaaaaaaa\" }}{{ range until 1000 }}{{ $x = print $x $x }}{{ end }}",
           "{{ $l := list 1 }}{{ range until 1000 }}{{ $l = concat $l $l }}{{ end }}",
           "{{ range until 100000 }}{{ range until 100000 }}x{{ end }}{{ end }}",
           "{{ repeat 1000000000 \"x\" }}",
           "{{ define \"t\" }}{{ tpl \"{{ include \\\"t\\\" . }}\" . }}{{ end }}{{ include \"t\" . "
           "}}",
       }) {
    SCOPED_TRACE(text);
    EXPECT_FALSE(Render("", text, options).ok());
  }
}

}  // namespace
}  // namespace sluice::helm
