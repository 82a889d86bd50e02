// Buckets: what a user of sluice-source sees. The object store is versitygw, which checks every
// signature.
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "artifact_files.h"
#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "lab.h"
#include "test_support/s3_server.h"
#include "test_support/scripted_server.h"

namespace sluice::e2e {
namespace {

using test_support::Http;
using test_support::S3Server;
using test_support::ScriptedServer;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

// A token service that gives the store's keys to LDAP's user and to the account "reader" of any
// namespace, and to no other.
ScriptedServer& TokenService() {
  static ScriptedServer server([](const std::string& request) {
    const auto field = [&](const std::string& name) {
      const auto body = base::Cut(request, "\r\n\r\n");
      for (const auto pair : base::Split(body ? body->second : "", "&")) {
        if (pair.starts_with(name + "=")) return std::string(pair.substr(name.size() + 1));
      }
      return std::string();
    };
    bool good = field("Action") == "AssumeRoleWithLDAPIdentity" &&
                field("LDAPUsername") == "user" && field("LDAPPassword") == "pass+word";
    if (field("Action") == "AssumeRoleWithWebIdentity" &&
        field("RoleArn") == "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Freader") {
      const std::string token = field("WebIdentityToken");
      const auto parts = base::Split(token, ".");
      const std::string claims =
          parts.size() == 3 ? base::Base64UrlDecode(parts[1]).value_or("") : "";
      good = base::Contains(claims, R"("aud":["sts.amazonaws.com"])") &&
             base::Contains(claims, R"(:reader")") &&
             base::Contains(claims, R"("sub":"system:serviceaccount:test-)");
    }
    if (!good)
      return Http(403,
                  "<ErrorResponse><Error><Code>AccessDenied</Code><Message>c4n4ry</Message></"
                  "Error></ErrorResponse>");
    return Http(200,
                std::string("<R><Credentials><AccessKeyId>") + S3Server::kAccessKey +
                    "</AccessKeyId><SecretAccessKey>" + S3Server::kSecretKey +
                    "</SecretAccessKey><SessionToken></"
                    "SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></R>");
  });
  return server;
}

Lab& TheLab() {
  static Lab lab = [] {
    setenv("AWS_ENDPOINT_URL_STS", ("http://" + TokenService().address() + "/").c_str(), 1);
    Lab::Options options;
    options.stack.flags["source"] = {"--feature-gates=ObjectLevelWorkloadIdentity=true",
                                     "--default-service-account=default-reader"};
    options.processes = {"source"};
    return Lab(options);
  }();
  return lab;
}

class BucketTest : public testing::Test {
 protected:
  BucketTest() : ns_(TheLab().NewNamespace()) {
    lab_.Apply(Secret(ns_, "keys",
                      {{"accesskey", S3Server::kAccessKey}, {"secretkey", S3Server::kSecretKey}}));
    Store().MakeBucket(ns_);
  }
  static S3Server& Store() {
    static S3Server server;
    return server;
  }
  static S3Server& TlsStore() {
    static S3Server server({.tls = true});
    return server;
  }
  Ref Source(const std::string& name = "app") const { return {"Bucket", ns_, name}; }
  void Apply(const std::string& more = "", const std::string& name = "app") {
    lab_.Apply("apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + name +
               ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  bucketName: " + ns_ +
               "\n  endpoint: " + Store().endpoint() +
               "\n  insecure: true\n  secretRef: {name: keys}\n" + more);
  }
  static std::string Revision(const Value& source) {
    return Text(source["status"]["artifact"]["revision"]);
  }
  std::shared_ptr<const io::FileTree> Fetch(const Value& source) {
    return ArtifactFiles(lab_, source);
  }
  // What the store was asked about this test's bucket.
  std::vector<std::string> Asked() const {
    auto all = Store().Requests();
    std::erase_if(all, [&](const std::string& line) {
      return !base::Contains(line, "/" + ns_ + "/") || line.starts_with("PUT");
    });
    return all;
  }

  Lab& lab_ = TheLab();
  const std::string ns_;
};

TEST_F(BucketTest, StoresTheObjectsOfABucket) {
  const std::string a = Store().Put(ns_, "a.yaml", "a: 1\n"),
                    b = Store().Put(ns_, "sub/dir/b c+ü.yaml", "b: 2\n");
  Store().Put(ns_, "logs/x.log", "noise\n");
  Store().Put(ns_, "skip.txt", "noise\n");
  Store().Put(ns_, ".sourceignore", "*.log\n");
  Apply("  ignore: skip.txt\n");
  const Value source = lab_.WaitReady(Source());
  const std::string index = "a.yaml " + a + "\nsub/dir/b c+ü.yaml " + b + "\n",
                    revision = base::Digest::Sha256(index).ToString();
  EXPECT_EQ(Revision(source), revision);
  const std::string folder = "bucket/" + ns_ + "/app/";
  EXPECT_EQ(Text(source["status"]["artifact"]["path"]), folder + revision.substr(7) + ".tar.gz");
  EXPECT_EQ(Text(source["status"]["url"]), lab_.stack().StorageUrl("/" + folder + "latest.tar.gz"));
  EXPECT_EQ(Text(source["status"]["observedIgnore"]), "skip.txt");
  for (const std::string type : {"Ready", "ArtifactInStorage"}) {
    EXPECT_EQ(Text(ConditionOf(source, type)["reason"]), "Succeeded") << type;
    EXPECT_EQ(Text(ConditionOf(source, type)["message"]),
              "stored artifact: revision '" + revision + "'")
        << type;
  }
  EXPECT_TRUE(ConditionOf(source, "Reconciling").is_null());
  const auto tree = Fetch(source);
  EXPECT_EQ(*tree->ReadFile("a.yaml"), "a: 1\n");
  EXPECT_EQ(*tree->ReadFile("sub/dir/b c+ü.yaml"), "b: 2\n");
  EXPECT_EQ(*tree->ReadFile(".sourceignore"), "*.log\n");  // as in Flux
  EXPECT_FALSE(tree->Stat("logs").ok());
  const std::string message = "stored artifact with 2 fetched files from '" + ns_ + "' bucket";
  EXPECT_TRUE(Eventually(kSoon, [&] {
    return lab_.Events(Source(), "NewArtifact") == std::vector<std::string>{message};
  }));
}

TEST_F(BucketTest, FollowsChangesAndLeavesTheUnchangedAlone) {
  Store().Put(ns_, "a.yaml", "a: 1\n");
  Store().Put(ns_, "b.yaml", "b: 1\n");
  Store().Put(ns_, "c.yaml", "c: 1\n");
  Apply();
  const Value first = lab_.WaitReady(Source());

  // Nothing new: nothing is stored, and no object is read.
  const size_t before = Asked().size();
  lab_.RequestReconcile(Source());
  const Value same = lab_.WaitFor(Source(), "the request", [&](const Value& o) {
    return Text(o["status"]["lastHandledReconcileAt"]) !=
           Text(first["status"]["lastHandledReconcileAt"]);
  });
  EXPECT_EQ(same["status"]["artifact"], first["status"]["artifact"]);
  auto asked = Asked();
  asked.erase(asked.begin(), asked.begin() + static_cast<ptrdiff_t>(before));
  EXPECT_THAT(asked, ElementsAre(HasSubstr("?encoding-type=url&list-type=2&prefix= 200")));

  Store().Put(ns_, "a.yaml", "a: 2\n");
  Store().Delete(ns_, "b.yaml");
  const size_t changed = Asked().size();
  lab_.RequestReconcile(Source());
  const Value second = lab_.WaitFor(Source(), "another revision", [&](const Value& o) {
    return IsReady(o) && Revision(o) != Revision(first);
  });
  const auto tree = Fetch(second);
  EXPECT_EQ(*tree->ReadFile("a.yaml"), "a: 2\n");
  EXPECT_FALSE(tree->Stat("b.yaml").ok());
  EXPECT_EQ(*tree->ReadFile("c.yaml"), "c: 1\n");
  asked = Asked();
  asked.erase(asked.begin(), asked.begin() + static_cast<ptrdiff_t>(changed));
  EXPECT_THAT(asked,
              ElementsAre(HasSubstr("list-type=2"), HasSubstr("GET /" + ns_ + "/a.yaml 200")))
      << "what did not change is not read again";

  // Other patterns in the bucket.
  Store().Put(ns_, ".sourceignore", "c.yaml\n");
  lab_.RequestReconcile(Source());
  const Value third = lab_.WaitFor(Source(), "another revision", [&](const Value& o) {
    return IsReady(o) && Revision(o) != Revision(second);
  });
  EXPECT_FALSE(Fetch(third)->Stat("c.yaml").ok());
}

TEST_F(BucketTest, TakesAPrefixAndSpeaksTls) {
  Store().Put(ns_, "prod/a.yaml", "a: 1\n");
  Store().Put(ns_, "dev/a.yaml", "a: 2\n");
  Store().Put(ns_, "prod/x.jpg", "no pattern of its own\n");
  Apply("  prefix: prod/\n");
  const auto tree = Fetch(lab_.WaitReady(Source()));
  EXPECT_TRUE(tree->Stat("prod/a.yaml").ok());
  EXPECT_TRUE(tree->Stat("prod/x.jpg").ok()) << "unlike what the peer's pages say";
  EXPECT_FALSE(tree->Stat("dev").ok());

  TlsStore().MakeBucket(ns_);
  TlsStore().Put(ns_, "a.yaml", "a: 3\n");
  const std::string endpoint = "  insecure: false\n  endpoint: " + TlsStore().endpoint() + "\n";
  const auto apply = [&](const std::string& more) {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: tls, namespace: " +
        ns_ + "}\nspec:\n  interval: 10m\n  bucketName: " + ns_ + "\n  secretRef: {name: keys}\n" +
        endpoint + more);
  };
  apply("");
  EXPECT_THAT(lab_.WaitFailed(Source("tls"), "BucketOperationFailed"),
              HasSubstr("x509: certificate signed by unknown authority"));
  lab_.Apply(Secret(ns_, "ca", {{"ca.crt", TlsStore().authority().cert_pem}}));
  apply("  certSecretRef: {name: ca}\n");
  EXPECT_EQ(*Fetch(lab_.WaitReady(Source("tls")))->ReadFile("a.yaml"), "a: 3\n");
}

TEST_F(BucketTest, ActsAsAServiceAccountAndByLdap) {
  Store().Put(ns_, "a.yaml", "a: 1\n");
  const auto apply = [&](const std::string& name, const std::string& more) {
    lab_.Apply("apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + name +
               ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  bucketName: " + ns_ +
               "\n  endpoint: " + Store().endpoint() + "\n  insecure: true\n" + more);
  };
  lab_.Apply(
      "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: reader\n  namespace: " + ns_ +
      "\n  annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/reader'}\n" +
      "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: other\n  namespace: " + ns_ +
      "\n  annotations: {eks.amazonaws.com/role-arn: 'arn:aws:iam::1:role/reader'}\n" + "---\n" +
      Secret(ns_, "ldap", {{"username", "user"}, {"password", "pass word"}}));
  apply("account", "  provider: aws\n  region: us-east-1\n  serviceAccountName: reader\n");
  apply("other", "  provider: aws\n  region: us-east-1\n  serviceAccountName: other\n");
  apply("none", "  provider: aws\n  region: us-east-1\n  serviceAccountName: nobody\n");
  const std::string sts = "  sts: {provider: ldap, endpoint: 'http://" + TokenService().address() +
                          "/', secretRef: {name: ldap}}\n";
  apply("ldap", "  provider: generic\n" + sts);
  EXPECT_EQ(*Fetch(lab_.WaitReady(Source("account")))->ReadFile("a.yaml"), "a: 1\n");
  EXPECT_EQ(*Fetch(lab_.WaitReady(Source("ldap")))->ReadFile("a.yaml"), "a: 1\n");
  const std::string denied = lab_.WaitFailed(Source("other"), "AuthenticationFailed");
  EXPECT_EQ(
      denied,
      "AWS authentication failed: failed to create provider access token for service account '" +
          ns_ + "/other': POST http://" + TokenService().address() +
          "/: unexpected status code 403: AccessDenied");
  EXPECT_EQ(lab_.WaitFailed(Source("none"), "AuthenticationFailed"),
            "AWS authentication failed: failed to get service account '" + ns_ +
                "/nobody': serviceaccounts \"nobody\" not found");
}

TEST_F(BucketTest, ReportsWhatCannotBe) {
  const std::string name = ns_ + "-none", ldap = "  sts: {provider: ldap, endpoint: ";
  const struct {
    std::string name, more, reason, message;
  } cases[] = {
      {"no-secret", "  secretRef: {name: none}\n", "AuthenticationFailed",
       "failed to get secret '" + ns_ + "/none': secrets \"none\" not found"},
      {"bad-secret", "  secretRef: {name: half}\n", "AuthenticationFailed",
       "invalid 'half' secret data: required fields 'accesskey' and 'secretkey'"},
      {"no-bucket", "  bucketName: " + name + "\n", "BucketOperationFailed",
       "bucket '" + name + "' not found"},
      {"short-name", "  bucketName: ab\n", "BucketOperationFailed",
       "failed to confirm existence of 'ab' bucket: Bucket name cannot be shorter than 3 "
       "characters"},
      {"wrong-key", "  secretRef: {name: wrong}\n", "BucketOperationFailed",
       "failed to confirm existence of '" + ns_ +
           "' bucket: No user exists with the provided access key ID."},
      {"no-server", "  endpoint: 127.0.0.1:1\n  region: us-east-1\n", "BucketOperationFailed",
       "failed to confirm existence of '" + ns_ + "' bucket: Head \"http://127.0.0.1:1/" + ns_ +
           "/\": dial tcp 127.0.0.1:1: connect: connection refused"},
      {"endpoint", "  endpoint: 127.0.0.1/path\n", "AuthenticationFailed",
       "Endpoint url cannot have fully qualified paths."},
      {"no-proxy", "  proxySecretRef: {name: none}\n", "AuthenticationFailed",
       "failed to get proxy URL: secret '" + ns_ + "/none' not found"},
      {"no-tls", "  certSecretRef: {name: none}\n", "AuthenticationFailed",
       "failed to get TLS config: secret '" + ns_ + "/none' not found"},
      {"no-sts-secret", ldap + "'http://127.0.0.1:1', secretRef: {name: none}}\n",
       "AuthenticationFailed",
       "failed to get STS secret '" + ns_ + "/none': secrets \"none\" not found"},
      {"no-sts-tls", ldap + "'https://127.0.0.1:1', certSecretRef: {name: none}}\n",
       "AuthenticationFailed", "failed to get STS TLS config: secret '" + ns_ + "/none' not found"},
      {"bad-sts-secret", ldap + "'http://127.0.0.1:1', secretRef: {name: half}}\n",
       "AuthenticationFailed",
       "invalid 'half' secret data for 'ldap' STS provider: required fields username, password"},
      {"bad-ca", "  certSecretRef: {name: bad-ca}\n", "AuthenticationFailed",
       "failed to get TLS config: failed to parse CA certificate"},
      {"bad-sts-ca", ldap + "'https://127.0.0.1:1', certSecretRef: {name: bad-ca}}\n",
       "AuthenticationFailed", "failed to get STS TLS config: failed to parse CA certificate"},
      {"sts-url", ldap + "'http://[::1'}\n", "URLInvalid",
       "failed to parse STS endpoint 'http://[::1': parse \"http://[::1\": missing ']' in host"},
      {"gcp", "  provider: gcp\n", "AuthenticationFailed",
       "invalid 'keys' secret data: required fields 'serviceaccount'"},
      {"azure", "  provider: azure\n", "AuthenticationFailed",
       "invalid 'keys' secret data: requires a 'clientId' or 'accountKey' field, a combination of "
       "'tenantId', 'clientId' and 'clientSecret', or 'tenantId', 'clientId' and "
       "'clientCertificate'"},
      {"azure-account",
       "  provider: azure\n  endpoint: https://localhost\n  secretRef: {name: account}\n",
       "AuthenticationFailed",
       "failed to create shared credential from 'account' Secret data: failed to extract account "
       "name from endpoint: expected 'localhost' to be a subdomain"},
      {"azure-certificate",
       "  provider: azure\n  endpoint: https://a.b.c\n  secretRef: {name: certificate}\n",
       "AuthenticationFailed",
       "failed to create token credential from 'certificate' Secret: failed to parse client "
       "certificates: it is neither PEM nor PKCS #12, or the password is wrong"},
      {"default-account", "  provider: aws\n  region: us-east-1\n  #  secretRef: none\n",
       "AuthenticationFailed",
       "AWS authentication failed: failed to get service account '" + ns_ +
           "/default-reader': the specified default service account does not exist in the object "
           "namespace. your cluster is subject to multi-tenant workload identity lockdown, reach "
           "out to your cluster administrator for help"},
  };
  lab_.Apply(Secret(ns_, "account", {{"accountKey", "eA=="}}) + "---\n" +
             Secret(ns_, "certificate",
                    {{"tenantId", "t"}, {"clientId", "c"}, {"clientCertificate", "x"}}) +
             "---\n" + Secret(ns_, "bad-ca", {{"ca.crt", "x"}}));
  lab_.Apply(Secret(ns_, "half", {{"accesskey", "x"}}) + "---\n" +
             Secret(ns_, "wrong", {{"accesskey", "x"}, {"secretkey", "y"}}));
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    // The last of two lines of one name counts, so the case's own goes over the common one.
    std::string spec = "  interval: 10m\n";
    const auto put = [&](const std::string& key, const std::string& line) {
      if (!base::Contains(c.more, "  " + key + ":")) spec += line;
    };
    put("bucketName", "  bucketName: " + ns_ + "\n");
    put("endpoint", "  endpoint: " + Store().endpoint() + "\n");
    put("secretRef", "  secretRef: {name: keys}\n");
    lab_.Apply("apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + c.name +
               ", namespace: " + ns_ + "}\nspec:\n  insecure: true\n" + spec + c.more);
  }
  for (const auto& c : cases) {
    SCOPED_TRACE(c.name);
    EXPECT_EQ(lab_.WaitFailed(Source(c.name), c.reason), c.message);
    const Value object = lab_.Get(Source(c.name));
    EXPECT_EQ(Text(ConditionOf(object, "FetchFailed")["message"]), c.message);
    EXPECT_EQ(Text(ConditionOf(object, "Stalled")["reason"]),
              c.reason == "URLInvalid" ? c.reason : "");
  }
}

// A store that has the bucket but gives one thing not away: its patterns, its list, an object.
TEST_F(BucketTest, ReportsWhatTheStoreRefuses) {
  const ScriptedServer store([](const std::string& request) {
    const std::string line = request.substr(0, request.find('\r'));
    const auto asks = [&](const std::string& what) { return base::Contains(line, what); };
    const bool list = asks("list-type=2"), patterns = asks("/.sourceignore");
    if (line.starts_with("HEAD") && !patterns && !asks("/key")) return Http(200, "");
    if ((asks("/no-patterns/") && patterns) || (asks("/no-list/") && list) || asks("/key")) {
      return Http(403, "<Error><Code>AccessDenied</Code><Message>Access Denied.</Message></Error>");
    }
    if (!list) return Http(404, "<Error><Code>NoSuchKey</Code><Message>gone</Message></Error>");
    return Http(200,
                "<ListBucketResult><Contents><Key>key</Key><ETag>\"1\"</ETag></Contents>"
                "</ListBucketResult>");
  });
  const std::pair<std::string, std::string> cases[] = {
      {"no-patterns", "failed to get Etag for '.sourceignore' object: Access Denied."},
      {"no-list",
       "indexation of objects from bucket 'no-list' failed: listing objects from bucket 'no-list' "
       "failed: Access Denied."},
      {"no-object",
       "fetch from bucket 'no-object' failed: failed to get 'key' object: Access Denied."},
  };
  for (const auto& [name, message] : cases) {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: Bucket\nmetadata: {name: " + name +
        ", namespace: " + ns_ + "}\nspec: {interval: 10m, insecure: true, bucketName: " + name +
        ", region: us-east-1, secretRef: {name: keys}, endpoint: '" + store.address() + "'}\n");
  }
  for (const auto& [name, message] : cases) {
    SCOPED_TRACE(name);
    EXPECT_EQ(lab_.WaitFailed(Source(name), "BucketOperationFailed"), message);
    lab_.Delete(Source(name));
    EXPECT_TRUE(lab_.WaitGone(Source(name)));  // which asks the store no more
  }
}

// Not a test: figures for bench/source/README.md.
TEST_F(BucketTest, DISABLED_TenThousandObjects) {
  constexpr size_t kObjects = 10'000;
  Store().Fill(ns_, kObjects, "apps", "some: manifest\nof: the usual length\nnumber: ");
  const auto cpu = [&] {  // seconds of the process so far
    const std::string stat =
        test_support::ReadFile("/proc/" + std::to_string(lab_.stack().Pid("source")) + "/stat");
    const auto fields = base::Fields(std::string_view(stat).substr(stat.rfind(')') + 2));
    return static_cast<double>(*base::ParseUint64(fields[11]) + *base::ParseUint64(fields[12])) /
           static_cast<double>(sysconf(_SC_CLK_TCK));
  };
  const auto figure = [&](const std::string& what, const std::function<void()>& act) {
    const size_t asked = Asked().size();
    const double before = cpu();
    const auto start = std::chrono::steady_clock::now();
    act();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
                          std::chrono::steady_clock::now() - start)
                          .count();
    std::printf("%s: %lld ms, %zu requests, %.2f s of CPU, %ld KB at most\n", what.c_str(),
                static_cast<long long>(took), Asked().size() - asked, cpu() - before,
                ResidentKilobytes(lab_.stack().Pid("source")));
  };
  Value last;
  figure("first artifact", [&] {
    Apply();
    last = lab_.WaitReady(Source());
  });
  figure("unchanged", [&] {
    lab_.RequestReconcile(Source());
    last = lab_.WaitFor(Source(), "the request", [&](const Value& o) {
      return o["status"]["lastHandledReconcileAt"] != last["status"]["lastHandledReconcileAt"];
    });
  });
  Store().Put(ns_, "apps/50/5000.yaml", "changed: true\n");
  figure("one changed", [&] {
    lab_.RequestReconcile(Source());
    last = lab_.WaitFor(Source(), "the change",
                        [&](const Value& o) { return Revision(o) != Revision(last); });
  });
}

}  // namespace
}  // namespace sluice::e2e
