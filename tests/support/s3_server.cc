#include "test_support/s3_server.h"

#include <httplib.h>

#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"
#include "test_support/process.h"

namespace sluice::test_support {
namespace {

// A signature of the tests' own, so that ours is not tested with itself.
httplib::Headers Sign(const std::string& method, const std::string& host, const std::string& path,
                      const std::string& body, const std::string& region) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char stamp[32];
  std::strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &utc);
  const std::string time = stamp, day = time.substr(0, 8), hash = base::Digest::Sha256(body).hex();
  const std::string names = "host;x-amz-content-sha256;x-amz-date";
  const std::string canonical =
      base::Cat(method, "\n", path, "\n\nhost:", host, "\nx-amz-content-sha256:", hash,
                "\nx-amz-date:", time, "\n\n", names, "\n", hash);
  const std::string scope = base::Cat(day, "/", region, "/s3/aws4_request");
  std::string key = base::Cat("AWS4", S3Server::kSecretKey);
  for (const std::string& part : {day, region, std::string("s3"), std::string("aws4_request")})
    key = base::Hmac(base::DigestAlgorithm::kSha256, key, part);
  const std::string text = base::Cat("AWS4-HMAC-SHA256\n", time, "\n", scope, "\n",
                                     base::Digest::Sha256(canonical).hex());
  return {{"x-amz-content-sha256", hash},
          {"x-amz-date", time},
          {"Authorization",
           base::Cat("AWS4-HMAC-SHA256 Credential=", S3Server::kAccessKey, "/", scope,
                     ", SignedHeaders=", names, ", Signature=",
                     base::HexEncode(base::Hmac(base::DigestAlgorithm::kSha256, key, text)))}};
}

}  // namespace

struct S3Server::Impl {
  Options options;
  TempDir dir;
  Certificate authority = MakeAuthority("s3 test authority");
  int port = 0, open_port = 0;
  std::optional<Process> server, open_server;

  // One over the shared folder.
  Process StartOne(int at, const std::string& name, const std::vector<std::string>& more) const {
    const std::string program = ProgramFolder() + "/versitygw", root = dir.File("root");
    if (!std::filesystem::exists(program))
      std::fprintf(stderr, "no %s: run tests/controlplane/build\n", program.c_str());
    std::filesystem::create_directories(root);
    std::vector<std::string> argv = {program,    "--port",       "127.0.0.1:" + std::to_string(at),
                                     "--region", options.region, "--keep-alive"};
    argv.insert(argv.end(), more.begin(), more.end());
    argv.insert(argv.end(), {"posix", root});
    Process::Options o;
    o.env = {{"ROOT_ACCESS_KEY", kAccessKey}, {"ROOT_SECRET_KEY", kSecretKey}};
    o.log_file = dir.File(name + ".errors");
    o.stdout_file = dir.Write(name + ".log", "");
    auto process = Process::Start(argv, o);
    SLUICE_CHECK(process.ok());
    return *std::move(process);
  }

  httplib::Result Send(const std::string& method, const std::string& path,
                       const std::string& body) const {
    const std::string host = "127.0.0.1:" + std::to_string(open_port);
    httplib::Client client("127.0.0.1", open_port);
    client.set_url_encode(false);
    auto headers = Sign(method, host, path, body, options.region);
    if (method == "PUT") return client.Put(path, headers, body, "application/octet-stream");
    if (method == "DELETE") return client.Delete(path, headers);
    return client.Get(path, headers);
  }
};

S3Server::S3Server(const Options& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  const auto ports = FreePorts(2);
  impl_->port = impl_->open_port = ports[0];
  std::vector<std::string> tls;
  if (options.tls) {
    const Certificate own = IssueCertificate(impl_->authority, "s3", "DNS:localhost,IP:127.0.0.1");
    tls = {"--cert", impl_->dir.Write("server.crt", own.cert_pem), "--key",
           impl_->dir.Write("server.key", own.key_pem)};
    impl_->open_port = ports[1];
    impl_->open_server = impl_->StartOne(impl_->open_port, "open", {});
  }
  impl_->server = impl_->StartOne(impl_->port, "server", tls);
  SLUICE_CHECK(Eventually(std::chrono::seconds(20),
                          [this] { return static_cast<bool>(impl_->Send("GET", "/", "")); }));
}

S3Server::~S3Server() = default;

std::string S3Server::endpoint() const { return "127.0.0.1:" + std::to_string(impl_->port); }
const Certificate& S3Server::authority() const { return impl_->authority; }

void S3Server::MakeBucket(const std::string& bucket) const {
  const auto made = impl_->Send("PUT", "/" + bucket, "");
  SLUICE_CHECK(made && made->status == 200);
}

std::string S3Server::Put(const std::string& bucket, const std::string& key,
                          const std::string& bytes) const {
  const auto put =
      impl_->Send("PUT", base::Cat("/", bucket, "/", base::PercentEncode(key, "/")), bytes);
  if (!put || put->status != 200)
    std::fprintf(stderr, "PUT %s: %s\n", key.c_str(), put ? put->body.c_str() : "no answer");
  SLUICE_CHECK(put && put->status == 200);
  return std::string(base::Trim(put->get_header_value("ETag"), "\""));
}

void S3Server::Delete(const std::string& bucket, const std::string& key) const {
  const auto gone =
      impl_->Send("DELETE", base::Cat("/", bucket, "/", base::PercentEncode(key, "/")), "");
  SLUICE_CHECK(gone && gone->status == 204);
}

void S3Server::Fill(const std::string& bucket, size_t count, const std::string& folder,
                    const std::string& content) const {
  for (size_t i = 0; i < count; ++i)
    Put(bucket, base::Cat(folder, "/", std::to_string(i / 100), "/", std::to_string(i), ".yaml"),
        content + std::to_string(i) + "\n");
}

std::vector<std::string> S3Server::Requests(size_t at_least) const {
  std::vector<std::string> out;
  const auto read = [&] {
    out.clear();
    const std::string log = ReadFile(impl_->dir.File("server.log"));
    for (const std::string_view line : base::Split(log, "\n")) {
      // 19:46:04 | vgw | 403 | 123.4µs | 127.0.0.1 | GET | /fleet | - | list-type=2
      const auto parts = base::Split(line, "|");
      if (parts.size() < 9) continue;
      const std::string_view query = base::TrimSpace(parts[8]);
      out.push_back(base::Cat(base::TrimSpace(parts[5]), " ", base::TrimSpace(parts[6]),
                              query.empty() ? "" : "?", query, " ", base::TrimSpace(parts[2])));
    }
    return out.size() >= at_least;
  };
  Eventually(std::chrono::seconds(10), read);
  return out;
}

}  // namespace sluice::test_support
