// Servers that say when they want to be asked again (Retry-After): no source of any kind asks
// before, whoever wants it to, and it says so in the words it has for that answer. How long a retry
// waits is asserted with a clock of its own (lib/runtime, lib/http): nothing here waits for time.
#include <gmock/gmock.h>

#include <atomic>

#include "helm_fixture.h"
#include "test_support/scripted_server.h"

namespace sluice::e2e {
namespace {

using base::Cat;
using test_support::Http;
using test_support::ScriptedServer;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

struct Impatient {
  std::string kind, spec, asks, reason, says;
  friend void PrintTo(const Impatient& i, std::ostream* out) { *out << i.kind; }
};

class PatienceTest : public testing::TestWithParam<Impatient> {
 protected:
  PatienceTest() : ns_(TheLab().NewNamespace()) {}
  Ref Apply(const std::string& name, const std::string& at) {
    const Impatient& kind = GetParam();
    lab_.Apply(Cat("apiVersion: source.toolkit.fluxcd.io/v1\nkind: ", kind.kind,
                   "\nmetadata: {name: ", name, ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n",
                   base::ReplaceAll(kind.spec, "%AT", at)));
    return {kind.kind, ns_, name};
  }
  // Asks for a pass, and waits until it failed.
  std::string Poll(const Ref& ref) {
    lab_.RequestReconcile(ref);
    const Value object = lab_.WaitFor(ref, "the request was handled", [](const Value& o) {
      return Text(o.At({"status", "lastHandledReconcileAt"})) ==
             Text(o.At({"metadata", "annotations", "reconcile.fluxcd.io/requestedAt"}));
    });
    EXPECT_EQ(Text(ConditionOf(object, "Ready")["status"]), "False");
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["reason"]), GetParam().reason);
    return Text(ConditionOf(object, "FetchFailed")["message"]);
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_P(PatienceTest, AsksNoSoonerThanItIsAskedTo) {
  for (const int status : {429, 503}) {
    SCOPED_TRACE(status);
    const std::string text = std::to_string(status);
    ScriptedServer busy([&](const std::string& head) {
      if (head.starts_with("GET /v2/ ")) return Http(200, "");
      return Http(status, "", "Retry-After: 3600\r\n");
    });
    const Ref ref = Apply("busy-" + text, busy.address());
    const std::string first = lab_.WaitFailed(ref, GetParam().reason);
    EXPECT_THAT(first,
                testing::HasSubstr(base::ReplaceAll(
                    base::ReplaceAll(GetParam().says, "%AT", busy.address()), "%STATUS", text)));
    const size_t asked = busy.Count(GetParam().asks);
    EXPECT_EQ(asked, 1u);
    const size_t requests = busy.Seen().size();
    for (int i = 0; i < 3; ++i) EXPECT_EQ(Poll(ref), first);
    EXPECT_EQ(busy.Seen().size(), requests);
    // Another object that follows the same is told the same.
    EXPECT_EQ(lab_.WaitFailed(Apply("too-" + text, busy.address()), GetParam().reason), first);
    EXPECT_EQ(busy.Seen().size(), requests);
  }
}

// A moment is waited for, and then all is well: nobody need ask.
TEST_P(PatienceTest, AMomentIsAllItTakes) {
  std::atomic<int> answered = 0;
  ScriptedServer busy([&](const std::string& head) {
    if (head.starts_with("GET /v2/ ")) return Http(200, "");
    return answered++ == 0 ? Http(503, "", "Retry-After: 1\r\n") : Http(418, "");
  });
  const Ref ref = Apply("moment", busy.address());
  lab_.WaitFor(ref, "it was asked again", [](const Value& o) {
    return base::Contains(Text(ConditionOf(o, "FetchFailed")["message"]), "418");
  });
}

const std::vector<Impatient>& Kinds() {
  static const std::vector<Impatient> kinds = {
      {"GitRepository", "  url: http://%AT/repo.git\n", "GET /repo.git/info/refs",
       "GitOperationFailed",
       "unable to clone 'http://%AT/repo.git': unexpected client error: unexpected requesting "
       "\"http://%AT/repo.git/info/refs?service=git-upload-pack\" status code: %STATUS"},
      {"OCIRepository", "  url: oci://%AT/app\n  insecure: true\n", "GET /v2/app/manifests/latest",
       "OCIArtifactPullFailed",
       "failed to determine artifact digest: GET http://%AT/v2/app/manifests/latest: unexpected "
       "status code %STATUS "},
      {"HelmRepository", "  url: http://%AT/charts\n", "GET /charts/index.yaml", "Failed",
       "failed to fetch http://%AT/charts/index.yaml : %STATUS "},
      {"Bucket", "  bucketName: fleet\n  endpoint: %AT\n  insecure: true\n  region: us-east-1\n",
       "GET /fleet/", "BucketOperationFailed",
       "failed to confirm existence of 'fleet' bucket: %STATUS "},
  };
  return kinds;
}

INSTANTIATE_TEST_SUITE_P(Kinds, PatienceTest, testing::ValuesIn(Kinds()),
                         [](const auto& kind) { return kind.param.kind; });

}  // namespace
}  // namespace sluice::e2e
