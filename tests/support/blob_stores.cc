#include "test_support/blob_stores.h"

#include <httplib.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <map>
#include <optional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"
#include "test_support/process.h"

namespace sluice::test_support {
namespace {

constexpr const char* kVersion = "2019-12-12";
constexpr std::chrono::seconds kStart{60};  // node reads many files the first time

std::string Program(const char* name) { return ProgramFolder() + "/" + name; }

std::string Sign(const std::string& text) {
  return base::Base64Encode(base::Hmac(base::DigestAlgorithm::kSha256,
                                       base::Base64Decode(Azurite::kKey).value_or(""), text));
}

Process StartServer(const std::vector<std::string>& argv, const TempDir& dir) {
  Process::Options o;
  o.log_file = dir.File("server.errors");
  o.stdout_file = dir.Write("server.log", "");
  o.directory = dir.path();
  auto process = Process::Start(argv, o);
  SLUICE_CHECK(process.ok());
  return *std::move(process);
}

}  // namespace

struct Azurite::Impl {
  TempDir dir;
  int port = FreePorts(1)[0];
  std::optional<Process> server;

  // Signed by the account's key, as Microsoft describes it and not as our client does it.
  httplib::Result Send(const std::string& method, const std::string& path, const std::string& query,
                       const std::string& body) const {
    const std::time_t now = std::time(nullptr);
    std::tm utc{};
    gmtime_r(&now, &utc);
    char date[64];
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &utc);
    std::map<std::string, std::string> own = {{"x-ms-date", date}, {"x-ms-version", kVersion}};
    const bool upload = method == "PUT" && query.empty();
    if (upload) own["x-ms-blob-type"] = "BlockBlob";
    const std::string type = method == "PUT" ? "application/octet-stream" : "";
    std::string text = base::Cat(method, "\n\n\n", body.empty() ? "" : std::to_string(body.size()),
                                 "\n\n", type, "\n\n\n\n\n\n\n");
    for (const auto& [name, value] : own) text += base::Cat(name, ":", value, "\n");
    text += base::Cat("/", kAccount, path);
    if (!query.empty()) text += "\n" + base::ReplaceAll(query, "=", ":");
    httplib::Headers headers = {
        {"Authorization", base::Cat("SharedKey ", kAccount, ":", Sign(text))},
        {"Host", base::Cat(kAccount, ".blob.localhost")}};
    for (const auto& [name, value] : own) headers.emplace(name, value);
    httplib::Client client("127.0.0.1", port);
    client.set_url_encode(false);
    const std::string target = query.empty() ? path : path + "?" + query;
    if (method == "DELETE") return client.Delete(target, headers);
    return client.Put(target, headers, body, type);
  }
};

bool Azurite::Installed() { return std::filesystem::exists(Program("azurite")); }

Azurite::Azurite() : impl_(std::make_unique<Impl>()) {
  impl_->server = StartServer(
      {Program("azurite"), "--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck",
       "--blobHost", "127.0.0.1", "--blobPort", std::to_string(impl_->port)},
      impl_->dir);
  SLUICE_CHECK(Eventually(
      kStart, [this] { return httplib::Client("127.0.0.1", impl_->port).Get("/") != nullptr; }));
}
Azurite::~Azurite() = default;

std::string Azurite::endpoint() const {
  return base::Cat("http://", kAccount, ".blob.localhost:", std::to_string(impl_->port));
}

void Azurite::MakeContainer(const std::string& container) const {
  const auto made = impl_->Send("PUT", "/" + container, "restype=container", "");
  if (!made || made->status != 201)
    std::fprintf(stderr, "PUT %s: %s\n", container.c_str(),
                 made ? made->body.c_str() : "no answer");
  SLUICE_CHECK(made && made->status == 201);
}

void Azurite::Put(const std::string& container, const std::string& key,
                  const std::string& bytes) const {
  const auto put =
      impl_->Send("PUT", base::Cat("/", container, "/", base::PercentEncode(key, "/")), "", bytes);
  if (!put || put->status != 201)
    std::fprintf(stderr, "PUT %s: %s\n", key.c_str(), put ? put->body.c_str() : "no answer");
  SLUICE_CHECK(put && put->status == 201);
}

void Azurite::Delete(const std::string& container, const std::string& key) const {
  const auto gone =
      impl_->Send("DELETE", base::Cat("/", container, "/", base::PercentEncode(key, "/")), "", "");
  SLUICE_CHECK(gone && gone->status == 202);
}

std::string Azurite::Sas() const {
  const std::string permissions = "rl", services = "b", types = "sco",
                    expiry = "2099-01-01T00:00:00Z";
  const std::string text = base::Cat(kAccount, "\n", permissions, "\n", services, "\n", types,
                                     "\n\n", expiry, "\n\n\n", kVersion, "\n");
  return base::Cat("sv=", kVersion, "&ss=", services, "&srt=", types, "&sp=", permissions,
                   "&se=", base::PercentEncode(expiry), "&sig=", base::PercentEncode(Sign(text)));
}

std::vector<std::string> Azurite::Requests() const {
  std::vector<std::string> out;
  const std::string log = ReadFile(impl_->dir.File("server.log"));
  for (const std::string_view line : base::Split(log, "\n")) {
    // 127.0.0.1 - - [23/Nov/2026:23:46:02 +0000] "GET /fleet?comp=list&restype=container HTTP/1.1"
    // 200 -
    const auto parts = base::Split(line, "\"");
    if (parts.size() < 3) continue;
    const auto request = base::Fields(parts[1]), status = base::Fields(parts[2]);
    if (request.size() < 2 || status.empty()) continue;
    const std::string_view target = request[1].substr(0, request[1].find("&sig="));
    out.push_back(base::Cat(request[0], " ", target, " ", status[0]));
  }
  return out;
}

struct FakeGcs::Impl {
  TempDir dir;
  int port = FreePorts(1)[0];
  std::optional<Process> server;
};

bool FakeGcs::Installed() { return std::filesystem::exists(Program("fake-gcs-server")); }

FakeGcs::FakeGcs() : impl_(std::make_unique<Impl>()) {
  const std::string at = address();
  impl_->server = StartServer({Program("fake-gcs-server"), "-scheme", "http", "-host", "127.0.0.1",
                               "-port", std::to_string(impl_->port), "-backend", "memory",
                               "-public-host", at, "-external-url", "http://" + at},
                              impl_->dir);
  SLUICE_CHECK(Eventually(kStart, [this] {
    return httplib::Client("127.0.0.1", impl_->port).Get("/storage/v1/b") != nullptr;
  }));
}
FakeGcs::~FakeGcs() = default;

std::string FakeGcs::address() const { return "127.0.0.1:" + std::to_string(impl_->port); }

void FakeGcs::MakeBucket(const std::string& bucket) const {
  const auto made =
      httplib::Client("127.0.0.1", impl_->port)
          .Post("/storage/v1/b", base::Cat(R"({"name":")", bucket, R"("})"), "application/json");
  SLUICE_CHECK(made && made->status == 200);
}

void FakeGcs::Put(const std::string& bucket, const std::string& key,
                  const std::string& bytes) const {
  httplib::Client client("127.0.0.1", impl_->port);
  client.set_url_encode(false);
  const auto put = client.Post(base::Cat("/upload/storage/v1/b/", bucket,
                                         "/o?uploadType=media&name=", base::PercentEncode(key)),
                               bytes, "application/octet-stream");
  SLUICE_CHECK(put && put->status == 200);
}

void FakeGcs::Delete(const std::string& bucket, const std::string& key) const {
  httplib::Client client("127.0.0.1", impl_->port);
  client.set_url_encode(false);
  const auto gone =
      client.Delete(base::Cat("/storage/v1/b/", bucket, "/o/", base::PercentEncode(key)));
  SLUICE_CHECK(gone && (gone->status == 204 || gone->status == 200));
}

}  // namespace sluice::test_support
