// The client against a real API server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <future>
#include <latch>
#include <mutex>
#include <thread>

#include "document/json.h"
#include "kube/informer.h"
#include "kube/lease.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"

namespace sluice::kube {
namespace {

using document::Value;
using observe::Context;
using test_support::ControlPlane;
using test_support::Eventually;
using namespace std::chrono_literals;

ControlPlane& Cluster() {
  static const auto cluster = std::move(ControlPlane::Start({}).value());
  return *cluster;
}

const GroupVersionKind kConfigMap{"", "v1", "ConfigMap"};
const GroupVersionKind kNamespace{"", "v1", "Namespace"};

Value Json(const std::string& text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text;
  return value.value_or(Value());
}

Value ConfigMap(const std::string& ns, const std::string& name, const std::string& value) {
  return Json(R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"namespace":")" + ns +
              R"(","name":")" + name + R"("},"data":{"a":")" + value + R"("}})");
}

class ClientE2eTest : public testing::Test {
 protected:
  void SetUp() override {
    auto config = LoadConfig({.kubeconfig = Cluster().kubeconfig()});
    ASSERT_TRUE(config.ok()) << config.status().message();
    config_ = *config;
    http_ = *http::Client::Create({});
    client_ = *MakeClient(*http_, config_);
    ns_ = "t" + std::to_string(++counter_);
    ASSERT_TRUE(client_
                    ->Create(ctx_,
                             Json(R"({"apiVersion":"v1","kind":"Namespace","metadata":{"name":")" +
                                  ns_ + "\"}}"),
                             {})
                    .ok());
  }

  static inline std::atomic<int> counter_{0};
  Context ctx_ = Context().WithTimeout(60s);
  Config config_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<Client> client_;
  std::string ns_;
};

TEST_F(ClientE2eTest, CreatesReadsUpdatesPatchesAndDeletes) {
  const ObjectKey key{ns_, "a"};
  const auto created = client_->Create(ctx_, ConfigMap(ns_, "a", "1"), {.field_manager = "me"});
  ASSERT_TRUE(created.ok()) << created.status().message();
  EXPECT_EQ(client_->Create(ctx_, ConfigMap(ns_, "a", "1"), {}).status().code(),
            base::StatusCode::kAlreadyExists);
  auto got = client_->Get(ctx_, kConfigMap, key);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(UidOf(*got), UidOf(*created));
  EXPECT_EQ((*got)["metadata"]["managedFields"].items()[0]["manager"].AsString(), "me");
  got->Mutable("data").Set("a", "2");
  ASSERT_TRUE(client_->Update(ctx_, *got, {}).ok());
  got->Mutable("data").Set("a", "3");
  // an old resourceVersion
  EXPECT_EQ(client_->Update(ctx_, *got, {}).status().code(), base::StatusCode::kConflict);
  const struct {
    PatchType type;
    std::string body, want;
  } patches[] = {
      {PatchType::kMerge, R"({"data":{"a":"merge"}})", "merge"},
      {PatchType::kStrategicMerge, R"({"data":{"a":"strategic"}})", "strategic"},
      {PatchType::kJson, R"([{"op":"replace","path":"/data/a","value":"json"}])", "json"},
  };
  for (const auto& p : patches) {
    const auto patched = client_->Patch(ctx_, kConfigMap, key, p.type, Json(p.body), {});
    ASSERT_TRUE(patched.ok()) << patched.status().message();
    EXPECT_EQ((*patched)["data"]["a"].AsString(), p.want);
  }
  const auto dry = client_->Patch(ctx_, kConfigMap, key, PatchType::kMerge,
                                  Json(R"({"data":{"a":"dry"}})"), {.dry_run = true});
  EXPECT_EQ((*dry)["data"]["a"].AsString(), "dry");
  EXPECT_EQ((*client_->Get(ctx_, kConfigMap, key))["data"]["a"].AsString(), "json");
  EXPECT_EQ(client_->Delete(ctx_, kConfigMap, key, {.uid = "other"}).code(),
            base::StatusCode::kConflict);
  EXPECT_TRUE(
      client_->Delete(ctx_, kConfigMap, key, {.propagation = Propagation::kBackground}).ok());
  const auto gone = client_->Get(ctx_, kConfigMap, key);
  EXPECT_EQ(gone.status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(gone.status().message(), "configmaps \"a\" not found");
}

TEST_F(ClientE2eTest, ServerSideApplyReportsConflictsByReason) {
  const auto object = ConfigMap(ns_, "b", "1");
  ASSERT_TRUE(
      client_
          ->Patch(ctx_, kConfigMap, {ns_, "b"}, PatchType::kApply, object, {.field_manager = "one"})
          .ok());
  const auto other = ConfigMap(ns_, "b", "2");
  const auto ask = [&](const Client::Request& request) {
    std::promise<Client::Reply> promise;
    client_->Start(ctx_, request,
                   [&](Client::Reply reply) { promise.set_value(std::move(reply)); });
    return promise.get_future().get();
  };
  Client::Request request;
  request.verb = Client::Request::Verb::kPatch;
  request.gvk = kConfigMap;
  request.key = {ns_, "b"};
  request.body = &other;
  request.write = {.field_manager = "two"};
  auto reply = ask(request);
  EXPECT_EQ(reply.object.status().code(), base::StatusCode::kConflict);
  EXPECT_EQ(reply.reason, "FieldManagerConflict");
  EXPECT_EQ(reply.object.status().message(),
            "Apply failed with 1 conflict: conflict with \"one\": .data.a");
  request.write.force = true;
  EXPECT_TRUE(ask(request).object.ok());
  const auto bad = Json(
      R"({"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"},"data":{"a":{"b":1}}})");
  request.body = &bad;
  request.key.name = "c";
  reply = ask(request);
  EXPECT_FALSE(reply.object.ok());
  request.gvk = {"", "v1", "Service"};
  const auto invalid = Json(
      R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"c"},"spec":{"ports":[{"port":99999999}]}})");
  request.body = &invalid;
  reply = ask(request);
  EXPECT_EQ(reply.object.status().code(), base::StatusCode::kInvalidArgument);
  EXPECT_EQ(reply.reason, "Invalid");
  request.gvk = {"example.com", "v1", "Nope"};
  EXPECT_EQ(ask(request).object.status().message(),
            "no matches for kind \"Nope\" in version \"example.com/v1\"");
}

TEST_F(ClientE2eTest, ListsPageByPageAndBySelector) {
  for (int i = 0; i < 7; ++i) {
    auto object = ConfigMap(ns_, "l" + std::to_string(i), "x");
    object.Mutable("metadata").Mutable("labels").Set("odd", i % 2 == 1 ? "yes" : "no");
    ASSERT_TRUE(client_->Create(ctx_, object, {}).ok());
  }
  const auto all = client_->List(ctx_, kConfigMap, {.ns = ns_, .page = 2});
  ASSERT_TRUE(all.ok()) << all.status().message();
  EXPECT_EQ(all->size(), 7u);
  for (const auto& item : *all) EXPECT_EQ(GvkOf(item), kConfigMap);
  EXPECT_EQ(client_->List(ctx_, kConfigMap, {.ns = ns_, .label_selector = "odd=yes"})->size(), 3u);
  EXPECT_EQ(
      client_->List(ctx_, kConfigMap, {.ns = ns_, .field_selector = "metadata.name=l3"})->size(),
      1u);
  const auto metadata = client_->List(ctx_, kConfigMap, {.ns = ns_, .metadata_only = true});
  ASSERT_TRUE(metadata.ok());
  EXPECT_EQ(GvkOf(metadata->front()), kConfigMap);
  EXPECT_TRUE((*metadata)[0]["data"].is_null());
}

TEST_F(ClientE2eTest, MapsKindsAndNoticesNewOnes) {
  const GroupVersionKind widget{"example.com", "v1", "Widget"};
  const auto none = client_->MappingOf(ctx_, widget);
  EXPECT_EQ(none.status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(none.status().message(),
            "no matches for kind \"Widget\" in version \"example.com/v1\"");
  const auto deployments = client_->MappingOf(ctx_, {"apps", "v1", "Deployment"});
  ASSERT_TRUE(deployments.ok());
  EXPECT_EQ(deployments->resource, "deployments");
  EXPECT_TRUE(deployments->namespaced);
  EXPECT_THAT(deployments->verbs, testing::Contains("watch"));
  EXPECT_FALSE(client_->MappingOf(ctx_, kNamespace)->namespaced);
  EXPECT_EQ(client_->PreferredVersion(ctx_, {"apps", "Deployment"})->version, "v1");
  EXPECT_EQ(client_->PreferredVersion(ctx_, {"", "Secret"})->version, "v1");
  EXPECT_FALSE(client_->PreferredVersion(ctx_, {"nope.example", "X"}).ok());
  const auto crd =
      Json(R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition",
    "metadata":{"name":"widgets.example.com"},"spec":{"group":"example.com","scope":"Namespaced",
    "names":{"plural":"widgets","kind":"Widget"},"versions":[{"name":"v1","served":true,"storage":true,
    "schema":{"openAPIV3Schema":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}]}})");
  ASSERT_TRUE(
      client_->Patch(ctx_, GvkOf(crd), KeyOf(crd), PatchType::kApply, crd, {.field_manager = "me"})
          .ok());
  EXPECT_TRUE(Eventually(20s, [&] { return client_->MappingOf(ctx_, widget).ok(); }));
  const auto object =
      Json(R"({"apiVersion":"example.com/v1","kind":"Widget","metadata":{"namespace":")" + ns_ +
           R"(","name":"w"}})");
  EXPECT_TRUE(client_->Create(ctx_, object, {}).ok());
  ASSERT_TRUE(client_->Delete(ctx_, GvkOf(crd), KeyOf(crd), {}).ok());
  EXPECT_TRUE(Eventually(20s, [&] {
    return client_->Get(ctx_, widget, {ns_, "w"}).status().message() ==
           "no matches for kind \"Widget\" in version \"example.com/v1\"";
  }));
}

TEST_F(ClientE2eTest, ImpersonatesAndIsRefusedByName) {
  const auto tenant = client_->Impersonate("system:serviceaccount:" + ns_ + ":dev", {});
  const auto refused = tenant->Get(ctx_, {"", "v1", "Secret"}, {ns_, "s"});
  EXPECT_EQ(refused.status().code(), base::StatusCode::kPermissionDenied);
  EXPECT_EQ(refused.status().message(),
            "secrets \"s\" is forbidden: User \"system:serviceaccount:" + ns_ +
                ":dev\" cannot get resource \"secrets\" in API group \"\" in the namespace \"" +
                ns_ + "\"");
  const auto review =
      Json(R"({"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"})");
  const auto who =
      client_->Raw(ctx_, "POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", &review);
  ASSERT_TRUE(who.ok()) << who.status().message();
  EXPECT_FALSE((*who)["status"]["userInfo"]["username"].AsString().empty());
  EXPECT_EQ(client_->Raw(ctx_, "GET", "/readyz", nullptr)->AsString(), "ok");
  auto config = config_;
  config.token = base::SecretString("wrong");
  auto tls = std::make_shared<http::TlsOptions>(*config.tls);
  tls->client_cert_pem.clear();
  config.tls = tls;
  const auto stranger = *MakeClient(*http_, config);
  const auto denied = stranger->Get(ctx_, kConfigMap, {ns_, "x"});
  EXPECT_EQ(denied.status().code(), base::StatusCode::kUnauthenticated)
      << denied.status().message();
}

TEST_F(ClientE2eTest, ManyRequestsShareOneConnection) {
  constexpr int kCount = 400;
  std::latch done(kCount);
  std::atomic<int> failed{0};
  for (int i = 0; i < kCount; ++i) {
    client_->StartPatch(ctx_, kConfigMap, {ns_, "m" + std::to_string(i)}, PatchType::kApply,
                        ConfigMap(ns_, "m" + std::to_string(i), "x"),
                        {.field_manager = "me", .force = true}, [&](base::Result<Value> reply) {
                          if (!reply.ok()) ++failed;
                          done.count_down();
                        });
  }
  done.wait();
  EXPECT_EQ(failed, 0);
  EXPECT_EQ(client_->List(ctx_, kConfigMap, {.ns = ns_, .label_selector = "", .page = 150})->size(),
            static_cast<size_t>(kCount));
}

TEST_F(ClientE2eTest, LeaseGoesToOneAndThenToTheNext) {
  const LeaseOptions options{
      .key = {ns_, "lease"}, .identity = "a", .duration = 3600s, .annotations = {{"x", "y"}}};
  LeaseLock a(*client_, options);
  auto other = options;
  other.identity = "b";
  LeaseLock b(*client_, other);
  const auto step = [&](LeaseLock& lock) {
    const auto held = lock.TryAcquireOrRenew(ctx_);
    EXPECT_TRUE(held.ok()) << held.status().message();
    return held.value_or(false);
  };
  EXPECT_TRUE(step(a));
  EXPECT_FALSE(step(b));
  EXPECT_EQ(b.holder(), "a");
  EXPECT_TRUE(step(a));
  EXPECT_TRUE(a.Release(ctx_).ok());
  EXPECT_TRUE(step(b));
  EXPECT_FALSE(step(a));
  const auto lease = client_->Get(ctx_, {"coordination.k8s.io", "v1", "Lease"}, {ns_, "lease"});
  EXPECT_EQ((*lease)["spec"]["holderIdentity"].AsString(), "b");
  EXPECT_EQ((*lease)["spec"]["leaseTransitions"].AsInt(), 1);
  EXPECT_EQ(AnnotationOf(*lease, "x"), "y");
}

// What a handler saw.
class Events {
 public:
  void Attach(Informer& informer) {
    informer.AddHandler([this](const InformerEvent& e) {
      const std::lock_guard lock(mu_);
      seen_.push_back(std::string("+~-").substr(static_cast<size_t>(e.type), 1) +
                      KeyOf(*e.object).name + "=" +
                      std::string((*e.object)["data"]["a"].AsString()));
    });
  }
  std::vector<std::string> seen() const {
    const std::lock_guard lock(mu_);
    return seen_;
  }

 private:
  mutable std::mutex mu_;
  std::vector<std::string> seen_;
};

TEST_F(ClientE2eTest, InformerFollowsAndReadsItsOwnWrites) {
  ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, "i0", "0"), {}).ok());
  InformerOptions options;
  options.gvk = kConfigMap;
  options.ns = ns_;
  options.project = [](Value& v) {
    if (KeyOf(v).name == "poison") throw std::runtime_error("poison");
    v.Set("projected", true);
  };
  const auto informer = MakeInformer(*client_, options);
  Events events;
  events.Attach(*informer);
  informer->AddHandler([](const InformerEvent&) { throw std::runtime_error("a broken handler"); });
  informer->AddIndex("value", [](const Value& v) {
    return std::vector<std::string>{std::string(v["data"]["a"].AsString())};
  });
  informer->Start();
  ASSERT_TRUE(informer->WaitSynced(ctx_).ok());
  EXPECT_TRUE(informer->LastError().ok());
  const auto first = informer->Get({ns_, "i0"});
  ASSERT_NE(first, nullptr);
  EXPECT_TRUE((*first)["projected"].AsBool());
  EXPECT_TRUE((*first)["metadata"]["managedFields"].is_null());
  EXPECT_EQ(GvkOf(*first), kConfigMap);
  EXPECT_EQ(informer->ByIndex("value", "0").size(), 1u);

  ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, "poison", "0"), {}).ok());
  ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, "i1", "1"), {}).ok());
  ASSERT_TRUE(Eventually(10s, [&] { return informer->Get({ns_, "i1"}) != nullptr; }));
  EXPECT_EQ(informer->Get({ns_, "poison"}), nullptr);
  auto own = client_->Patch(ctx_, kConfigMap, {ns_, "i1"}, PatchType::kMerge,
                            Json(R"({"data":{"a":"own"}})"), {});
  ASSERT_TRUE(own.ok());
  informer->Observe(*own);
  EXPECT_EQ((*informer->Get({ns_, "i1"}))["data"]["a"].AsString(), "own");
  EXPECT_EQ(informer->ByIndex("value", "own").size(), 1u);
  EXPECT_TRUE(informer->ByIndex("value", "1").empty());
  ASSERT_TRUE(client_->Delete(ctx_, kConfigMap, {ns_, "i0"}, {}).ok());
  ASSERT_TRUE(Eventually(10s, [&] { return informer->Get({ns_, "i0"}) == nullptr; }));
  EXPECT_THAT(events.seen(), testing::IsSupersetOf({"+i0=0", "+i1=1", "-i0=0"}));
}

TEST_F(ClientE2eTest, InformersComeAndGoAtRunTime) {
  ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, "x", "0"), {}).ok());
  for (int i = 0; i < 20; ++i) {
    InformerOptions options;
    options.gvk = kConfigMap;
    options.ns = ns_;
    options.metadata_only = i % 2 == 0;
    const auto informer = MakeInformer(*client_, options);
    informer->Start();
    if (i % 3 != 0) {
      ASSERT_TRUE(informer->WaitSynced(ctx_).ok()) << informer->LastError().message();
      EXPECT_EQ(informer->List().size(), 1u);
    }
  }
}

// What one stream read for another must not lie in libcurl until the next event (http/client.cc).
TEST_F(ClientE2eTest, InformersThatStartTogetherSyncTogether) {
  // more than a stream's buffer holds, so that streams wait for each other
  for (int i = 0; i < 60; ++i) {
    const std::string name = "big" + std::to_string(i);
    ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, name, std::string(2000, 'x')), {}).ok());
  }
  const GroupVersionKind kinds[] = {
      kConfigMap, {"apps", "v1", "Deployment"},
      kConfigMap, {"batch", "v1", "Job"},
      kConfigMap, {"rbac.authorization.k8s.io", "v1", "ClusterRole"},
      kConfigMap, kNamespace,
  };
  for (int i = 0; i < 120; ++i) {
    SCOPED_TRACE(i);
    const auto http = *http::Client::Create({});
    const auto client = *MakeClient(*http, config_);
    std::vector<std::unique_ptr<Informer>> informers;
    for (const GroupVersionKind& gvk : kinds) {
      InformerOptions options;
      options.gvk = gvk;
      informers.push_back(MakeInformer(*client, options));
    }
    for (const auto& informer : informers) informer->Start();
    const Context soon = Context().WithTimeout(20s);  // a connection's own timers come after 30
    for (const auto& informer : informers) ASSERT_TRUE(informer->WaitSynced(soon).ok());
  }
}

// A handle that is used again while its connection is busy must not get more than its buffer holds.
TEST_F(ClientE2eTest, WatchesThatEndLeaveNothingToTheNext) {
  for (int i = 0; i < 30; ++i) {
    const std::string name = "big" + std::to_string(i);
    ASSERT_TRUE(client_->Create(ctx_, ConfigMap(ns_, name, std::string(2000, 'x')), {}).ok());
  }
  InformerOptions options;
  options.gvk = kConfigMap;
  options.ns = ns_;
  const auto stays = MakeInformer(*client_, options);
  stays->Start();
  for (int i = 0; i < 100; ++i) {
    SCOPED_TRACE(i);
    std::vector<std::unique_ptr<Informer>> informers;
    for (int k = 0; k < 8; ++k) informers.push_back(MakeInformer(*client_, options));
    for (const auto& informer : informers) informer->Start();
    for (const auto& informer : informers) ASSERT_TRUE(informer->WaitSynced(ctx_).ok());
    const auto all = client_->List(ctx_, kConfigMap, {.ns = ns_});
    ASSERT_TRUE(all.ok()) << all.status().message();
    EXPECT_GE(all->size(), 30u);
  }
}

TEST_F(ClientE2eTest, InformerSaysWhyItCannotSync) {
  InformerOptions options;
  options.gvk = {"example.com", "v1", "Gadget"};
  const auto informer = MakeInformer(*client_, options);
  informer->Start();
  EXPECT_TRUE(Eventually(10s, [&] {
    return informer->LastError().message() ==
           "no matches for kind \"Gadget\" in version \"example.com/v1\"";
  }));
  EXPECT_FALSE(informer->WaitSynced(Context().WithTimeout(10ms)).ok());
  const auto tenant = client_->Impersonate("system:serviceaccount:x:y", {});
  options.gvk = kConfigMap;
  const auto denied = MakeInformer(*tenant, options);
  denied->Start();
  EXPECT_TRUE(Eventually(
      10s, [&] { return denied->LastError().code() == base::StatusCode::kPermissionDenied; }));
}

TEST_F(ClientE2eTest, InformerSurvivesARestartOfTheApiServer) {
  InformerOptions options;
  options.gvk = kConfigMap;
  options.ns = ns_;
  const auto informer = MakeInformer(*client_, options);
  Events events;
  events.Attach(*informer);
  informer->Start();
  ASSERT_TRUE(informer->WaitSynced(ctx_).ok());
  Cluster().KillApiServer();
  ASSERT_TRUE(Eventually(10s, [&] { return !informer->LastError().ok(); }));
  ASSERT_TRUE(Cluster().StartApiServer().ok());
  ASSERT_TRUE(Eventually(20s, [&] {
    return client_->Create(ctx_, ConfigMap(ns_, "after", "1"), {}).status().code() !=
           base::StatusCode::kUnavailable;
  }));
  EXPECT_TRUE(Eventually(40s, [&] { return informer->Get({ns_, "after"}) != nullptr; }));
  EXPECT_TRUE(informer->LastError().ok());
  const auto seen = events.seen();
  EXPECT_EQ(std::count(seen.begin(), seen.end(), "+after=1"), 1);
}

}  // namespace
}  // namespace sluice::kube
