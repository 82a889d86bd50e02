// Hostile object stores and token services against the real process. Names begin with the advisory
// or the law they test.
#include <gmock/gmock.h>

#include <atomic>
#include <filesystem>

#include "base/encoding.h"
#include "base/strings.h"
#include "lab.h"
#include "test_support/scripted_server.h"

namespace sluice::e2e {
namespace {

using test_support::Http;
using test_support::ScriptedServer;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "c4n4ry";
constexpr long kMaxResidentKilobytes = 256 * 1024;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

std::string Page(const std::vector<std::string>& keys) {
  std::string out =
      "<ListBucketResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType>";
  for (const auto& key : keys)
    out += "<Contents><Key>" + base::PercentEncode(key) + "</Key><ETag>1</ETag></Contents>";
  return out + "</ListBucketResult>";
}

class BucketTest : public testing::Test {
 protected:
  BucketTest() : ns_(TheLab().NewNamespace()) {}
  ~BucketTest() override { EXPECT_TRUE(lab_.stack().Running("source")) << "source died"; }

  // A Bucket of a store on this host.
  void Apply(const std::string& name, const std::string& spec) { lab_.Apply(Manifest(name, spec)); }
  std::string Manifest(const std::string& name, const std::string& spec) const {
    return "---\napiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + name +
           ", namespace: " + ns_ +
           "}\nspec:\n  interval: 10m\n  bucketName: fleet\n  insecure: true\n" + spec;
  }
  void Secret(const std::string& name, const std::map<std::string, std::string>& data) {
    std::string text = "apiVersion: v1\nkind: Secret\nmetadata: {name: " + name +
                       ", namespace: " + ns_ + "}\ndata:\n";
    for (const auto& [key, value] : data)
      text += "  " + key + ": \"" + base::Base64Encode(value) + "\"\n";
    lab_.Apply(text);
  }
  Ref Source(const std::string& name) const { return {"Bucket", ns_, name}; }
  // Everything a client can see of the object, its events, and the log.
  std::string AllOutputs(const std::string& name) {
    const auto shown = lab_.cluster().Kubectl({"-n", ns_, "get", "bucket", name, "-o", "json"}).out;
    return shown.substr(shown.find("\"status\"")) +
           lab_.cluster().Kubectl({"-n", ns_, "get", "events", "-o", "json"}).out +
           lab_.stack().Log("source");
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(BucketTest, CVE_2026_47680_ObjectKeysStayInTheArtifact) {
  const std::string deep = [] {
    std::string key = "x";
    for (int i = 0; i < 1000; ++i) key += "/x";
    return key;
  }();
  const struct {
    std::string name;
    std::vector<std::string> keys;
    std::string message;  // "" = the path the object is found at
    std::string path;
  } cases[] = {
      {"climbs", {"../../escaped.yaml"}, "", "escaped.yaml"},
      {"absolute", {"/etc/escaped.yaml"}, "", "etc/escaped.yaml"},
      {"dotted", {"a/../../escaped.yaml"}, "", "escaped.yaml"},
      {"backslash",
       {"a\\..\\escaped.yaml"},
       "failed to resolve path for 'a\\..\\escaped.yaml' object: ",
       ""},
      {"zero", {std::string("a\0b", 3)}, "failed to resolve path for ", ""},
      {"folder", {"a", "a/escaped.yaml"}, "failed to get 'a' object: fileName is a directory.", ""},
      {"deep", {deep}, "directories nested deeper than 256", ""},
      {"itself", {".."}, "failed to resolve path for '..' object: ", ""},
  };
  std::vector<std::unique_ptr<ScriptedServer>> stores;
  std::string manifests;
  for (const auto& c : cases) {
    stores.push_back(std::make_unique<ScriptedServer>([keys = c.keys](const std::string& head) {
      if (base::Contains(head, "list-type=2")) return Http(200, Page(keys));
      return base::Contains(head, "/.sourceignore ")
                 ? Http(404, "<Error><Code>NoSuchKey</Code></Error>")
                 : Http(200, "hostile", "ETag: \"1\"\r\n");
    }));
    manifests += Manifest(c.name, "  endpoint: " + stores.back()->address() + "\n");
  }
  lab_.Apply(manifests);
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    if (!c.message.empty()) {
      const Value failed = lab_.WaitFor(Source(c.name), "a failure", [](const Value& o) {
        return Text(ConditionOf(o, "Ready")["status"]) == "False";
      });
      EXPECT_THAT(Text(ConditionOf(failed, "Ready")["message"]), HasSubstr(c.message));
      EXPECT_TRUE(failed["status"]["artifact"].is_null());
      continue;
    }
    lab_.WaitReady(Source(c.name));
    const std::string folder = lab_.stack().StorageFolder() + "/bucket/" + ns_ + "/" + c.name;
    const auto listed = test_support::RunCommand({"tar", "-tzf", folder + "/latest.tar.gz"});
    EXPECT_THAT(listed.out, HasSubstr(c.path + "\n"));
    EXPECT_THAT(listed.out, Not(HasSubstr("..")));
  }
  for (const std::string& place : {lab_.stack().StorageFolder() + "/..", std::string("/tmp"),
                                   std::string("/etc"), std::string("/")}) {
    EXPECT_FALSE(std::filesystem::exists(place + "/escaped.yaml")) << place;
  }
}

TEST_F(BucketTest, CVE_2024_31216_SignaturesInUrlsAreNotQuoted) {
  ScriptedServer store([](const std::string&) {
    return Http(403, std::string("<Error><Code>AuthenticationFailed</Code><Message>you sent ") +
                         kCanary + "</Message></Error>");
  });
  Secret("sas", {{"sasKey", std::string("?sv=2021-12-02&sig=") + kCanary}});
  Apply("refused", "  provider: azure\n  endpoint: http://" + store.address() +
                       "/account?sig=" + kCanary + "\n  secretRef: {name: sas}\n");
  Apply("gone", std::string("  provider: azure\n  endpoint: http://127.0.0.1:1/account?sig=") +
                    kCanary + "\n  secretRef: {name: sas}\n");
  Secret("bad", {{"sasKey", std::string("sig=%zz") + kCanary}});
  Apply("unparsable", "  provider: azure\n  endpoint: http://" + store.address() +
                          "\n  secretRef: {name: bad}\n");
  lab_.WaitFailed(Source("refused"), "BucketOperationFailed");
  lab_.WaitFailed(Source("gone"), "BucketOperationFailed");
  EXPECT_EQ(lab_.WaitFailed(Source("unparsable"), "AuthenticationFailed"),
            "unable to parse SAS token: invalid URL escape");
  EXPECT_EQ(store.Count("GET /account/fleet/.sourceignore?sig=" + std::string(kCanary)), 1u)
      << "it was sent";
  for (const std::string name : {"refused", "gone", "unparsable"})
    EXPECT_THAT(AllOutputs(name), Not(HasSubstr(kCanary))) << name;
}

TEST_F(BucketTest, S7_KeysOfAStoreAreNowhereToBeSeen) {
  ScriptedServer store([](const std::string& head) {
    return Http(403,
                "<Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not "
                "match.</Message><StringToSign>" +
                    head.substr(0, 200) + "</StringToSign></Error>");
  });
  Secret("keys", {{"accesskey", "AKID"}, {"secretkey", kCanary}});
  Apply("keys",
        "  region: us-east-1\n  endpoint: " + store.address() + "\n  secretRef: {name: keys}\n");
  EXPECT_EQ(lab_.WaitFailed(Source("keys"), "BucketOperationFailed"),
            "failed to confirm existence of 'fleet' bucket: Access Denied.");
  EXPECT_THAT(AllOutputs("keys"), Not(HasSubstr(kCanary)));
  EXPECT_THAT(AllOutputs("keys"), Not(HasSubstr("AWS4-HMAC")));
}

TEST_F(BucketTest, S18_RedirectsAreNotFollowed) {
  ScriptedServer metadata([](const std::string&) { return Http(200, "secret of the machine"); });
  ScriptedServer store([&](const std::string&) {
    return Http(307, "", "Location: http://" + metadata.address() + "/latest/meta-data/\r\n");
  });
  Secret("keys", {{"accesskey", "AKID"}, {"secretkey", kCanary}});
  Apply("moved",
        "  region: us-east-1\n  endpoint: " + store.address() + "\n  secretRef: {name: keys}\n");
  lab_.WaitFailed(Source("moved"), "BucketOperationFailed");
  EXPECT_TRUE(metadata.Seen().empty());
}

TEST_F(BucketTest, S3_AnswersWithoutEndCostNoMemory) {
  const std::string lol =
      "<!DOCTYPE lolz [<!ENTITY lol \"lol\"><!ENTITY lol2 "
      "\"&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;\">]><ListBucketResult>&lol2;</"
      "ListBucketResult>";
  const struct {
    std::string name, list, message;
  } cases[] = {
      {"laughs", Http(200, lol), "a document type is not read"},
      {"large", Http(200, "<ListBucketResult>" + std::string(40u << 20, ' ')), ""},
      {"nested",
       Http(200,
            [] {
              std::string out = "<ListBucketResult>";
              for (int i = 0; i < 100'000; ++i) out += "<a>";
              return out;
            }()),
       "elements are nested too deeply"},
      {"circle",
       Http(200,
            "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>again</"
            "NextContinuationToken></ListBucketResult>"),
       "Truncated response should have continuation token set"},
  };
  std::vector<std::unique_ptr<ScriptedServer>> stores;
  std::string manifests;
  for (const auto& c : cases) {
    stores.push_back(std::make_unique<ScriptedServer>([list = c.list](const std::string& head) {
      if (head.starts_with("HEAD ")) return Http(200, "");
      return base::Contains(head, "list-type=2")
                 ? list
                 : Http(404, "<Error><Code>NoSuchKey</Code></Error>");
    }));
    manifests += Manifest(c.name, "  endpoint: " + stores.back()->address() + "\n");
  }
  lab_.Apply(manifests);
  for (const auto& c : cases)
    EXPECT_THAT(lab_.WaitFailed(Source(c.name), "BucketOperationFailed"), HasSubstr(c.message))
        << c.name;
  EXPECT_LT(ResidentKilobytes(lab_.stack().Pid("source")), kMaxResidentKilobytes);
}

// A key in a Secret names no file of ours, and no command.
TEST_F(BucketTest, S7_GoogleKeysReadNoFilesOfTheController) {
  Secret(
      "key",
      {{"serviceaccount",
        R"({"type":"external_account","audience":"a","token_url":"http://127.0.0.1:1/","credential_source":{"file":"/proc/self/environ"}})"}});
  Apply("gcp", "  provider: gcp\n  endpoint: storage.googleapis.com\n  secretRef: {name: key}\n");
  EXPECT_THAT(lab_.WaitFailed(Source("gcp"), "BucketOperationFailed"),
              HasSubstr("credentials of type 'external_account' are not supported"));
}

// Half an answer publishes nothing, and what was published stays.
TEST_F(BucketTest, S3_NothingIsPublishedHalf) {
  std::atomic<bool> cut = false;
  ScriptedServer store([&](const std::string& head) -> std::string {
    if (base::Contains(head, "list-type=2"))
      return Http(
          200, cut ? base::ReplaceAll(Page({"a.yaml"}), "<ETag>1", "<ETag>2") : Page({"a.yaml"}));
    if (base::Contains(head, "/.sourceignore "))
      return Http(404, "<Error><Code>NoSuchKey</Code></Error>");
    if (cut)
      return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 100\r\nETag: "
             "\"2\"\r\n\r\nhalf";
    return Http(200, "whole", "ETag: \"1\"\r\n");
  });
  Apply("cut", "  endpoint: " + store.address() + "\n");
  const Value first = lab_.WaitReady(Source("cut"));
  cut = true;
  lab_.RequestReconcile(Source("cut"));
  EXPECT_THAT(lab_.WaitFailed(Source("cut"), "BucketOperationFailed"),
              HasSubstr("fetch from bucket 'fleet' failed: failed to get 'a.yaml' object: "));
  EXPECT_EQ(lab_.Get(Source("cut"))["status"]["artifact"], first["status"]["artifact"]);
  EXPECT_EQ(lab_.stack().http().Send("GET", Text(first["status"]["artifact"]["url"])).status, 200);
}

}  // namespace
}  // namespace sluice::e2e
