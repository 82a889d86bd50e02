#include "test_support/nginx_server.h"

#include <sys/stat.h>
#include <sys/time.h>

#include <ctime>
#include <filesystem>
#include <optional>

#include "base/strings.h"
#include "test_support/eventually.h"
#include "test_support/http.h"
#include "test_support/process.h"

namespace sluice::test_support {
namespace {

constexpr std::string_view kMarker = "/.marker-";

}  // namespace

struct NginxServer::Impl {
  Options options;
  TempDir dir;
  Certificate authority = MakeAuthority("web test authority");
  int port = 0, writes = 0, markers = 0;
  std::string config;
  std::optional<Process> server;

  std::string Configuration() {
    std::string site = base::Cat("listen 127.0.0.1:", std::to_string(port),
                                 options.tls ? " ssl" : "", "; root ", dir.File("files"), ";\n");
    if (options.tls) {
      const Certificate own =
          IssueCertificate(authority, "web", "DNS:localhost,DNS:charts.test,IP:127.0.0.1");
      site += base::Cat("ssl_certificate ", dir.Write("server.crt", own.cert_pem),
                        "; ssl_certificate_key ", dir.Write("server.key", own.key_pem), ";\n");
    }
    if (options.client_certificates) {
      site += base::Cat("ssl_client_certificate ", dir.Write("clients.crt", authority.cert_pem),
                        "; ssl_verify_client on;\n");
    }
    if (options.auth) {
      site +=
          base::Cat("auth_basic test; auth_basic_user_file ",
                    dir.Write("passwords", base::Cat(kUser, ":{PLAIN}", kPassword, "\n")), ";\n");
    }
    std::string temporary;
    for (const std::string_view what : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      temporary += base::Cat(what, "_temp_path ", dir.File("tmp"), ";\n");
    }
    return base::Cat(
        "daemon off; master_process off; pid ", dir.File("pid"), "; error_log ", dir.File("errors"),
        ";\nevents {}\nhttp {\n",
        "log_format test '$request_method $request_uri $status $remote_user';\naccess_log ",
        dir.File("access"), " test;\n", temporary, "server {\n", site, options.more, "\n}\n}\n");
  }

  void Start() {
    Process::Options o;
    o.log_file = dir.File("output");
    auto started = Process::Start({"/usr/sbin/nginx", "-c", config, "-p", dir.path()}, o);
    SLUICE_CHECK(started.ok());
    server = *std::move(started);
    SLUICE_CHECK(Eventually(std::chrono::seconds(20), [this] { return Mark(); }));
  }

  std::string Scheme() const { return options.tls ? "https" : "http"; }

  // A request of our own, seen in the log: then everything answered before it is there, too.
  bool Mark() {
    const std::string path = base::Cat(kMarker, std::to_string(++markers));
    HttpClient(options.tls ? dir.Write("authority.crt", authority.cert_pem) : "")
        .Send("GET", base::Cat(Scheme(), "://127.0.0.1:", std::to_string(port), path));
    return Eventually(std::chrono::seconds(1),
                      [&] { return base::Contains(ReadFile(dir.File("access")), path + " "); });
  }
};

NginxServer::NginxServer(const Options& options) : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  impl_->port = FreePorts(1).front();
  std::filesystem::create_directories(impl_->dir.File("files"));
  impl_->config = impl_->dir.Write("nginx.conf", impl_->Configuration());
  impl_->Start();
}

NginxServer::~NginxServer() = default;

std::string NginxServer::Url(const std::string& path) const {
  return base::Cat(impl_->Scheme(), "://127.0.0.1:", std::to_string(impl_->port), path);
}
const Certificate& NginxServer::authority() const { return impl_->authority; }
std::string NginxServer::Folder() const { return impl_->dir.File("files"); }

void NginxServer::Write(const std::string& file, const std::string& bytes) {
  const std::string name = "files/" + file;
  std::filesystem::create_directories(std::filesystem::path(impl_->dir.File(name)).parent_path());
  // Whole or not at all: somebody may be reading.
  const std::string fresh = impl_->dir.Write("files/.new", bytes);
  chmod(fresh.c_str(), 0644);
  const timeval when{std::time(nullptr) - 3600 + 2 * ++impl_->writes, 0};
  const timeval times[] = {when, when};
  SLUICE_CHECK(utimes(fresh.c_str(), times) == 0);
  std::filesystem::rename(fresh, impl_->dir.File(name));
}

void NginxServer::Remove(const std::string& file) const {
  std::filesystem::remove(impl_->dir.File("files/" + file));
}
void NginxServer::Stop() { impl_->server->Stop(); }
void NginxServer::Start() { impl_->Start(); }

std::vector<std::string> NginxServer::Requests() const {
  SLUICE_CHECK(Eventually(std::chrono::seconds(20), [this] { return impl_->Mark(); }));
  std::vector<std::string> out;
  const std::string log = ReadFile(impl_->dir.File("access"));
  for (const std::string_view line : base::Split(log, "\n")) {
    if (!line.empty() && !base::Contains(line, kMarker)) out.emplace_back(line);
  }
  return out;
}

}  // namespace sluice::test_support
