#include <gtest/gtest.h>

#include "apply/applier.h"
#include "builtin.h"
#include "document/json.h"
#include "value_hash.h"

namespace sluice::apply {
namespace {

using document::Value;

Value Json(std::string_view text) {
  auto value = document::ParseJson(text);
  EXPECT_TRUE(value.ok()) << text << ": " << value.status().message();
  return std::move(value).value();
}

TEST(NormalizeTest, SendsWhatATypedClientWould) {
  const struct {
    std::string what, in, want;
  } cases[] = {
      {"server-populated fields and status",
       R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a","creationTimestamp":null},"spec":{"template":{"spec":{"containers":[{"name":"c","ports":[{"containerPort":80}],"env":null}]}}},"status":{}})",
       R"({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"a"},"spec":{"template":{"spec":{"containers":[{"name":"c","ports":[{"containerPort":80,"protocol":"TCP"}]}]}}}})"},
      {"service ports",
       R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80},{"port":53,"protocol":"UDP"}]}})",
       R"({"apiVersion":"v1","kind":"Service","metadata":{"name":"a"},"spec":{"ports":[{"port":80,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}})"},
      {"secret strings win over data",
       R"({"apiVersion":"v1","kind":"Secret","metadata":{"name":"a"},"data":{"a":"MQ==","b":"Mg=="},"stringData":{"b":"three"}})",
       R"({"apiVersion":"v1","kind":"Secret","data":{"a":"MQ==","b":"dGhyZWU="},"metadata":{"name":"a"}})"},
      {"custom resources keep nulls",
       R"({"apiVersion":"example.org/v1","kind":"T","metadata":{"name":"a"},"spec":{"a":null}})",
       R"({"apiVersion":"example.org/v1","kind":"T","metadata":{"name":"a"},"spec":{"a":null}})"},
      {"cron jobs",
       R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"initContainers":[{"ports":[{"containerPort":1}]}]}}}}}})",
       R"({"apiVersion":"batch/v1","kind":"CronJob","metadata":{},"spec":{"jobTemplate":{"spec":{"template":{"spec":{"initContainers":[{"ports":[{"containerPort":1,"protocol":"TCP"}]}]}}}}}})"},
      {"definitions keep status, lose a placeholder bundle",
       R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{},"spec":{"conversion":{"webhook":{"clientConfig":{"caBundle":"Cg=="}}}},"status":{"a":1}})",
       R"({"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{},"spec":{"conversion":{"webhook":{"clientConfig":{}}}},"status":{"a":1}})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    Value object = Json(c.in);
    ASSERT_TRUE(Normalize(object).ok());
    EXPECT_EQ(document::ToJson(object), document::ToJson(Json(c.want)));
  }
}

TEST(NormalizeTest, CommonMetadataWins) {
  Value object = Json(R"({"metadata":{"labels":{"a":"1","b":"2"}}})");
  SetMetadata(object, Json(R"({"b":"3"})"), Json(R"({"n":"x"})"));
  EXPECT_EQ(document::ToJson(object),
            R"({"metadata":{"annotations":{"n":"x"},"labels":{"a":"1","b":"3"}}})");
}

TEST(NormalizeTest, SecretValuesLeaveMessages) {
  const Value secret = Json(R"({"data":{"a":"cGFzc3dvcmQ="},"stringData":{"b":"pass"}})");
  EXPECT_EQ(MaskSecretValues("got password (cGFzc3dvcmQ=) and pass", secret),
            "got ***** (*****) and *****");
}

TEST(UndeclaredTest, DropsTheFieldsTheServerNames) {
  const struct {
    std::string message, in, want;
  } cases[] = {
      {"failed to create typed patch object (a/b; apps/v1, Kind=Deployment): .spec.foo: field not "
       "declared in schema",
       R"({"spec":{"foo":1,"bar":2}})", R"({"spec":{"bar":2}})"},
      {"errors:\n  .spec.list[name=\"a.b]\",port=80].x: field not declared in schema\n  .y: field "
       "not declared in schema",
       R"({"spec":{"list":[{"name":"z","port":80,"x":1},{"name":"a.b]","port":80,"x":1}]},"y":1})",
       R"({"spec":{"list":[{"name":"z","port":80,"x":1},{"name":"a.b]","port":80}]}})"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.message);
    Value object = Json(c.in);
    EXPECT_TRUE(DropUndeclaredFields(object, c.message));
    EXPECT_EQ(document::ToJson(object), c.want);
  }
  Value untouched = Json(R"({"spec":{"a":1}})");
  for (const std::string message :
       {".spec: field not declared", ".other: field not declared in schema",
        "[: field not declared in schema", ".a[x: field not declared in schema", ""}) {
    EXPECT_FALSE(DropUndeclaredFields(untouched, message)) << message;
  }
}

std::string HashOf(const Value& value) {
  ValueHasher hasher;
  hasher.Add(value);
  return hasher.Finish();
}

TEST(ValueHashTest, EqualValuesHashAlike) {
  EXPECT_EQ(HashOf(Json(R"({"a":1,"b":[1,2]})")), HashOf(Json(R"({"b":[1,2],"a":1.0,"c":null})")));
  EXPECT_NE(HashOf(Json(R"({"a":"1"})")), HashOf(Json(R"({"a":1})")));
  EXPECT_NE(HashOf(Json(R"(["a","b"])")), HashOf(Json(R"(["ab"])")));
  EXPECT_NE(HashOf(Json(R"({"a":{"b":1}})")), HashOf(Json(R"({"a":{},"b":1})")));
}

}  // namespace
}  // namespace sluice::apply
