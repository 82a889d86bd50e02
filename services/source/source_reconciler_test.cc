// What comes after a pass: the interval with its jitter for every kind, Flux's back-off, and what a
// server asked for. With fakes of the cluster, of time and of chance.
#include "source_reconciler.h"

#include <gtest/gtest.h>

#include "base/fake_clock.h"
#include "bucket_kind.h"
#include "document/json.h"
#include "git/repository.h"
#include "git_repository_kind.h"
#include "helm_chart_kind.h"
#include "helm_repository_kind.h"
#include "io/temp_dir.h"
#include "oci_repository_kind.h"
#include "runtime/fake_api.h"
#include "runtime/jitter.h"

namespace sluice::source {
namespace {

using document::Value;
using runtime::Outcome;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class NoEvents final : public runtime::EventRecorder {
 public:
  void Record(const Value&, api::EventSeverity, std::string_view, std::string_view,
              const std::map<std::string, std::string>&) override {}
  void RecordLocal(const Value&, api::EventSeverity, std::string_view, std::string_view,
                   const std::map<std::string, std::string>&) override {}
  base::Status Flush(const observe::Context&) override { return {}; }
};

class NoObjects final : public SourceObjects {
 public:
  kube::ObjectPtr Find(std::string_view, const kube::ObjectKey&) const override { return nullptr; }
  std::vector<kube::ObjectPtr> List(std::string_view, std::string_view) const override {
    return {};
  }
  void ArtifactChanged(std::string_view, const kube::ObjectKey&) override {}
};

// Ends as told.
class ScriptedKind final : public SourceKind {
 public:
  const KindTraits& traits() const override {
    static const KindTraits traits{"source.toolkit.fluxcd.io/v1", "GitRepository", "gitrepository",
                                   "gitrepository", CommonConditions()};
    return traits;
  }
  base::Result<SpecHead> Head(const Value&) const override { return SpecHead{false, hours(1)}; }
  StepResult Run(const observe::Context&, const kube::ObjectKey&, SourceStatus& status,
                 Made& made) override {
    made.in_storage = "stored";
    if (result.failed()) return result;
    api::Artifact artifact;
    artifact.path = "gitrepository/ns/x/a.tar.gz";
    artifact.revision = artifact.digest = "sha256:" + std::string(64, 'a');
    status.SetArtifact(artifact);
    return result;
  }
  StepResult result;
};

Value Object(const std::string& kind, const std::string& spec) {
  return *document::ParseJson(
      R"({"apiVersion":"source.toolkit.fluxcd.io/v1","kind":")" + kind +
      R"(","metadata":{"namespace":"ns","name":"x","uid":"1","generation":1,)"
      R"("finalizers":["finalizers.fluxcd.io"]},"status":{"observedGeneration":1},"spec":)" +
      spec + "}");
}

class SourceReconcilerTest : public testing::Test {
 protected:
  SourceReconcilerTest()
      : dir_(*io::TempDir::Create(testing::TempDir(), "reconciler-")),
        store_(*artifact::ArtifactStore::Open({.root = dir_.path(), .advertised = "s"}, clock_)),
        http_(*http::Client::Create({})),
        publisher_(*store_),
        cloud_(api_, *http_, {}, clock_),
        metrics_(*registry_, cloud_.identities().cache()) {}
  SourceEnv Env(base::Random& random, int jitter) {
    return {api_,   *http_,      *store_,     publisher_, events_, objects_,   metrics_,
            jitter, seconds(30), dir_.path(), clock_,     random,  &hold_offs_};
  }
  // What follows a pass that finds nothing to do but to come back.
  Outcome AfterAnAnsweredPoke(SourceKind& kind, const SourceEnv& env, Value object) {
    kube::FakeInformer informer;
    PokeLedger pokes;
    EXPECT_TRUE(pokes.Asked(key_, "now", object));
    Value asked = object;
    EXPECT_FALSE(pokes.TakeUp(key_, asked));  // the pass that answers it
    object.Mutable("metadata").Mutable("annotations").Set("reconcile.fluxcd.io/requestedAt", "now");
    informer.Put(std::move(object));
    return SourceReconciler(env, kind, informer, pokes).Reconcile({}, key_);
  }
  // What follows a pass that ends so.
  Outcome After(const StepResult& result, const SourceEnv& env,
                const std::string& url = "https://git.example.com/repo") {
    const Value object = Object("GitRepository", R"({"url":")" + url + "\"}");
    kube::FakeInformer informer;
    PokeLedger pokes;
    ScriptedKind kind;
    kind.result = result;
    api_.Put(object);
    informer.Put(api_.Live(key_));
    return SourceReconciler(env, kind, informer, pokes).Reconcile({}, key_);
  }

  base::FakeClock clock_;
  io::TempDir dir_;
  std::unique_ptr<artifact::ArtifactStore> store_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<observe::Registry> registry_ = observe::MakeRegistry();
  runtime::FakeApi api_;
  RevisionPublisher publisher_;
  NoEvents events_;
  NoObjects objects_;
  CloudAccess cloud_;
  SourceMetrics metrics_;
  http::HoldOffs hold_offs_{clock_};
  const kube::ObjectKey key_{"ns", "x"};
};

TEST_F(SourceReconcilerTest, EveryKindComesBackAfterItsIntervalWithJitter) {
  base::FakeRandom any;
  const SourceEnv plain = Env(any, 0);
  const auto pool = *git::MakeRepositoryPool(*http_, dir_.path() + "/mirrors");
  oci::RegistryClient registries(*http_);
  HelmIndexCache indexes(*store_, clock_, dir_.path() + "/helm");
  HelmUpstream upstream(plain, registries, cloud_.logins(), indexes, "", {});
  const auto make = [&](const std::string& kind,
                        const SourceEnv& env) -> std::unique_ptr<SourceKind> {
    if (kind == "GitRepository") return std::make_unique<GitRepositoryKind>(env, *pool, cloud_);
    if (kind == "OCIRepository")
      return std::make_unique<OciRepositoryKind>(env, registries, cloud_, "");
    if (kind == "Bucket") return std::make_unique<BucketKind>(env, cloud_, http::ClientOptions{});
    if (kind == "HelmChart") return std::make_unique<HelmChartKind>(env, upstream);
    return std::make_unique<HelmRepositoryKind>(env, cloud_.logins(), indexes, 1 << 20);
  };
  const std::string chart = R"("chart":"c","sourceRef":{"kind":"HelmRepository","name":"r"}})";
  const struct {
    std::string kind, spec;
    base::Duration interval;
  } cases[] = {
      {"GitRepository", R"({"interval":"1h","url":"https://h/r"})", hours(1)},
      {"OCIRepository", R"({"interval":"10m","url":"oci://h/r"})", minutes(10)},
      {"HelmRepository", R"({"interval":"90s","url":"https://h/r"})", seconds(90)},
      {"HelmRepository", R"({"url":"https://h/r"})", minutes(1)},
      {"HelmChart", R"({"interval":"5m",)" + chart, minutes(5)},
      {"Bucket", R"({"interval":"2h","bucketName":"b","endpoint":"e"})", hours(2)},
  };
  for (const auto& c : cases) {
    for (const int percent : {0, 5, 99}) {
      SCOPED_TRACE(c.kind + " " + c.spec + " " + std::to_string(percent));
      base::FakeRandom random(7), same(7);
      const SourceEnv env = Env(random, percent);
      const auto kind = make(c.kind, env);
      base::Duration least = c.interval * 2, most{};
      for (int i = 0; i < 50; ++i) {
        const Outcome next = AfterAnAnsweredPoke(*kind, env, Object(c.kind, c.spec));
        ASSERT_EQ(next.kind, Outcome::Kind::kRequeueAfter);
        ASSERT_EQ(next.after, runtime::Jitter(c.interval, percent, same));
        least = std::min(least, next.after);
        most = std::max(most, next.after);
      }
      EXPECT_GE(least, c.interval * (100 - percent) / 100);
      EXPECT_LE(most, c.interval * (100 + percent) / 100);
      if (percent == 0) {
        EXPECT_EQ(least, most);
      } else {
        EXPECT_LT(least, c.interval);
        EXPECT_GT(most, c.interval);
      }
    }
  }
}

TEST_F(SourceReconcilerTest, OnlyAnIntervalIsJittered) {
  base::FakeRandom random(7), same(7);
  const SourceEnv env = Env(random, 50);
  const base::Duration jittered = runtime::Jitter(hours(1), 50, same);
  const Outcome done = After(StepResult::Unchanged(), env);
  EXPECT_EQ(done.kind, Outcome::Kind::kRequeueAfter);
  EXPECT_EQ(done.after, jittered);
  EXPECT_EQ(After(StepResult::Next(), env).after, runtime::Jitter(hours(1), 50, same));
  const Outcome waits =
      After(StepResult::Waiting("NoArtifact", base::NotFound("x"), seconds(30)), env);
  EXPECT_EQ(waits.kind, Outcome::Kind::kRequeueAfter);
  EXPECT_EQ(waits.after, seconds(30));
  EXPECT_EQ(After(StepResult::Waiting("NoArtifact", base::NotFound("x"), {}), env).after, hours(1));
  const Outcome stalls = After(StepResult::Stalled("URLInvalid", base::InvalidArgument("x")), env);
  EXPECT_EQ(stalls.kind, Outcome::Kind::kSuccess);
}

TEST_F(SourceReconcilerTest, ARetryComesNoSoonerThanTheServerWants) {
  base::FakeRandom random;
  const SourceEnv env = Env(random, 5);
  const StepResult failed = StepResult::Retry("GitOperationFailed", base::Unavailable("busy"));
  EXPECT_EQ(After(failed, env).kind, Outcome::Kind::kError);
  EXPECT_EQ(After(failed, env).after, seconds(0));
  http::Request asked;
  asked.url = "https://git.example.com/repo/info/refs?service=git-upload-pack";
  http::ResponseHead busy;
  busy.status = 503;
  busy.headers.Set("Retry-After", "60");
  hold_offs_.Note(asked, busy, "");
  EXPECT_EQ(After(failed, env).after, seconds(60));
  EXPECT_EQ(After(failed, env, "https://git.example.com/other").after, seconds(0));
  EXPECT_EQ(After(failed, env, "ssh://git@git.example.com/repo").after, seconds(0));
  EXPECT_EQ(After(StepResult::Unchanged(), env).kind, Outcome::Kind::kRequeueAfter);
  clock_.Advance(seconds(59));
  EXPECT_EQ(After(failed, env).after, seconds(1));
  clock_.Advance(seconds(1));
  EXPECT_EQ(After(failed, env).after, seconds(0));
}

}  // namespace
}  // namespace sluice::source
