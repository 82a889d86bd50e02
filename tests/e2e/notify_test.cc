// Webhooks in, messages out: what a user of sluice-notify sees.
#include <gmock/gmock.h>
#include <openssl/hmac.h>

#include "document/json.h"
#include "lab.h"

namespace sluice::e2e {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::MatchesRegex;

Lab& TheLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source", "notify"}});
  return lab;
}

std::string HmacSha256(const std::string& key, const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest, &length);
  std::string hex;
  constexpr char kDigits[] = "0123456789abcdef";
  for (unsigned i = 0; i < length; ++i) {
    hex += kDigits[digest[i] >> 4];
    hex += kDigits[digest[i] & 15];
  }
  return hex;
}

std::string Event(const std::string& ns, const std::string& name, const std::string& message,
                  const std::string& severity = "info") {
  return R"({"involvedObject":{"kind":"Kustomization","namespace":")" + ns + R"(","name":")" +
         name + R"(","uid":"1","apiVersion":"kustomize.toolkit.fluxcd.io/v1"},"severity":")" +
         severity + R"(","timestamp":"2026-11-23T10:33:00Z","message":")" + message +
         R"(","reason":"Tested","metadata":{"kustomize.toolkit.fluxcd.io/revision":"main@sha1:abc","event.toolkit.fluxcd.io/env":"prod"},)"
         R"("reportingController":"kustomize-controller"})";
}

class NotifyTest : public testing::Test {
 protected:
  NotifyTest() : ns_(TheLab().NewNamespace()) {}

  void Provider(const std::string& type, const std::string& more = "") {
    lab_.Apply(
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Provider\nmetadata: {name: " +
        type + ", namespace: " + ns_ + "}\nspec:\n  type: " + type +
        "\n  address: " + lab_.chat().Url("/" + ns_ + "/" + type) + "\n" + more);
  }
  void Alert(const std::string& provider, const std::string& more = "") {
    lab_.Apply(
        "apiVersion: notification.toolkit.fluxcd.io/v1beta3\nkind: Alert\nmetadata: {name: " +
        provider + ", namespace: " + ns_ + "}\nspec:\n  providerRef: {name: " + provider +
        "}\n  eventSources: [{kind: Kustomization, name: '*'}]\n" + more);
  }
  int Post(const std::string& event) {
    return lab_.stack()
        .http()
        .Send("POST", lab_.stack().EventsUrl(), event, {"Content-Type: application/json"})
        .status;
  }
  // The one message that came to a path of this test within the time; a null value if none did.
  Value Message(const std::string& type, const std::string& text, std::string* body = nullptr,
                ChatSink::Message* whole = nullptr) {
    Value found;
    lab_.chat().WaitFor(10s, [&](const ChatSink::Message& m) {
      if (!m.path.starts_with("/" + ns_ + "/" + type) || m.body.find(text) == m.body.npos)
        return false;
      if (body != nullptr) *body = m.body;
      if (whole != nullptr) *whole = m;
      auto json = document::ParseJson(m.body);
      if (json.ok()) found = *std::move(json);
      return true;
    });
    return found;
  }
  // The Alert must be known to the process before an event that it shall match: ask until a probe
  // arrives.
  void WaitForAlert(const std::string& type) {
    int probe = 0;
    EXPECT_TRUE(Eventually(kSoon, [&] {
      Post(Event(ns_, "probe", "probe " + ns_ + type + std::to_string(++probe), "error"));
      return lab_.chat().WaitFor(200ms, [&](const ChatSink::Message& m) {
        return m.path.starts_with("/" + ns_ + "/" + type) && m.body.find("probe") != m.body.npos;
      });
    }));
  }

  Lab& lab_ = TheLab();
  std::string ns_;
};

TEST_F(NotifyTest, SendsSlacksFormat) {
  Provider("slack", "  channel: general\n");
  Alert("slack", "  eventMetadata: {cluster: eu1}\n");
  WaitForAlert("slack");
  EXPECT_EQ(Post(Event(ns_, "app", "first line\\nsecond")), 202);
  const Value message = Message("slack", "first line");
  EXPECT_EQ(Text(message["channel"]), "general");
  EXPECT_EQ(Text(message["username"]), "kustomize-controller");
  const Value& attachment = message["attachments"].items().at(0);
  EXPECT_EQ(Text(attachment["color"]), "good");
  EXPECT_EQ(Text(attachment["author_name"]), "kustomization/app." + ns_);
  EXPECT_EQ(Text(attachment["text"]), "first line\nsecond");
  EXPECT_EQ(Text(attachment["fallback"]), "kustomization/app." + ns_ + ": first line");
  std::vector<std::string> fields;
  for (const Value& field : attachment["fields"].items())
    fields.push_back(Text(field["title"]) + "=" + Text(field["value"]));
  EXPECT_THAT(fields, ElementsAre("cluster=eu1", "env=prod", "revision=main@sha1:abc"));
}

TEST_F(NotifyTest, SendsDiscordsFormatToItsSlackPath) {
  Provider("discord");
  Alert("discord");
  WaitForAlert("discord");
  Post(Event(ns_, "app", "to discord", "error"));
  ChatSink::Message whole;
  const Value message = Message("discord", "to discord", nullptr, &whole);
  EXPECT_EQ(whole.path, "/" + ns_ + "/discord/slack");
  EXPECT_EQ(Text(message["attachments"].items().at(0)["color"]), "danger");
}

TEST_F(NotifyTest, SignsGenericHmac) {
  lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: key, namespace: " + ns_ +
             "}\nstringData: {token: s3cr3t}\n");
  Provider("generic-hmac", "  secretRef: {name: key}\n");
  Alert("generic-hmac");
  WaitForAlert("generic-hmac");
  Post(Event(ns_, "app", "signed"));
  ChatSink::Message whole;
  const Value message = Message("generic-hmac", "signed", nullptr, &whole);
  EXPECT_EQ(Text(message["involvedObject"]["name"]), "app");
  EXPECT_EQ(whole.headers["x-signature"], "sha256=" + HmacSha256("s3cr3t", whole.body));
  EXPECT_EQ(whole.headers["gotk-component"], "kustomize-controller");
}

TEST_F(NotifyTest, FiltersBySeverityAndExpressions) {
  Provider("generic");
  Alert("generic", "  eventSeverity: error\n  exclusionList: ['.*noise.*']\n");
  WaitForAlert("generic");
  Post(Event(ns_, "app", "only info"));
  Post(Event(ns_, "app", "some noise here", "error"));
  Post(Event(ns_, "app", "a real failure", "error"));
  EXPECT_FALSE(Message("generic", "a real failure").is_null());
  EXPECT_EQ(lab_.chat().Count("only info") + lab_.chat().Count("some noise here"), 0u);
}

TEST_F(NotifyTest, AnswersDuplicatesAndMalformedEvents) {
  const std::string event = Event(ns_, "app", "twice");
  EXPECT_EQ(Post(event), 202);
  EXPECT_EQ(Post(event), 429);
  EXPECT_EQ(Post("not json"), 400);
  EXPECT_EQ(Post(std::string(4 << 20, 'x')), 413);
}

TEST_F(NotifyTest, TriesADeliveryAgain) {
  Provider("generic");
  Alert("generic");
  WaitForAlert("generic");
  lab_.chat().FailNext(1, 503);
  Post(Event(ns_, "app", "second try"));
  EXPECT_FALSE(Message("generic", "second try").is_null());
}

class ReceiverTest : public NotifyTest {
 protected:
  ReceiverTest() : tree_(TheLab().git(), ns_) {
    tree_.CommitAndPush("one");
    lab_.Apply(GitRepository(ns_, "repo", tree_.url()));
    lab_.Apply("apiVersion: v1\nkind: Secret\nmetadata: {name: hook, namespace: " + ns_ +
               "}\nstringData: {token: tok}\n");
  }
  std::string Receiver(const std::string& type, const std::string& more = "") {
    lab_.Apply(
        "apiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: {name: " + type +
        ", namespace: " + ns_ + "}\nspec:\n  type: " + type +
        "\n  secretRef: {name: hook}\n  resources: [{kind: GitRepository, name: repo}]\n" + more);
    const Value receiver = lab_.WaitReady({"Receiver", ns_, type});
    const std::string path = Text(receiver["status"]["webhookPath"]);
    // The status is there for all to see a moment before the process that wrote it sees it come
    // back.
    EXPECT_TRUE(Eventually(kSoon, [&] { return Call(path, "", {}) != 404; }));
    return path;
  }
  int Call(const std::string& path, const std::string& body, std::vector<std::string> headers) {
    headers.push_back("Content-Type: application/json");
    return lab_.stack().http().Send("POST", lab_.stack().WebhookUrl(path), body, headers).status;
  }
  std::string RequestedAt() {
    return Text(lab_.Get({"GitRepository", ns_,
                          "repo"})["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
  }
  GitWorkTree tree_;
};

TEST_F(ReceiverTest, ChecksGithubsSignatureAndEvent) {
  const std::string path = Receiver("github", "  events: [ping, push]\n");
  EXPECT_THAT(path, MatchesRegex("/hook/[0-9a-f]{64}"));
  const std::string body = R"({"ref":"refs/heads/main"})",
                    good = "X-Hub-Signature-256: sha256=" + HmacSha256("tok", body);
  const struct {
    std::string what;
    std::vector<std::string> headers;
    int status;
  } cases[] = {
      {"no signature", {"X-GitHub-Event: push"}, 400},
      {"short signature", {"X-GitHub-Event: push", "X-Hub-Signature-256: sha256=00"}, 400},
      {"signature of another body",
       {"X-GitHub-Event: push", "X-Hub-Signature-256: sha256=" + HmacSha256("tok", body + " ")},
       400},
      {"signature with another key",
       {"X-GitHub-Event: push", "X-Hub-Signature-256: sha256=" + HmacSha256("other", body)},
       400},
      {"event not listed", {"X-GitHub-Event: issues", good}, 400},
      {"good", {"X-GitHub-Event: push", good}, 200},
      {"good, other case", {"X-GitHub-Event: PUSH", good}, 200},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.what);
    const std::string before = RequestedAt();
    EXPECT_EQ(Call(path, body, c.headers), c.status);
    EXPECT_EQ(RequestedAt() != before, c.status == 200);
  }
  EXPECT_EQ(Call(path + "?x=1", body, {"X-GitHub-Event: push", good}), 404);
  EXPECT_EQ(Call("/hook/" + std::string(64, '0'), body, {}), 404);
  EXPECT_EQ(Call("/other", body, {}), 404);
}

TEST_F(ReceiverTest, GenericTypesWork) {
  EXPECT_EQ(Call(Receiver("generic"), "{}", {}), 200);
  const std::string path = Receiver("generic-hmac");
  EXPECT_EQ(Call(path, "x", {}), 400);
  EXPECT_EQ(Call(path, "x", {"X-Signature: sha256=" + HmacSha256("tok", "x")}), 200);
}

TEST_F(ReceiverTest, AWebhookFetchesTheNewCommitAtOnce) {
  const std::string path = Receiver("generic");
  lab_.WaitReady({"GitRepository", ns_, "repo"});
  const std::string sha = tree_.CommitAndPush("two");
  EXPECT_EQ(Call(path, "{}", {}), 200);
  lab_.WaitReady({"GitRepository", ns_, "repo"}, sha);
}

TEST_F(ReceiverTest, ReportsAMissingTokenAndAnswers503WhenSuspended) {
  lab_.Apply(
      "apiVersion: notification.toolkit.fluxcd.io/v1\nkind: Receiver\nmetadata: {name: missing, "
      "namespace: " +
      ns_ +
      "}\nspec: {type: generic, secretRef: {name: absent}, resources: [{kind: GitRepository, name: "
      "repo}]}\n");
  EXPECT_THAT(lab_.WaitFailed({"Receiver", ns_, "missing"}, "TokenNotFound"),
              HasSubstr("unable to read token from secret '" + ns_ + "/absent'"));
  const std::string path = Receiver("generic");
  lab_.cluster().Kubectl({"-n", ns_, "patch", "receiver/generic", "--type=merge", "-p",
                          R"({"spec":{"suspend":true}})"});
  EXPECT_TRUE(Eventually(kSoon, [&] { return Call(path, "{}", {}) == 503; }));
}

}  // namespace
}  // namespace sluice::e2e
