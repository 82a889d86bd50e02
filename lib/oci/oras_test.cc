// The words of oras-go, each recorded from helm.sh/helm/v4 4.2.1 with oras.land/oras-go/v2 2.6.1
// before the same answers.
#include "oci/oras.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/digest.h"
#include "base/strings.h"
#include "oci/client.h"
#include "oras_words.h"
#include "test_support/registry_server.h"
#include "test_support/scripted_server.h"

namespace sluice::oci {
namespace {

using base::Cat;
using test_support::Http;
using test_support::ScriptedServer;
using testing::ElementsAre;
using testing::StartsWith;

constexpr const char* kConfig = "application/vnd.cncf.helm.config.v1+json";
constexpr const char* kLayer = "application/vnd.cncf.helm.chart.content.v1.tar+gzip";
const std::string kUnauthorized =
    R"({"errors":[{"code":"UNAUTHORIZED","message":"authentication required","detail":[{"Type":"repository","Name":"charts/hello","Action":"pull"}]}]})";

std::string DigestOf(const std::string& bytes) { return base::Digest::Sha256(bytes).ToString(); }

std::string Described(const std::string& type, const std::string& bytes) {
  return Cat(R"({"mediaType":")", type, R"(","digest":")", DigestOf(bytes), R"(","size":)",
             std::to_string(bytes.size()), "}");
}

// A chart's parts and how a registry serves them.
struct Served {
  std::string config = R"({"name":"hello"})", layer = "layer bytes", config_type = kConfig,
              layer_type = kLayer;
  std::string manifest_type = std::string(kOciManifest);
  std::map<std::string, std::string> blobs;  // further ones, by digest
  std::function<std::string(const std::string& path, const std::string& bytes)>
      bend;  // "" = as it is

  std::string Manifest() const {
    return Cat(R"({"schemaVersion":2,"mediaType":")", kOciManifest, R"(","config":)",
               Described(config_type, config), R"(,"layers":[)", Described(layer_type, layer),
               "]}");
  }
};

std::string PathOf(const std::string& head) {
  const auto parts = base::Split(std::string_view(head).substr(0, head.find('\r')), " ");
  return parts.size() < 2 ? "" : std::string(parts[1]);
}

class OrasTest : public testing::Test {
 protected:
  OrasTest() : http_(*http::Client::Create({})) {
    RegistryClientOptions o;
    o.first_retry = std::chrono::milliseconds(1);
    client_.emplace(*http_, o);
  }
  std::shared_ptr<OrasRepository> Open(const std::string& address, const std::string& user = "") {
    Access access;
    access.auth.username = user;
    if (!user.empty()) access.auth.password = base::SecretString("c4n4ry");
    return *client_->OpenOras(address + "/charts/hello", /*plain_http=*/true, access);
  }
  std::string Pull(const std::string& address, const std::string& user = "") {
    return Open(address, user)->Pull(ctx_, "1.0.0", wanted_).status().message();
  }
  std::string Tags(const std::string& address, const std::string& user = "") {
    return Open(address, user)->Tags(ctx_).status().message();
  }

  // What a pull of this ends in, with the address as ADDR.
  std::string PullOf(const Served& s) {
    std::string address;
    ScriptedServer server([&](const std::string& head) {
      const std::string path = PathOf(head), name = path.substr(path.rfind('/') + 1);
      const std::map<std::string, std::string> own = {{DigestOf(s.config), s.config},
                                                      {DigestOf(s.layer), s.layer}};
      std::string bytes;
      if (const auto it = s.blobs.find(name); it != s.blobs.end()) {
        bytes = it->second;
      } else if (base::Contains(path, "/manifests/1.0.0")) {
        bytes = s.Manifest();
      } else if (const auto at = own.find(name); at != own.end()) {
        bytes = at->second;
      } else {
        return Http(404, "");
      }
      if (s.bend) {
        if (std::string bent = s.bend(path, bytes); !bent.empty()) return bent;
      }
      const bool root = base::Contains(path, "/manifests/1.0.0");
      return Http(
          200, bytes,
          base::Contains(path, "/manifests/")
              ? Cat("Content-Type: ", root ? s.manifest_type : std::string(kOciManifest), "\r\n")
              : "");
    });
    return base::ReplaceAll(Pull(server.address()), server.address(), "ADDR");
  }

  std::unique_ptr<http::Client> http_;
  std::optional<RegistryClient> client_;
  observe::Context ctx_;
  const OrasWanted wanted_{{kConfig, kLayer}, 10 << 20};
};

constexpr const char* kManifestUrl = "GET \"http://ADDR/v2/charts/hello/manifests/1.0.0\": ";
constexpr const char* kTagsUrl = "GET \"http://ADDR/v2/charts/hello/tags/list\": ";
constexpr const char* kFetching = "failed to perform \"FetchReference\" on source: ";

TEST_F(OrasTest, SaysWhatARegistryAnswers) {
  const std::string basic = "WWW-Authenticate: Basic realm=\"x\"\r\n";
  const std::string unauthorized =
      "response status code 401: unauthorized: authentication required: [map[Action:pull "
      "Name:charts/hello Type:repository]]";
  const struct {
    int status;
    // want_pull: where a pull says something else
    std::string body, headers, user, want, want_pull;
  } cases[] = {
      {401, kUnauthorized, basic, "", "basic credential not found", ""},
      {401, kUnauthorized, basic, "u", unauthorized, ""},
      {401, kUnauthorized, "", "", unauthorized, ""},
      {401, "", "WWW-Authenticate: Negotiate\r\n", "u", "response status code 401: Unauthorized",
       ""},
      {403,
       R"({"errors":[{"code":"DENIED","message":"requested access to the resource is denied"}]})",
       "", "", "response status code 403: denied: requested access to the resource is denied", ""},
      {403, "go away", "", "", "response status code 403: Forbidden", ""},
      {404, "404 page", "", "", "response status code 404: Not Found",
       "ADDR/charts/hello:1.0.0: not found"},
      {404,
       R"({"errors":[{"code":"NAME_UNKNOWN","message":"repository name not known to registry","detail":{"name":"charts/hello"}},{"code":"X_Y","message":""}]})",
       "", "",
       "response status code 404: name unknown: repository name not known to registry: "
       "map[name:charts/hello]; x y",
       "ADDR/charts/hello:1.0.0: not found"},
      {418, "", "", "", "response status code 418: I'm a teapot", ""},
      {400, R"({"errors":{}})", "", "", "response status code 400: Bad Request", ""},
      {400, R"({"errors":[null,{"code":5}]})", "", "", "response status code 400: Bad Request", ""},
      {503, "down", "", "", "response status code 503: Service Unavailable", ""},
      {500, R"({"errors":[{"code":"UNKNOWN","message":"unknown error"}]})", "", "",
       "response status code 500: unknown: unknown error", ""},
      {301, "", "", "", "response status code 301: Moved Permanently", ""},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(Cat(std::to_string(c.status), " ", c.body, c.headers, c.user));
    ScriptedServer server([&](const std::string&) { return Http(c.status, c.body, c.headers); });
    const auto shown = [&](const std::string& text) {
      return base::ReplaceAll(text, server.address(), "ADDR");
    };
    EXPECT_EQ(shown(Tags(server.address(), c.user)), kTagsUrl + c.want);
    EXPECT_EQ(shown(Pull(server.address(), c.user)),
              kFetching + (c.want_pull.empty() ? kManifestUrl + c.want : c.want_pull));
  }
}

TEST_F(OrasTest, ShowsCredentialsOnlyWhenAskedAndThenAtOnce) {
  ScriptedServer server([](const std::string& head) {
    if (!base::Contains(head, "Authorization: Basic"))
      return Http(401, "", "WWW-Authenticate: Basic realm=\"x\"\r\n");
    return Http(200, R"({"tags":["1.0.0"]})");
  });
  EXPECT_THAT(*Open(server.address(), "u")->Tags(ctx_), ElementsAre("1.0.0"));
  EXPECT_THAT(*Open(server.address(), "u")->Tags(ctx_), ElementsAre("1.0.0"));
  EXPECT_EQ(server.Seen().size(), 3U);
  EXPECT_FALSE(base::Contains(server.Seen().front(), "Basic"));
}

TEST_F(OrasTest, SaysWhatATokenServerAnswers) {
  constexpr const char* kToken =
      "\"http://ADDR/token?scope=repository%3Acharts%2Fhello%3Apull&service=svc\": ";
  const std::string get = Cat("GET ", kToken);
  const std::string private_address = "is a loopback, link-local, private, or unspecified address";
  const struct {
    int status;
    std::string body, realm, want;  // realm "": the server's own
  } cases[] = {
      {401, R"({"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]})", "",
       get + "response status code 401: unauthorized: who are you?"},
      {401, "", "", get + "response status code 401: Unauthorized"},
      {403, "no", "", get + "response status code 403: Forbidden"},
      {200, "{}", "", get + "empty token returned"},
      {200, "hello", "",
       get + "failed to decode response: invalid character 'h' looking for beginning of value"},
      {200, R"({"token":)", "", get + "failed to decode response: unexpected EOF"},
      {200, "", "", get + "failed to decode response: EOF"},
      {200, R"({"token":"t"})", "",
       "response status code 401: unauthorized: authentication required: [map[Action:pull "
       "Name:charts/hello Type:repository]]"},
      {0, "", "http://127.0.0.1:1/token",
       "Get \"http://127.0.0.1:1/token?scope=repository%3Acharts%2Fhello%3Apull&service=svc\": "
       "dial tcp 127.0.0.1:1: connect: connection refused"},
      {0, "", "http://10.0.0.1:1/token", "bearer realm host \"10.0.0.1\" " + private_address},
      {0, "", "http://169.254.169.254/token",
       "bearer realm host \"169.254.169.254\" " + private_address},
      {0, "", "ftp://example.com/token",
       "bearer realm \"ftp://example.com/token\" uses unsupported scheme \"ftp\""},
      {0, "", "http://[::1/token",
       "failed to parse bearer realm \"http://[::1/token\": parse \"http://[::1/token\": missing "
       "']' in host"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(Cat(c.realm, " ", std::to_string(c.status), " ", c.body));
    std::string own;
    ScriptedServer server([&](const std::string& head) {
      if (head.starts_with("GET /token")) return Http(c.status, c.body);
      return Http(401, kUnauthorized,
                  Cat("WWW-Authenticate: Bearer realm=\"", c.realm.empty() ? own : c.realm,
                      "\",service=\"svc\",scope=\"repository:charts/hello:pull\"\r\n"));
    });
    own = "http://" + server.address() + "/token";
    const auto shown = [&](const std::string& text) {
      return base::ReplaceAll(text, server.address(), "ADDR");
    };
    EXPECT_EQ(shown(Tags(server.address(), "u")), kTagsUrl + c.want);
    EXPECT_EQ(shown(Pull(server.address(), "u")), Cat(kFetching, kManifestUrl, c.want));
  }
}

TEST_F(OrasTest, RefusesATokenServerByHttpOfARegistryByHttps) {
  const std::string realm = "http://auth.example.com/token";
  // Nothing is sent: the realm is judged before.
  EXPECT_EQ(CheckOrasRealm(realm, "registry.example.com", /*registry_is_http=*/false).message(),
            "bearer realm \"http://auth.example.com/token\" uses http but registry was contacted "
            "over https");
  EXPECT_TRUE(CheckOrasRealm(realm, "registry.example.com", true).ok());
  EXPECT_TRUE(CheckOrasRealm("https://auth.example.com/token", "registry.example.com", false).ok());
  EXPECT_TRUE(CheckOrasRealm("https://10.0.0.1:5001/token", "10.0.0.1:5000", false).ok());
}

TEST_F(OrasTest, SaysWhatTheNetworkDid) {
  EXPECT_EQ(Pull("127.0.0.1:1"), Cat(kFetching,
                                     "Get \"http://127.0.0.1:1/v2/charts/hello/manifests/1.0.0\": "
                                     "dial tcp 127.0.0.1:1: connect: connection refused"));
  EXPECT_EQ(Tags("127.0.0.1:1"),
            "Get \"http://127.0.0.1:1/v2/charts/hello/tags/list\": dial tcp 127.0.0.1:1: connect: "
            "connection refused");
  ScriptedServer cut([](const std::string&) { return std::string(); });
  EXPECT_EQ(Pull(cut.address()), Cat(kFetching, "Get \"http://", cut.address(),
                                     "/v2/charts/hello/manifests/1.0.0\": EOF"));
  const auto https = *client_->OpenOras("127.0.0.1:1/charts/hello", /*plain_http=*/false, {});
  EXPECT_EQ(https->Tags(ctx_).status().message(),
            "Get \"https://127.0.0.1:1/v2/charts/hello/tags/list\": dial tcp 127.0.0.1:1: connect: "
            "connection refused")
      << "never by http unless it is allowed";
  const test_support::RegistryServer plain;
  EXPECT_EQ((*client_->OpenOras(plain.address() + "/charts/hello", false, {}))
                ->Tags(ctx_)
                .status()
                .message(),
            Cat("Get \"https://", plain.address(),
                "/v2/charts/hello/tags/list\": http: server gave HTTP response to HTTPS client"));
}

TEST_F(OrasTest, SaysWhatAListOfTagsIs) {
  const struct {
    std::string body, headers, want;
  } cases[] = {
      {"hello", "",
       "failed to decode response: invalid character 'h' looking for beginning of value"},
      {R"({"name":)", "", "failed to decode response: unexpected EOF"},
      {"", "", "failed to decode response: EOF"},
      {R"({"tags":5})", "",
       "failed to decode response: json: cannot unmarshal number into Go struct field .tags of "
       "type []string"},
      {R"({"tags":[5]})", "",
       "failed to decode response: json: cannot unmarshal number into Go struct field .tags of "
       "type string"},
      {R"({"tags":["1.0.0"]})", "Link: x\r\n", "invalid next link \"x\": missing '<'"},
      {R"({"tags":["1.0.0"]})", "Link: <x\r\n", "invalid next link \"<x\": missing '>'"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.body + c.headers);
    ScriptedServer server([&](const std::string&) { return Http(200, c.body, c.headers); });
    EXPECT_EQ(base::ReplaceAll(Tags(server.address()), server.address(), "ADDR"),
              (c.headers.empty() ? kTagsUrl : "") + c.want);
  }
  ScriptedServer pages([](const std::string& head) {
    if (base::Contains(head, "last=b")) return Http(200, R"({"tags":["c"]})");
    return Http(200, R"({"tags":["a","b"]})",
                "Link: </v2/charts/hello/tags/list?last=b>; rel=\"next\"\r\n");
  });
  EXPECT_THAT(*Open(pages.address())->Tags(ctx_), ElementsAre("a", "b", "c"));
  ScriptedServer elsewhere([](const std::string&) {
    return Http(200, R"({"tags":["a"]})", "Link: <http://127.0.0.1:1/v2/x>; rel=\"next\"\r\n");
  });
  EXPECT_THAT(Tags(elsewhere.address()), StartsWith("next link "));
}

TEST_F(OrasTest, PullsEveryPart) {
  const Served s;
  ScriptedServer server([&](const std::string& head) {
    if (base::Contains(head, "/manifests/"))
      return Http(200, s.Manifest(), Cat("Content-Type: ", kOciManifest, "; charset=utf-8\r\n"));
    return Http(200, base::Contains(head, DigestOf(s.layer)) ? s.layer : s.config);
  });
  const auto artifact = Open(server.address())->Pull(ctx_, "1.0.0", wanted_);
  ASSERT_TRUE(artifact.ok()) << artifact.status().message();
  EXPECT_EQ(artifact->digest, DigestOf(s.Manifest()));
  ASSERT_EQ(artifact->parts.size(), 2U);
  EXPECT_EQ(artifact->parts[0].bytes, s.config);
  EXPECT_EQ(artifact->parts[1].bytes, s.layer);
  EXPECT_EQ(server.Seen().size(), 3U) << "no ping";
  const auto small =
      Open(server.address())->Pull(ctx_, DigestOf(s.Manifest()), {wanted_.media_types, 3});
  ASSERT_TRUE(small.ok()) << small.status().message();
  EXPECT_FALSE(small->parts[1].bytes.has_value()) << "too large: not downloaded";
}

TEST_F(OrasTest, SaysWhatIsWrongWithAManifest) {
  const std::string successors = "failed to perform \"Successors\" on source: ";
  const auto with = [](const std::string& body, const std::string& headers = "") {
    Served s;
    s.bend = [body, headers](const std::string& path, const std::string&) {
      return base::Contains(path, "/manifests/")
                 ? Http(200, body,
                        headers.empty() ? Cat("Content-Type: ", kOciManifest, "\r\n") : headers)
                 : "";
    };
    return s;
  };
  const std::string type = Cat("Content-Type: ", kOciManifest, "\r\n"), good = Served().Manifest();
  EXPECT_EQ(PullOf(with("hello")),
            successors + "invalid character 'h' looking for beginning of value");
  EXPECT_EQ(PullOf(with(R"({"layers":5})")), successors +
                                                 "json: cannot unmarshal number into Go struct "
                                                 "field Manifest.layers of type []v1.Descriptor");
  EXPECT_EQ(PullOf(with(R"({"layers":[)")), successors + "unexpected end of JSON input");
  EXPECT_EQ(PullOf(with("")), successors + "unexpected end of JSON input");
  EXPECT_EQ(PullOf(with(good, type + "Docker-Content-Digest: " + DigestOf("x") + "\r\n")),
            successors + "mismatched digest");
  EXPECT_EQ(PullOf(with(good, type + "Docker-Content-Digest: sha256:xyz\r\n")),
            Cat(kFetching, kManifestUrl,
                "invalid response header value: `Docker-Content-Digest: sha256:xyz`; invalid "
                "checksum digest length"));
  EXPECT_EQ(
      PullOf(with(good, "X: y\r\n")),
      Cat(kFetching, kManifestUrl, "invalid response `Content-Type` header; mime: no media type"));
  EXPECT_EQ(PullOf(with(good, "Content-Type: application/json\r\n")), "")
      << "nothing to walk, which Helm finds";
}

TEST_F(OrasTest, SaysWhatIsWrongWithALayer) {
  const Served plain;
  const std::string digest = DigestOf(plain.layer),
                    push = "failed to perform \"Push\" on destination: ",
                    fetch = "failed to perform \"Fetch\" on source: ";
  const std::string url = "GET \"http://ADDR/v2/charts/hello/blobs/" + digest + "\": ";
  const auto bent = [&](std::function<std::string(const std::string&)> how) {
    Served s;
    s.bend = [how, digest](const std::string& path, const std::string& bytes) {
      return path.ends_with(digest) ? how(bytes) : "";
    };
    return s;
  };
  const auto chunked = [](const std::string& body) {
    return Cat("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n",
               std::string(1, "0123456789abcdef"[body.size()]), "\r\n", body, "\r\n0\r\n\r\n");
  };
  EXPECT_EQ(PullOf(plain), "");
  EXPECT_EQ(PullOf(bent([](const std::string&) { return Http(404, ""); })),
            fetch + digest + ": not found");
  EXPECT_EQ(PullOf(bent([](const std::string&) { return Http(403, ""); })),
            fetch + url + "response status code 403: Forbidden");
  EXPECT_EQ(PullOf(bent([](const std::string&) { return Http(200, "layer bytez"); })),
            push + "mismatched digest");
  EXPECT_EQ(PullOf(bent([](const std::string&) { return Http(200, "layer"); })),
            fetch + url + "mismatch Content-Length");
  EXPECT_EQ(PullOf(bent([&](const std::string&) { return chunked("layer"); })),
            push + "read failed: expected content size of 11, got 5, for digest " + digest +
                ": unexpected EOF");
  EXPECT_EQ(PullOf(bent([&](const std::string&) { return chunked("layer bytes!"); })),
            push + "trailing data");
  EXPECT_EQ(PullOf(bent([](const std::string& b) {
              return Http(200, b, "Docker-Content-Digest: " + DigestOf("y") + "\r\n");
            })),
            fetch + url +
                "invalid response; digest mismatch in Docker-Content-Digest: received \"" +
                DigestOf("y") + "\" when expecting \"" + digest + "\"");
  EXPECT_EQ(PullOf(bent([](const std::string& b) {
              return Http(200, b, "Docker-Content-Digest: nonsense\r\n");
            })),
            fetch + url + "invalid response header: `Docker-Content-Digest: nonsense`");
  EXPECT_EQ(
      PullOf(bent([](const std::string&) {
        return std::string("HTTP/1.1 200 OK\r\nContent-Length: 11\r\nConnection: close\r\n\r\nlay");
      })),
      push + "read failed: expected content size of 11, got 3, for digest " + digest +
          ": unexpected EOF");
  EXPECT_EQ(
      PullOf(bent([](const std::string&) {
        return Http(307, "", "Location: http://127.0.0.1:1/x?sig=c4n4ry\r\n");
      })),
      fetch + "Get \"http://127.0.0.1:1/x\": dial tcp 127.0.0.1:1: connect: connection refused")
      << "unlike oras-go without the query, which may be a signature";
}

// Each is small enough, and all of them lie in memory: one blob many times, many manifests of many.
TEST_F(OrasTest, ManyBlobsAreTooMuchTogether) {
  const Served s;
  std::string layers;
  for (int i = 0; i < 20; ++i) layers += Cat(i == 0 ? "" : ",", Described(kLayer, s.layer));
  const std::string manifest =
      Cat(R"({"schemaVersion":2,"mediaType":")", kOciManifest, R"(","config":)",
          Described(kConfig, s.config), R"(,"layers":[)", layers, "]}");
  ScriptedServer server([&](const std::string& head) {
    if (base::Contains(head, "/manifests/"))
      return Http(200, manifest, Cat("Content-Type: ", kOciManifest, "\r\n"));
    return Http(200, base::Contains(head, DigestOf(s.layer)) ? s.layer : s.config);
  });
  const auto repository = Open(server.address());
  EXPECT_EQ(repository->Pull(ctx_, "1.0.0", {wanted_.media_types, 20}).status().code(),
            base::StatusCode::kResourceExhausted);
  EXPECT_TRUE(repository->Pull(ctx_, "1.0.0", {wanted_.media_types, 100}).ok());
}

TEST_F(OrasTest, NamesTooLongForATagAreNoTags) {
  ScriptedServer server([&](const std::string&) {
    return Http(200, Cat(R"({"tags":["1.0.0",")", std::string(1 << 20, '1'), R"("]})"));
  });
  const auto tags = Open(server.address())->Tags(ctx_);
  ASSERT_TRUE(tags.ok()) << tags.status().message();
  EXPECT_EQ(tags->size(), 1U);
}

// Where go-containerregistry refuses the whole manifest, oras-go asks for what stands there.
TEST_F(OrasTest, SaysWhatIsWrongWithADescriptor) {
  const Served plain;
  const std::string digest = DigestOf(plain.layer), good = plain.Manifest();
  const std::string push = "failed to perform \"Push\" on destination: ",
                    fetch = "failed to perform \"Fetch\" on source: ",
                    successors = "failed to perform \"Successors\" on source: ",
                    below = "failed to perform \"FindSuccessors\" on source: ";
  // The manifest with the layer's digest, or anything else in it, replaced; `held`: what the
  // registry has by that name.
  const auto with = [&](const std::string& from, const std::string& to,
                        const std::string& name = "", const std::string& held = "") {
    Served s;
    const std::string text = base::ReplaceAll(good, from, to);
    s.bend = [=](const std::string& path, const std::string&) {
      if (base::Contains(path, "/manifests/1.0.0")) {
        return Http(200, text, Cat("Content-Type: ", kOciManifest, "\r\n"));
      }
      return std::string();
    };
    if (!name.empty()) s.blobs[name] = held;
    return PullOf(s);
  };
  const struct {
    std::string digest, why;
  } digests[] = {
      {"sha256:00", "invalid checksum digest length"},
      {"sha256:" + std::string(64, 'A'), "invalid checksum digest format"},
      {"sha256:" + std::string(64, 'z'), "invalid checksum digest format"},
      {"sha384:00", "invalid checksum digest length"},
      {"md5:abc", "unsupported digest algorithm"},
      {"nonsense", "invalid checksum digest format"},
      {"sha256:", "invalid checksum digest format"},
      {":ab", "invalid checksum digest format"},
  };
  for (const auto& c : digests) {
    SCOPED_TRACE(c.digest);
    EXPECT_EQ(with(digest, c.digest), fetch + c.digest + ": not found");
    EXPECT_EQ(with(digest, c.digest, c.digest, plain.layer),
              Cat(push, "read failed: failed to validate ", c.digest, ": ", c.why));
  }
  const std::string sha512 = "sha512:" + std::string(128, '0');
  EXPECT_EQ(with(digest, sha512, sha512, plain.layer), push + "mismatched digest");
  const std::string right =
      base::Digest::Of(base::DigestAlgorithm::kSha512, plain.layer)->ToString();
  EXPECT_EQ(with(digest, right, right, plain.layer), "");
  EXPECT_EQ(with("\"size\":11", "\"size\":-1"),
            Cat(fetch, "GET \"http://ADDR/v2/charts/hello/blobs/", digest,
                "\": mismatch Content-Length"));

  const struct {
    std::string from, to, why;
  } members[] = {
      {"\"" + digest + "\"", "5",
       "number into Go struct field Descriptor.layers.digest of type digest.Digest"},
      {"\"size\":11", "\"size\":1.5",
       "number 1.5 into Go struct field Descriptor.layers.size of type int64"},
      {"\"size\":11", "\"size\":\"x\"",
       "string into Go struct field Descriptor.layers.size of type int64"},
      {"\"size\":11", "\"platform\":5",
       "number into Go struct field Descriptor.layers.platform of type v1.Platform"},
      {"\"size\":11", "\"annotations\":{\"a\":5}",
       "number into Go struct field Descriptor.layers.annotations of type string"},
      {"\"size\":11", "\"urls\":\"x\"",
       "string into Go struct field Descriptor.layers.urls of type []string"},
      {"\"schemaVersion\":2", "\"schemaVersion\":\"x\"",
       "string into Go struct field Manifest.Versioned.schemaVersion of type int"},
      {"\"schemaVersion\":2", "\"subject\":5",
       "number into Go struct field Manifest.subject of type v1.Descriptor"},
  };
  for (const auto& c : members) {
    SCOPED_TRACE(c.to);
    EXPECT_EQ(with(c.from, c.to), Cat(successors, "json: cannot unmarshal ", c.why));
  }
  // What a manifest is about is read like one of an index.
  const auto about = [&](const std::string& of) {
    return Cat("\"schemaVersion\":2,\"subject\":", Described(std::string(kOciManifest), of));
  };
  EXPECT_EQ(with("\"schemaVersion\":2", about("x")), Cat(below, DigestOf("x"), ": not found"));
  EXPECT_EQ(with("\"schemaVersion\":2", about(good), DigestOf(good), good), "");
}

TEST_F(OrasTest, ReadsIndexes) {
  const Served inner;
  const std::string child = inner.Manifest();
  Served s;
  s.manifest_type = std::string(kOciIndex);
  const std::string index =
      Cat(R"({"schemaVersion":2,"manifests":[)", Described(std::string(kOciManifest), child), "]}");
  s.blobs[DigestOf(child)] = child;
  s.bend = [&](const std::string& path, const std::string&) {
    return base::Contains(path, "/manifests/1.0.0")
               ? Http(200, index, Cat("Content-Type: ", kOciIndex, "\r\n"))
               : "";
  };
  EXPECT_EQ(PullOf(s), "");
  s.blobs.clear();
  EXPECT_EQ(PullOf(s),
            "failed to perform \"FindSuccessors\" on source: " + DigestOf(child) + ": not found");
  s.blobs[DigestOf(child)] = child;
  const auto former = s.bend;
  s.bend = [&](const std::string& path, const std::string& bytes) {
    return path.ends_with(DigestOf(child)) ? Http(200, child, "Content-Type: application/json\r\n")
                                           : former(path, bytes);
  };
  EXPECT_EQ(PullOf(s), Cat("failed to perform \"FindSuccessors\" on source: GET "
                           "\"http://ADDR/v2/charts/hello/manifests/",
                           DigestOf(child),
                           "\": mismatch response Content-Type \"application/json\": expect \"",
                           kOciManifest, "\""));
}

TEST_F(OrasTest, NamesAreChecked) {
  const struct {
    std::string name, want;
  } cases[] = {
      {"127.0.0.1:1/Charts/hello", "invalid reference: invalid repository \"Charts/hello\""},
      {"127.0.0.1:1/charts/hello.", "invalid reference: invalid repository \"charts/hello.\""},
      {"127.0.0.1:1/charts//hello", "invalid reference: invalid repository \"charts//hello\""},
      {"127.0.0.1:1/a._b", "invalid reference: invalid repository \"a._b\""},
      {"/charts/hello", "invalid reference: invalid registry \"\""},
      {"hello", "invalid reference: missing registry or repository"},
      {"127.0.0.1:1/charts:1/hello", "invalid reference: invalid tag \"1/hello\""},
      {"127.0.0.1:1/charts@sha256:00/hello",
       "invalid reference: invalid digest \"sha256:00/hello\": invalid checksum digest length"},
      {"a_b:x/charts", "invalid reference: invalid registry \"a_b:x\""},
      {"127.0.0.1:1/a--b/c__d/e.f", ""},
      {"docker.io/charts", ""},
      {"localhost/charts", ""},
  };
  for (const auto& c : cases)
    EXPECT_EQ(client_->OpenOras(c.name, false, {}).status().message(), c.want) << c.name;
  EXPECT_EQ(Open("127.0.0.1:1")->Pull(ctx_, "1.0.0+a", wanted_).status().message(),
            "invalid reference: invalid tag \"1.0.0+a\"");
}

}  // namespace
}  // namespace sluice::oci
