// The pure parts: errors, paths, discovery documents, watch lines, the store.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api_error.h"
#include "discovery.h"
#include "document/json.h"
#include "kube/event.h"
#include "rest_path.h"
#include "store.h"
#include "watch_events.h"

namespace sluice::kube {
namespace {

using base::StatusCode;
using document::Value;

Value Json(const std::string& text) { return document::ParseJson(text).value_or(Value()); }

TEST(ApiErrorTest, MapsStatusObjectsToCodesAndReasons) {
  const struct {
    int http;
    std::string body;
    StatusCode code;
    std::string message, reason;
  } cases[] = {
      {404,
       R"({"kind":"Status","message":"configmaps \"a\" not found","reason":"NotFound","code":404})",
       StatusCode::kNotFound, "configmaps \"a\" not found", "NotFound"},
      {409, R"({"kind":"Status","message":"m","reason":"AlreadyExists","code":409})",
       StatusCode::kAlreadyExists, "m", "AlreadyExists"},
      {409, R"({"kind":"Status","message":"m","reason":"Conflict","code":409})",
       StatusCode::kConflict, "m", "Conflict"},
      {409,
       R"({"kind":"Status","message":"m","reason":"Conflict","code":409,"details":{"causes":[{"reason":"FieldManagerConflict"}]}})",
       StatusCode::kConflict, "m", "FieldManagerConflict"},
      {422, R"({"kind":"Status","message":"m","reason":"Invalid","code":422})",
       StatusCode::kInvalidArgument, "m", "Invalid"},
      {410, R"({"kind":"Status","message":"m","reason":"Expired","code":410})",
       StatusCode::kDataLoss, "m", "Expired"},
      {429, "", StatusCode::kResourceExhausted,
       "the server has received too many requests and has asked us to try again later", ""},
      {500, "oops", StatusCode::kUnavailable,
       "an error on the server (\"oops\") has prevented the request from succeeding", ""},
      {404, "404 page not found", StatusCode::kNotFound,
       "the server could not find the requested resource", ""},
      {403, "{broken", StatusCode::kPermissionDenied, "forbidden", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body);
    const auto error = ParseApiError(c.http, c.body);
    EXPECT_EQ(error.status.code(), c.code);
    EXPECT_EQ(error.status.message(), c.message);
    EXPECT_EQ(error.reason, c.reason);
  }
}

TEST(RestPathTest, BuildsPathsAndRefusesTricks) {
  const Client::Mapping pods{"pods", true, {}}, nodes{"nodes", false, {}};
  EXPECT_EQ(*ObjectPath({"", "v1", "Pod"}, pods, {"ns", "a"}, ""), "/api/v1/namespaces/ns/pods/a");
  EXPECT_EQ(*ObjectPath({"g.io", "v1", "Node"}, nodes, {"ignored", "a"}, "status"),
            "/apis/g.io/v1/nodes/a/status");
  EXPECT_EQ(*ObjectPath({"", "v1", "Pod"}, pods, {"ns", "system:x"}, ""),
            "/api/v1/namespaces/ns/pods/system:x");
  EXPECT_EQ(CollectionPath({"", "v1", "Pod"}, pods, ""), "/api/v1/pods");
  for (const ObjectKey& bad :
       {ObjectKey{"ns", ""}, ObjectKey{"ns", ".."}, ObjectKey{"ns", "a/b"}, ObjectKey{"..", "a"},
        ObjectKey{"ns", "a%2fb"}, ObjectKey{"", "a"}}) {
    EXPECT_FALSE(ObjectPath({"", "v1", "Pod"}, pods, bad, "").ok()) << bad.ToString();
  }
  EXPECT_EQ(WriteQuery({.field_manager = "a b", .dry_run = true, .force = true}).text(),
            "?fieldManager=a+b&force=true&dryRun=All");
}

TEST(DiscoveryTest, ReadsResourceListsAndVersions) {
  const auto kinds = ParseResourceList(Json(R"({"groupVersion":"apps/v1","resources":[
    {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["get","watch"]},
    {"name":"deployments/status","kind":"Deployment","namespaced":true,"verbs":["get"]},
    {"name":"odd","kind":"Scale","group":"autoscaling","version":"v1","verbs":[]}, null, 3, {"name":"x"}]})"));
  ASSERT_EQ(kinds.size(), 1u);
  EXPECT_EQ(kinds.at("Deployment").resource, "deployments");
  EXPECT_THAT(
      ParseVersions(Json(
          R"({"versions":[{"version":"v1"},{"version":"v2"}],"preferredVersion":{"version":"v2"}})")),
      testing::ElementsAre("v2", "v1"));
  EXPECT_THAT(ParseVersions(Json(R"({"versions":["v1"]})")), testing::ElementsAre("v1"));
}

TEST(WatchEventsTest, LinesArePutTogetherWhateverThePieces) {
  const std::string text = "one\n\ntwo\nthree";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    std::vector<std::string> lines;
    LineSplitter splitter;
    for (size_t at = 0; at < text.size(); at += piece) {
      ASSERT_TRUE(splitter.Feed(std::string_view(text).substr(at, piece),
                                [&](std::string_view line) { lines.emplace_back(line); }));
    }
    EXPECT_THAT(lines, testing::ElementsAre("one", "", "two"));
  }
  LineSplitter small(4);
  const auto ignore = [](std::string_view) {};
  EXPECT_TRUE(small.Feed("1234\n", ignore));
  EXPECT_TRUE(small.Feed("123", ignore));
  EXPECT_FALSE(small.Feed("45", ignore));
}

TEST(WatchEventsTest, ReadsEventsAndSkipsMalformedOnes) {
  const auto added = ParseWatchEvent(R"({"type":"ADDED","object":{"metadata":{"name":"a"}}})");
  ASSERT_TRUE(added.ok());
  EXPECT_EQ(added->type, WatchEvent::Type::kAdded);
  const auto end = ParseWatchEvent(
      R"({"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"5","annotations":{"k8s.io/initial-events-end":"true"}}}})");
  ASSERT_TRUE(end.ok());
  EXPECT_TRUE(end->initial_events_end);
  for (const char* bad :
       {"", "{", "null", "[]", R"({"type":"ADDED"})", R"({"type":"ADDED","object":{}})",
        R"({"type":"ADDED","object":{"metadata":null}})", R"({"type":"X","object":{}})",
        R"({"type":1,"object":{}})"}) {
    EXPECT_FALSE(ParseWatchEvent(bad).ok()) << bad;
  }
}

Value Object(const std::string& name, const std::string& version, const std::string& uid = "u") {
  return Json(R"({"metadata":{"namespace":"n","name":")" + name + R"(","uid":")" + uid +
              R"(","resourceVersion":")" + version + "\"}}");
}

TEST(ObjectStoreTest, TheNewestVersionWins) {
  ObjectStore store;
  EXPECT_EQ(store.Put(Object("a", "9"))->type, InformerEvent::Type::kAdded);
  EXPECT_FALSE(store.Put(Object("a", "9")).has_value());
  EXPECT_FALSE(store.Put(Object("a", "8")).has_value());
  const auto update = store.Put(Object("a", "10"));
  ASSERT_TRUE(update.has_value());
  EXPECT_EQ(ResourceVersionOf(*update->old_object), "9");
  EXPECT_FALSE(store.Remove(Object("a", "9", "earlier")).has_value());  // made again since
  EXPECT_EQ(store.Remove(Object("a", "11"))->type, InformerEvent::Type::kDeleted);
  EXPECT_FALSE(store.Remove(Object("a", "12")).has_value());
}

TEST(ObjectStoreTest, ARelistDropsWhatItDidNotShowUnlessNewer) {
  ObjectStore store;
  store.AddIndex("uid",
                 [](const Value& v) { return std::vector<std::string>{std::string(UidOf(v))}; });
  for (const auto& o : {Object("a", "1"), Object("b", "2"), Object("c", "9")}) (void)store.Put(o);
  const auto events = store.RemoveAllBut({{"n", "a"}}, "5");
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(KeyOf(*events[0].object).name, "b");
  EXPECT_EQ(store.List().size(), 2u);
  EXPECT_EQ(store.ByIndex("uid", "u").size(), 2u);
  EXPECT_TRUE(store.ByIndex("uid", "x").empty());
}

TEST(EventTest, HasWhatTheApiAsksFor) {
  EventFields fields;
  fields.gvk = {"g", "v1", "K"};
  fields.key = {"", "cluster-thing"};
  fields.message = std::string(2000, 'x');
  fields.name_suffix = "17";
  const auto event = MakeEvent(fields);
  EXPECT_EQ(KeyOf(event), (ObjectKey{"default", "cluster-thing.17"}));
  EXPECT_LE(event["message"].AsString().size(), 1024u);
  EXPECT_EQ(event["involvedObject"]["apiVersion"].AsString(), "g/v1");
}

}  // namespace
}  // namespace sluice::kube
