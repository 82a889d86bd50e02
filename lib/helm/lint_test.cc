#include "helm/lint.h"

#include <gtest/gtest.h>

#include "helm/loader.h"
#include "test_chart.h"

namespace sluice::helm {
namespace {

constexpr char kChart[] = "apiVersion: v2\nname: c\nversion: 0.1.0\nicon: https://x/y.png\n";

std::string Lint(FileMap files, HelmVersion version, const std::string& values = "{}") {
  files.emplace("Chart.yaml", kChart);
  files.emplace("values.yaml", "a: 1");
  LintInput input{.chart_yaml = files["Chart.yaml"],
                  .values_yaml = files["values.yaml"],
                  .templates = LintInput::Entry::kDirectory};
  if (files.contains("crds/a.yaml")) input.crds = LintInput::Entry::kDirectory;
  const auto chart = LoadFiles(ToFiles(files), {.version = version});
  if (chart.ok())
    input.chart = chart->get();
  else
    input.load_error = chart.status();
  std::string out;
  for (const LintMessage& message :
       LintChart(input, {.version = version, .directory = "/c", .values = Yaml(values)}))
    out += message.Text() + "\n";
  return out;
}

TEST(LintTest, MessagesOfEachHelm) {
  const std::string chart = kChart;
  const struct {
    FileMap files;
    std::string v3, v4;
  } cases[] = {
      {{}, "", ""},
      {{{"Chart.yaml", chart + "foo: 1\n"}},
       "",
       "[WARNING] Chart.yaml: failed to strictly parse chart metadata file\n\terror unmarshaling "
       "JSON: while decoding JSON: json: unknown field "
       "\"foo\"\n"},
      {{{"templates/a.yaml", "apiVersion: batch/v1beta1\nkind: CronJob\nmetadata: {name: x}\n"}},
       "[WARNING] templates/a.yaml: batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in "
       "v1.25+; use batch/v1 CronJob\n",
       "[WARNING] templates/a.yaml: batch/v1beta1 CronJob is deprecated in v1.21+, unavailable in "
       "v1.25+; use batch/v1 CronJob\n"},
      {{{"templates/a.yaml",
         "metadata: {name: x, annotations: {\"helm.sh/hook\": crd-install}} # .Release.Time\n"}},
       "[WARNING] templates/a.yaml: manifest is a crd-install hook. This hook is no longer "
       "supported in v3 and all CRDs should also exist the crds/ "
       "directory at the top level of the chart\n[ERROR] templates/a.yaml: .Release.Time has been "
       "removed in v3, please replace with the `now` "
       "function in your templates\n",
       ""},
      {{{"templates/a.yaml",
         "kind: List\nmetadata: {name: l}\nitems: [{metadata: {annotations: "
         "{helm.sh/resource-policy: keep}}}]\n"}},
       "[ERROR] templates/a.yaml: Annotation 'helm.sh/resource-policy' within List objects are "
       "ignored\n",
       "[ERROR] templates/a.yaml: annotation 'helm.sh/resource-policy' within List objects are "
       "ignored\n"},
      {{{"templates/a.yaml", "kind: Namespace\nmetadata: {name: a.b}\n"}},
       "[WARNING] templates/a.yaml: object name does not conform to Kubernetes naming "
       "requirements: \"a.b\": metadata.name: Invalid value: \"a.b\": "
       "must not contain dots\n",
       "[WARNING] templates/a.yaml: object name does not conform to Kubernetes naming "
       "requirements: \"a.b\": metadata.name: Invalid value: \"a.b\": "
       "must not contain dots\n"},
      {{{"values.yaml", "[]"}, {"templates/a.yml", "x"}},
       "[ERROR] values.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: "
       "json: cannot unmarshal array into Go value of type "
       "chartutil.Values\n[ERROR] templates/: cannot load values.yaml: error unmarshaling JSON: "
       "while decoding JSON: json: cannot unmarshal array into "
       "Go value of type map[string]interface {}\n[ERROR] : unable to load chart\n\tcannot load "
       "values.yaml: error unmarshaling JSON: while decoding "
       "JSON: json: cannot unmarshal array into Go value of type map[string]interface {}\n",
       "[ERROR] values.yaml: unable to parse YAML: error unmarshaling JSON: while decoding JSON: "
       "json: cannot unmarshal array into Go value of type "
       "common.Values\n[ERROR] templates/: cannot load values.yaml: cannot unmarshal yaml "
       "document: error unmarshaling JSON: while decoding JSON: json: "
       "cannot unmarshal array into Go value of type map[string]interface {}\n[ERROR] : unable to "
       "load chart\n\tcannot load values.yaml: cannot "
       "unmarshal yaml document: error unmarshaling JSON: while decoding JSON: json: cannot "
       "unmarshal array into Go value of type "
       "map[string]interface {}\n"},
      {{{"crds/a.yaml", "kind: Foo\n"}},
       "",
       "[ERROR] crds/a.yaml: apiVersion is not in 'apiextensions.k8s.io'\n[ERROR] crds/a.yaml: "
       "object kind is not 'CustomResourceDefinition'\n"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Lint(c.files, HelmVersion::kV3), c.v3);
    EXPECT_EQ(Lint(c.files, HelmVersion::kV4), c.v4);
  }
}

}  // namespace
}  // namespace sluice::helm
