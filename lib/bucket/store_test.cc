// The stores' clients against stubs that look at every header, and against what bad servers do.
// S3's signatures are checked by a real server, in e2e.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/fake_clock.h"
#include "base/strings.h"
#include "bucket/azure.h"
#include "bucket/gcs.h"
#include "bucket/s3.h"
#include "exchange.h"
#include "test_support/scripted_server.h"

namespace sluice::bucket {
namespace {

using test_support::Http;
using test_support::ScriptedServer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kCanary = "c4n4ry";

std::string HeaderOf(const std::string& head, const std::string& name) {
  for (const auto line : base::Split(head, "\r\n")) {
    if (const auto cut = base::Cut(line, ": "); cut && base::EqualFold(cut->first, name))
      return std::string(cut->second);
  }
  return "";
}
std::string Line(const std::string& head) { return head.substr(0, head.find(" HTTP/")); }

class TextSink final : public ObjectSink {
 public:
  base::Status Begin() override {
    ++begun;
    text.clear();
    return base::OkStatus();
  }
  base::Status Write(std::string_view bytes) override {
    text += bytes;
    return base::OkStatus();
  }
  std::string text;
  int begun = 0;
};

class StoreTest : public testing::Test {
 protected:
  std::unique_ptr<Bucket> S3(const std::string& address, const std::string& region = "us-east-1",
                             AwsSource source = nullptr) {
    if (source == nullptr) {
      source = [](const observe::Context&, bool) {
        return cloud::AwsCredentials{"AKID", base::SecretString(kCanary), {}};
      };
    }
    auto made = MakeS3Bucket(tools_,
                             {.endpoint = address,
                              .bucket = "fleet",
                              .region = region,
                              .insecure = true,
                              .credentials = source,
                              .access = {}},
                             regions_);
    EXPECT_TRUE(made.ok());
    return *std::move(made);
  }
  std::string Keys(Bucket& bucket) {
    std::string out;
    const auto listed = bucket.List(ctx_, "p/", [&](const Object& o) {
      out += o.key + "=" + o.etag + ";";
      return base::OkStatus();
    });
    EXPECT_THAT(listed.message(), Not(HasSubstr(kCanary)));
    return listed.ok() ? out : listed.message();
  }

  base::FakeClock clock_{base::FromUnixSeconds(1'772'439'300)};  // 2026-03-02T08:15:00Z
  std::unique_ptr<http::Client> client_ = *http::Client::Create({});
  Tools tools_{*client_, clock_, base::SystemRandom(), std::chrono::milliseconds(1)};
  S3Regions regions_;
  observe::Context ctx_;
};

constexpr const char* kPage1 =
    "<ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>n/1</"
    "NextContinuationToken><Contents><Key>p/a</Key><ETag>1</ETag></Contents></ListBucketResult>";
constexpr const char* kPage2 =
    "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>p/b</Key><ETag>2</ETag></"
    "Contents></ListBucketResult>";

TEST_F(StoreTest, S3ListsPageByPageAndSignsEach) {
  ScriptedServer server([](const std::string& head) {
    if (!HeaderOf(head, "Authorization")
             .starts_with("AWS4-HMAC-SHA256 Credential=AKID/20260302/us-east-1/s3/aws4_request, "
                          "SignedHeaders=host;x-amz-content-sha256;x-amz-date, ") ||
        HeaderOf(head, "X-Amz-Date") != "20260302T081500Z") {
      return Http(400, "<Error><Code>Bad</Code><Message>headers</Message></Error>");
    }
    return Http(200, base::Contains(head, "continuation-token=n%2F1&") ? kPage2 : kPage1);
  });
  EXPECT_EQ(Keys(*S3(server.address())), "p/a=1;p/b=2;");
  EXPECT_EQ(server.Count("GET /fleet/?"), 2u);
  EXPECT_EQ(server.Count("GET /fleet/?encoding-type=url&list-type=2&prefix=p%2F"), 1u);
}

TEST_F(StoreTest, S3AsksOnceWhereTheBucketLies) {
  ScriptedServer server([](const std::string& head) {
    if (head.starts_with("GET /fleet/?location= "))
      return Http(200, "<LocationConstraint>eu-west-3</LocationConstraint>");
    return base::Contains(head, "/eu-west-3/s3/")
               ? Http(200, kPage2)
               : Http(400,
                      "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></"
                      "Error>");
  });
  EXPECT_EQ(Keys(*S3(server.address(), "")), "p/b=2;");
  EXPECT_EQ(Keys(*S3(server.address(), "")), "p/b=2;");
  EXPECT_EQ(server.Count("GET /fleet/?location="), 1u);
  // Who may not ask tries the first region, and learns from the answer.
  ScriptedServer shy([](const std::string& head) {
    if (head.starts_with("GET /fleet/?location= "))
      return Http(403, "<Error><Code>AccessDenied</Code></Error>");
    return base::Contains(head, "/eu-west-3/s3/")
               ? Http(200, kPage2)
               : Http(400,
                      "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-3</Region></"
                      "Error>");
  });
  EXPECT_EQ(Keys(*S3(shy.address(), "")), "p/b=2;");
}

TEST_F(StoreTest, S3TriesAgainWhatMayPass) {
  for (const int status : {429, 500, 503}) {
    int left = 3;
    ScriptedServer server([&](const std::string&) {
      return left-- > 0
                 ? Http(status, "<Error><Code>SlowDown</Code><Message>later</Message></Error>")
                 : Http(200, kPage2);
    });
    EXPECT_EQ(Keys(*S3(server.address())), "p/b=2;") << status;
  }
  ScriptedServer never([](const std::string&) {
    return Http(503, "<Error><Code>SlowDown</Code><Message>later</Message></Error>");
  });
  EXPECT_EQ(Keys(*S3(never.address())), "later");
  EXPECT_EQ(never.Seen().size(), static_cast<size_t>(kAttempts));
  // Who is asked to wait for long does not wait here.
  ScriptedServer busy([](const std::string&) {
    return Http(503, "<Error><Code>SlowDown</Code><Message>later</Message></Error>",
                "Retry-After: 3600\r\n");
  });
  EXPECT_EQ(Keys(*S3(busy.address())), "later");
  EXPECT_EQ(busy.Seen().size(), 1u);
}

TEST_F(StoreTest, S3AsksForOtherCredentialsOnce) {
  ScriptedServer server([](const std::string& head) {
    return base::Contains(head, "Credential=SECOND/")
               ? Http(200, kPage2)
               : Http(400, "<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>");
  });
  int renewed = 0;
  const AwsSource source = [&](const observe::Context&, bool renew) {
    renewed += renew ? 1 : 0;
    return cloud::AwsCredentials{renewed > 0 ? "SECOND" : "FIRST", base::SecretString(kCanary),
                                 base::SecretString("session")};
  };
  EXPECT_EQ(Keys(*S3(server.address(), "us-east-1", source)), "p/b=2;");
  EXPECT_EQ(renewed, 1);
  ScriptedServer never([](const std::string&) {
    return Http(403, "<Error><Code>InvalidToken</Code><Message>no</Message></Error>");
  });
  EXPECT_EQ(Keys(*S3(never.address(), "us-east-1", source)), "no");
  EXPECT_EQ(never.Seen().size(), 2u);
}

TEST_F(StoreTest, S3DeliversWholeObjectsOrNone) {
  int cuts = 1;
  ScriptedServer server([&](const std::string& head) -> std::string {
    if (base::Contains(head, "/fleet/gone"))
      return Http(404, "<Error><Code>NoSuchKey</Code></Error>");
    if (base::Contains(head, "/fleet/bucket-gone"))
      return Http(404, "<Error><Code>NoSuchBucket</Code></Error>");
    if (base::Contains(head, "/fleet/denied")) return Http(403, "");
    if (base::Contains(head, "/fleet/long"))
      return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\nETag: "
             "\"e\"\r\n\r\nshort";
    if (cuts-- > 0)
      return "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\nETag: \"e\"\r\n\r\nhel";
    return Http(200, "hello", "ETag: \"new\"\r\n");
  });
  const auto bucket = S3(server.address());
  TextSink sink;
  // Cut once, then whole: from the start again.
  EXPECT_EQ(*bucket->Get(ctx_, {"dir/x y+ü", "old"}, sink), "new");
  EXPECT_EQ(sink.text, "hello");
  EXPECT_EQ(sink.begun, 2);
  EXPECT_EQ(server.Count("GET /fleet/dir/x%20y%2B%C3%BC"), 2u);
  EXPECT_EQ(bucket->Get(ctx_, {"gone", ""}, sink).status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(bucket->Get(ctx_, {"bucket-gone", ""}, sink).status().code(),
            base::StatusCode::kFailedPrecondition);
  EXPECT_EQ(bucket->Get(ctx_, {"denied", ""}, sink).status().message(), "Access Denied.");
  EXPECT_FALSE(bucket->Get(ctx_, {"long", ""}, sink).ok());
}

// A listing's page has a limit that objects must not have.
TEST_F(StoreTest, AnObjectMayBeLargerThanAPage) {
  const std::string large(kMaxPageBytes + 1, 'x');
  ScriptedServer server([&](const std::string&) { return Http(200, large, "ETag: \"e\"\r\n"); });
  TextSink sink;
  const auto etag = S3(server.address())->Get(ctx_, {"large", "e"}, sink);
  ASSERT_TRUE(etag.ok()) << etag.status().message();
  EXPECT_EQ(sink.text.size(), large.size());
}

TEST_F(StoreTest, AStoresWordsAreBounded) {
  ScriptedServer server([](const std::string&) {
    return Http(400, "<Error><Code>" + std::string(50'000, 'c') + "</Code><Message>" +
                         std::string(1 << 20, 'm') + "</Message></Error>");
  });
  EXPECT_LT(Keys(*S3(server.address())).size(), 2000u);
}

TEST_F(StoreTest, AzureByKeySignatureAndToken) {
  const std::string page1 =
      "<EnumerationResults><Blobs><Blob><Name>p/a</Name><Properties><Etag>0x1</Etag></Properties></"
      "Blob></Blobs><NextMarker>m 1</NextMarker></EnumerationResults>";
  const std::string page2 =
      "<EnumerationResults><Blobs><Blob><Name>p/b</Name><Properties><Etag>0x2</Etag></Properties></"
      "Blob></Blobs></EnumerationResults>";
  std::vector<std::string> heads;
  ScriptedServer server([&](const std::string& head) {
    heads.push_back(head);
    if (base::Contains(Line(head), "comp=list"))
      return Http(200, base::Contains(Line(head), "marker=m%201") ? page2 : page1);
    return Http(200, "blob", "ETag: \"0x2\"\r\n");
  });
  const auto open = [&](AzureOptions options) {
    options.endpoint = "http://" + server.address() + "/account?x=1&sig=endpoint";
    options.container = "fleet";
    heads.clear();
    return *MakeAzureBucket(tools_, std::move(options));
  };
  const std::string key = "some key";
  EXPECT_EQ(Keys(*open({.account = "account",
                        .account_key = base::SecretString(base::Base64Encode(key))})),
            "p/a=\"0x1\";p/b=\"0x2\";");
  ASSERT_EQ(heads.size(), 2u);
  EXPECT_EQ(Line(heads[0]),
            "GET /account/fleet?comp=list&prefix=p%2F&restype=container&sig=endpoint&x=1");
  // The scheme as Microsoft writes it down, put together here once more.
  const std::string to_sign =
      "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:" + HeaderOf(heads[1], "x-ms-date") +
      "\nx-ms-version:2021-12-02\n/account/account/fleet" +
      "\ncomp:list\nmarker:m 1\nprefix:p/\nrestype:container\nsig:endpoint\nx:1";
  EXPECT_EQ(HeaderOf(heads[1], "x-ms-date"), "Mon, 02 Mar 2026 08:15:00 GMT");
  EXPECT_EQ(HeaderOf(heads[1], "Authorization"),
            "SharedKey account:" +
                base::Base64Encode(base::Hmac(base::DigestAlgorithm::kSha256, key, to_sign)));

  const auto signed_bucket = open({.sas = base::SecretString("?sv=2021&sig=a%2Fb%3D")});
  TextSink sink;
  EXPECT_EQ(*signed_bucket->Get(ctx_, {"dir/b c", ""}, sink), "\"0x2\"");
  EXPECT_EQ(Line(heads[0]), "GET /account/fleet/dir/b%20c?sig=a%2Fb%3D&sv=2021&x=1");
  EXPECT_EQ(HeaderOf(heads[0], "Authorization"), "");

  const auto token_bucket =
      open({.token = [](const observe::Context&, bool) { return base::SecretString("aad"); }});
  EXPECT_TRUE(token_bucket->Get(ctx_, {"b", ""}, sink).ok());
  EXPECT_EQ(HeaderOf(heads[0], "Authorization"), "Bearer aad");

  auto clear = MakeAzureBucket(
      tools_, {.endpoint = "http://account.blob.core.windows.net",
               .container = "fleet",
               .token = [](const observe::Context&, bool) { return base::SecretString("aad"); }});
  EXPECT_EQ((*clear)->Exists(ctx_).message(),
            "authenticated requests are not permitted for non TLS protected (https) endpoints");
  EXPECT_EQ(*AzureAccountOf("https://shop.blob.core.windows.net/"), "shop");
  EXPECT_EQ(AzureAccountOf("https://localhost:10000/").status().message(),
            "failed to extract account name from endpoint: expected 'localhost' to be a subdomain");
}

TEST_F(StoreTest, AzureSaysWhatIsWrongAndNoSignature) {
  std::string code;
  int status = 0;
  ScriptedServer server([&](const std::string&) {
    return Http(status, "\xef\xbb\xbf<Error><Code>" + code + "</Code><Message>you signed " +
                            kCanary + "</Message></Error>");
  });
  auto bucket =
      *MakeAzureBucket(tools_, {.endpoint = "http://" + server.address(),
                                .container = "fleet",
                                .sas = base::SecretString(std::string("sig=") + kCanary)});
  const std::string where = "GET http://" + server.address() + "/fleet: RESPONSE ";
  const struct {
    int status;
    const char* code;
    base::StatusCode want;
    std::string message;
  } cases[] = {
      {404, "ContainerNotFound", base::StatusCode::kNotFound,
       where + "404: 404 Not Found, ERROR CODE: ContainerNotFound"},
      {403, "AuthenticationFailed", base::StatusCode::kPermissionDenied,
       "the specified bucket name may be incorrect, nonexistent, or the caller might lack "
       "sufficient permissions to access it: " +
           where + "403: 403 Forbidden, ERROR CODE: AuthenticationFailed"},
      {409, "ContainerDisabled", base::StatusCode::kFailedPrecondition,
       where + "409: 409 Conflict, ERROR CODE: ContainerDisabled"},
  };
  for (const auto& c : cases) {
    code = c.code;
    status = c.status;
    const auto said = bucket->Exists(ctx_);
    EXPECT_EQ(said.code(), c.want);
    EXPECT_EQ(said.message(), c.message);
  }
}

TEST_F(StoreTest, GcsReadsTheGenerationItListed) {
  std::vector<std::string> lines;
  bool changed = false;
  ScriptedServer server([&](const std::string& head) {
    lines.push_back(Line(head));
    if (HeaderOf(head, "Authorization") != "Bearer token")
      return Http(401, R"({"error":{"code":401,"message":"who?"}})");
    const std::string& line = lines.back();
    if (base::Contains(line, "pageToken=n%3D"))
      return Http(200, R"({"items":[{"name":"p/b c","etag":"B=","generation":"2"}]})");
    if (base::Contains(line, "/o?"))
      return Http(
          200, R"({"nextPageToken":"n=","items":[{"name":"p/a","etag":"A=","generation":"1"}]})");
    if (base::Contains(line, "alt=media")) {
      if (base::Contains(line, "ifGenerationMatch=2") && changed)
        return Http(412, R"({"error":{"code":412,"message":"changed"}})");
      return Http(200, base::Contains(line, "ifGenerationMatch=3") ? "third" : "second");
    }
    if (base::Contains(line, "/o/gone"))
      return Http(404, R"({"error":{"code":404,"message":"No such object"}})");
    if (base::Contains(line, "/o/p%2Fb%20c?fields"))
      return Http(200, R"({"name":"p/b c","etag":"C=","generation":"3"})");
    return Http(
        403,
        R"({"error":{"code":403,"message":"no access","errors":[{"message":"no access","reason":"forbidden"}]}})");
  });
  auto bucket = MakeGcsBucket(
      tools_, {.endpoint = "http://" + server.address(),
               .bucket = "fleet",
               .token = [](const observe::Context&, bool) { return base::SecretString("token"); }});
  EXPECT_EQ(Keys(*bucket), "p/a=A=;p/b c=B=;");
  TextSink sink;
  EXPECT_EQ(*bucket->Get(ctx_, {"p/b c", "B=", "2"}, sink), "B=");
  EXPECT_EQ(sink.text, "second");
  EXPECT_EQ(lines.back(), "GET /storage/v1/b/fleet/o/p%2Fb%20c?alt=media&ifGenerationMatch=2");
  changed = true;
  EXPECT_EQ(*bucket->Get(ctx_, {"p/b c", "B=", "2"}, sink), "C=");
  EXPECT_EQ(sink.text, "third");
  EXPECT_EQ(bucket->Get(ctx_, {"gone", ""}, sink).status().code(), base::StatusCode::kNotFound);
  EXPECT_EQ(bucket->Exists(ctx_).message(), "googleapi: Error 403: no access, forbidden");
  // A refused token is asked for anew, once.
  int renewed = 0;
  auto renewing = MakeGcsBucket(tools_, {.endpoint = "http://" + server.address(),
                                         .bucket = "fleet",
                                         .token = [&](const observe::Context&, bool renew) {
                                           renewed += renew ? 1 : 0;
                                           return base::SecretString(renewed > 0 ? "token" : "old");
                                         }});
  EXPECT_EQ(Keys(*renewing), "p/a=A=;p/b c=B=;");
  EXPECT_EQ(renewed, 1);
}

TEST(ExchangeTest, CutsQueriesFromMessages) {
  EXPECT_EQ(WithoutQueries("Get \"https://a/b?sig=x&y\": EOF at http://c/?q, and https://d/e"),
            "Get \"https://a/b\": EOF at http://c/ and https://d/e");
  EXPECT_EQ(WithoutQueries("nothing?"), "nothing?");
}

}  // namespace
}  // namespace sluice::bucket
