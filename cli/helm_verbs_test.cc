// Flags of `sluice template` and `sluice show`, as helm answers them. What is rendered is
// tests/conformance/helm's.
#include <gtest/gtest.h>

#include "show.h"
#include "template.h"
#include "test_support/process.h"

namespace sluice::cli {
namespace {

class HelmVerbsTest : public testing::Test {
 protected:
  HelmVerbsTest()
      : context_{.directory = dir_.path(), .ns = "", .kubeconfig = "", .post_renderer_path = ""} {
    dir_.Write("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    dir_.Write("c/values.yaml", "a: 1\nb: {c: two, l: [x, z]}\n");
    dir_.Write("c/templates/a.yaml", "a: {{ .Values.a }}\nns: {{ .Release.Namespace }}\n");
    dir_.Write("c/crds/a.yaml", "one: 1\n");
    dir_.Write("c/crds/b.yaml", "two: 2\n");
  }
  HelmOutcome Template(std::vector<std::string> flags) {
    flags.insert(flags.begin(), {"r", "c"});
    return RunTemplate(flags, context_);
  }
  std::string Show(std::vector<std::string> args) {
    HelmOutcome outcome = RunShow(args, context_);
    return outcome.code == 0 ? TakeText(outcome) : outcome.err;
  }

  test_support::TempDir dir_;
  HelmContext context_;
};

TEST_F(HelmVerbsTest, RemarksOnFlagsAsEachHelmDoes) {
  const struct {
    std::string flag, v3, v4;
  } cases[] = {
      {"--atomic", "", "Flag --atomic has been deprecated, use --rollback-on-failure instead\n"},
      {"--force", "", "Flag --force has been deprecated, use --force-replace instead\n"},
      {"--force-replace", "Error: unknown flag: --force-replace\n", ""},
      {"--dry-run", "",
       "level=WARN msg=\"--dry-run is deprecated and should be replaced with "
       "'--dry-run=client'\"\n"},
      {"--dry-run=none", "",
       "Error: invalid dry-run value (\"none\"). Must be \"server\" or \"client\"\n"},
      {"--dry-run=x",
       "Error: Invalid dry-run flag. Flag must one of the following: false, true, none, client, "
       "server\n",
       "Error: invalid dry-run value (\"x\"). Must be \"none\", \"server\", or \"client\"\n"},
      {"--wait=true", "",
       "level=WARN msg=\"--wait=true is deprecated (boolean value) and can be replaced with "
       "--wait=watcher\"\n"},
      {"--wait=watcher",
       "Error: invalid argument \"watcher\" for \"--wait\" flag: strconv.ParseBool: parsing "
       "\"watcher\": invalid syntax\n",
       ""},
      {"--timeout=x",
       "Error: invalid argument \"x\" for \"--timeout\" flag: time: invalid duration \"x\"\n",
       "Error: invalid argument \"x\" for \"--timeout\" flag: time: invalid duration \"x\"\n"},
      {"--labels=a",
       "Error: invalid argument \"a\" for \"-l, --labels\" flag: a must be formatted as "
       "key=value\n",
       "Error: invalid argument \"a\" for \"-l, --labels\" flag: a must be formatted as "
       "key=value\n"},
      {"--qps=x",
       "Error: invalid argument \"x\" for \"--qps\" flag: strconv.ParseFloat: parsing \"x\": "
       "invalid syntax\n",
       "Error: invalid argument \"x\" for \"--qps\" flag: strconv.ParseFloat: parsing \"x\": "
       "invalid syntax\n"},
      {"--post-renderer=/nowhere/x",
       "Error: invalid argument \"/nowhere/x\" for \"--post-renderer\" flag: unable to find binary "
       "at /nowhere/x: exec: \"/nowhere/x\": stat "
       "/nowhere/x: no such file or directory\n",
       "Error: invalid argument \"/nowhere/x\" for \"--post-renderer\" flag: unable to find binary "
       "at /nowhere/x: exec: \"/nowhere/x\": stat "
       "/nowhere/x: no such file or directory\n"},
      {"--labels=a=b,c=d", "", ""},
      {"--burst-limit=5", "", ""},
      {"--kube-as-group=g", "", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.flag);
    EXPECT_EQ(Template({c.flag, "--helm3"}).err, c.v3);
    EXPECT_EQ(Template({c.flag}).err, c.v4);
  }
}

TEST_F(HelmVerbsTest, AnEmptyNamespaceIsNone) {
  HelmOutcome outcome = Template({"-n", ""});
  EXPECT_EQ(TakeText(outcome), "---\n# Source: c/templates/a.yaml\na: 1\nns: default\n");
}

TEST_F(HelmVerbsTest, ShowsCrdsAsEachHelmSeparatesThem) {
  EXPECT_EQ(Show({"crds", "c", "--helm3"}), "one: 1\n\ntwo: 2\n\n");
  EXPECT_EQ(Show({"crds", "c"}), "---\none: 1\n\n---\ntwo: 2\n\n");
}

TEST_F(HelmVerbsTest, ShowsValuesByJsonPath) {
  const struct {
    std::string path, want;
  } cases[] = {
      {"{.b.c}", "two"},
      {"{.a}{\"\\n\"}", "1\n"},
      {"{.b}", "{\"c\":\"two\",\"l\":[\"x\",\"z\"]}"},
      {"x={.b['c']}!", "x=two!"},
      {"{.b.l[-1]}", "z"},
      {"{.b.l[*]}", "x z"},
      {"{.b.l[0:1]}", "x"},
      {"{.nope.x}", ""},
      {"{$.a}", "1"},
      {"{.b", "Error: error parsing jsonpath {.b: unclosed action\n"},
      {"{.b.l[5]}", ""},
      {"{.a .b.c}", ""},
      {"{[b]}", "Error: error parsing jsonpath {[b]}: invalid array index b\n"},
      {"{..c}", "Error: jsonpath {..c}: recursive descents are not supported\n"},
      {"{.b.l[?(@==1)]}", "Error: jsonpath {.b.l[?(@==1)]}: filters are not supported\n"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.path);
    EXPECT_EQ(Show({"values", "c", "--jsonpath", c.path}), c.want);
  }
  EXPECT_EQ(Show({"chart", "c", "--jsonpath", "{.a}"}), "Error: unknown flag: --jsonpath\n");
}

}  // namespace
}  // namespace sluice::cli
