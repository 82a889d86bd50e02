#include "test_support/registry_server.h"

#include <httplib.h>

#include <atomic>
#include <ctime>
#include <optional>
#include <thread>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/json_string.h"
#include "base/strings.h"
#include "test_support/eventually.h"

namespace sluice::test_support {
namespace {

// bcrypt of "s3cr3t"
constexpr const char* kPasswordFile =
    "reader:$2y$05$abcdefghijklmnopqrstuu9Avu/WgbsK7g7xfCY1X3pdjsTgxqQLS\n";
constexpr const char* kService = "test-registry";
constexpr const char* kIssuer = "test-issuer";

// "repository:a/b:pull,push" → the claim's entry; "" if it is none.
std::string AccessEntry(const std::string& scope) {
  const auto parts = base::Split(scope, ":");
  if (parts.size() != 3) return "";
  std::string actions;
  for (const auto action : base::Split(parts[2], ","))
    actions += base::Cat(actions.empty() ? "\"" : ",\"", action, "\"");
  return base::Cat(R"({"type":")", parts[0], R"(","name":")", parts[1], R"(","actions":[)", actions,
                   "]}");
}

// Gives tokens to whoever knows the password.
class TokenServer {
 public:
  TokenServer(const Certificate& signer, int seconds) : signer_(signer), seconds_(seconds) {
    server_.set_keep_alive_max_count(1);
    server_.Get("/token",
                [this](const httplib::Request& q, httplib::Response& r) { Answer(q, r); });
    port_ = server_.bind_to_any_port("127.0.0.1");
    SLUICE_CHECK(port_ > 0);
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    while (!server_.is_running()) std::this_thread::yield();
  }
  ~TokenServer() {
    server_.stop();
    thread_.join();
  }
  std::string Realm() const { return "http://127.0.0.1:" + std::to_string(port_) + "/token"; }
  size_t given() const { return given_; }

 private:
  void Answer(const httplib::Request& q, httplib::Response& r) {
    const std::string want = "Basic " + base::Base64Encode(base::Cat(RegistryServer::kUser, ":",
                                                                     RegistryServer::kPassword));
    if (q.get_header_value("Authorization") != want) {
      r.status = 401;
      r.set_content(R"({"errors":[{"code":"UNAUTHORIZED","message":"who are you?"}]})",
                    "application/json");
      return;
    }
    std::string access;
    for (auto [it, end] = q.params.equal_range("scope"); it != end; ++it) {
      if (const std::string entry = AccessEntry(it->second); !entry.empty())
        access += (access.empty() ? "" : ",") + entry;
    }
    const long now = std::time(nullptr);
    const std::string head = R"({"typ":"JWT","alg":"ES256","x5c":[")" +
                             base::Base64Encode(CertificateDer(signer_.cert_pem)) + R"("]})";
    const std::string claims =
        base::Cat(R"({"iss":")", kIssuer, R"(","sub":")", RegistryServer::kUser, R"(","aud":")",
                  kService, R"(","exp":)", std::to_string(now + 3600), R"(,"nbf":)",
                  std::to_string(now - 60), R"(,"iat":)", std::to_string(now), R"(,"jti":")",
                  std::to_string(++given_), R"(","access":[)", access, "]}");
    const std::string signing = base::Base64UrlEncode(head) + "." + base::Base64UrlEncode(claims);
    const std::string token =
        signing + "." + base::Base64UrlEncode(SignEs256(signer_.key_pem, signing));
    r.set_content(
        base::Cat(R"({"token":")", token, R"(","expires_in":)", std::to_string(seconds_), "}"),
        "application/json");
  }

  const Certificate signer_;
  const int seconds_;
  std::atomic<size_t> given_ = 0;
  httplib::Server server_;
  int port_ = 0;
  std::thread thread_;
};

}  // namespace

struct RegistryServer::Impl {
  Options options;
  TempDir dir;
  Certificate authority = MakeAuthority("registry test authority");
  std::unique_ptr<TokenServer> tokens;
  int port = 0, open_port = 0;
  std::optional<Process> server, open_server;

  // Starts a docker-registry over the shared storage.
  Process StartOne(const std::string& name, int at, const std::string& http_more,
                   const std::string& auth) {
    const std::string config = base::Cat(
        "version: 0.1\nlog:\n  level: error\n  accesslog: {disabled: false}\nstorage:\n  "
        "filesystem: {rootdirectory: ",
        dir.File("storage"),
        "}\n  delete: {enabled: true}\nhttp:\n  addr: 127.0.0.1:", std::to_string(at), "\n",
        http_more, auth);
    Process::Options o;
    o.log_file = dir.File(name + ".errors");
    o.stdout_file = dir.File(name + ".log");
    dir.Write(name + ".log", "");
    auto process =
        Process::Start({"docker-registry", "serve", dir.Write(name + ".yml", config)}, o);
    SLUICE_CHECK(process.ok());
    return *std::move(process);
  }

  std::string TlsSection() {
    if (!options.tls) return "";
    const Certificate own = IssueCertificate(authority, "registry", "DNS:localhost,IP:127.0.0.1");
    return base::Cat("  tls: {certificate: ", dir.Write("server.crt", own.cert_pem),
                     ", key: ", dir.Write("server.key", own.key_pem), "}\n");
  }

  std::string AuthSection() {
    if (options.auth == Auth::kBasic) {
      return base::Cat(
          "auth:\n  htpasswd: {realm: test, path: ", dir.Write("htpasswd", kPasswordFile), "}\n");
    }
    if (options.auth == Auth::kNone) return "";
    tokens = std::make_unique<TokenServer>(IssueCertificate(authority, "token signer", ""),
                                           options.token_seconds);
    return base::Cat("auth:\n  token: {realm: '", tokens->Realm(), "', service: ", kService,
                     ", issuer: ", kIssuer,
                     ", rootcertbundle: ", dir.Write("authority.crt", authority.cert_pem), "}\n");
  }
};

RegistryServer::RegistryServer(const Options& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  const auto ports = FreePorts(2);
  impl_->port = ports[0];
  impl_->open_port = ports[0];
  impl_->server = impl_->StartOne("server", impl_->port, impl_->TlsSection(), impl_->AuthSection());
  if (options.tls || options.auth != Auth::kNone) {
    impl_->open_port = ports[1];
    impl_->open_server = impl_->StartOne("open", impl_->open_port, "", "");
  }
  for (const int port : {impl_->port, impl_->open_port}) {
    SLUICE_CHECK(Eventually(std::chrono::seconds(20), [port] {
      return httplib::Client("127.0.0.1", port).Get("/v2/") != nullptr;
    }));
  }
}

RegistryServer::~RegistryServer() = default;

std::string RegistryServer::address() const { return "127.0.0.1:" + std::to_string(impl_->port); }
std::string RegistryServer::OpenAddress() const {
  return "127.0.0.1:" + std::to_string(impl_->open_port);
}
std::string RegistryServer::Url(const std::string& repository) const {
  return "oci://" + address() + "/" + repository;
}
const Certificate& RegistryServer::authority() const { return impl_->authority; }

std::string RegistryServer::DockerConfig() const {
  return base::Cat(R"({"auths":{")", address(), R"(":{"auth":")",
                   base::Base64Encode(base::Cat(kUser, ":", kPassword)), R"("}}})");
}

std::string RegistryServer::PushBlob(const std::string& repository,
                                     const std::string& bytes) const {
  const std::string digest = base::Digest::Sha256(bytes).ToString();
  httplib::Client client("127.0.0.1", impl_->open_port);
  client.set_read_timeout(60);
  client.set_write_timeout(60);
  const auto opened = client.Post("/v2/" + repository + "/blobs/uploads/");
  SLUICE_CHECK(opened && opened->status == 202);
  std::string where = opened->get_header_value("Location");
  if (where.starts_with("http")) where = where.substr(where.find('/', 8));
  const auto put =
      client.Put(where + (where.find('?') == where.npos ? "?" : "&") + "digest=" + digest, bytes,
                 "application/octet-stream");
  SLUICE_CHECK(put && put->status == 201);
  return digest;
}

std::string RegistryServer::PushManifest(const std::string& repository,
                                         const std::string& reference,
                                         const std::string& media_type,
                                         const std::string& json) const {
  httplib::Client client("127.0.0.1", impl_->open_port);
  const auto put = client.Put("/v2/" + repository + "/manifests/" + reference, json, media_type);
  SLUICE_CHECK(put && put->status == 201);
  return base::Digest::Sha256(json).ToString();
}

std::string RegistryServer::Push(const std::string& repository, const std::string& tag,
                                 const std::vector<Layer>& layers,
                                 const std::map<std::string, std::string>& annotations) const {
  const auto descriptor = [&](const std::string& media_type, const std::string& bytes) {
    return base::Cat(R"({"mediaType":")", media_type, R"(","digest":")",
                     PushBlob(repository, bytes), R"(","size":)", std::to_string(bytes.size()),
                     "}");
  };
  std::string list, notes;
  for (const Layer& layer : layers)
    list += (list.empty() ? "" : ",") + descriptor(layer.media_type, layer.bytes);
  for (const auto& [key, value] : annotations) {
    if (!notes.empty()) notes += ',';
    base::AppendJsonString(notes, key);
    notes += ':';
    base::AppendJsonString(notes, value);
  }
  constexpr const char* kManifest = "application/vnd.oci.image.manifest.v1+json";
  return PushManifest(repository, tag, kManifest,
                      base::Cat(R"({"schemaVersion":2,"mediaType":")", kManifest, R"(","config":)",
                                descriptor(kFluxConfig, "{}"), R"(,"layers":[)", list,
                                R"(],"annotations":{)", notes, "}}"));
}

std::vector<std::string> RegistryServer::Requests() const {
  std::vector<std::string> out;
  const std::string log = ReadFile(impl_->dir.File("server.log"));
  for (const std::string_view line : base::Split(log, "\n")) {
    // 127.0.0.1 - - [date] "HEAD /v2/app/manifests/v1 HTTP/1.1" 200 424 "" "flux/v2"
    const auto parts = base::Split(line, "\"");
    if (parts.size() < 3) continue;
    const auto request = base::Fields(parts[1]), status = base::Fields(parts[2]);
    if (request.size() >= 2 && !status.empty())
      out.push_back(base::Cat(request[0], " ", request[1], " ", status[0]));
  }
  return out;
}

std::string RegistryServer::TokenUrl() const { return impl_->tokens ? impl_->tokens->Realm() : ""; }
size_t RegistryServer::TokensGiven() const { return impl_->tokens ? impl_->tokens->given() : 0; }

}  // namespace sluice::test_support
