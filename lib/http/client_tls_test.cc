// TLS as the client sees it: certificates made here, one OpenSSL server per test.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <memory>
#include <thread>

#include "base/owned.h"
#include "http/client.h"
#include "raw_socket.h"

namespace sluice::http {
namespace {

using namespace std::chrono_literals;

using Key = base::Owned<EVP_PKEY, EVP_PKEY_free>;
using Cert = base::Owned<X509, X509_free>;

struct Identity {
  Key key;
  Cert cert;
};

void AddExtension(X509* cert, X509* issuer, int nid, const char* value) {
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, issuer, cert, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &ctx, nid, value);
  X509_add_ext(cert, extension, -1);
  X509_EXTENSION_free(extension);
}

Identity MakeIdentity(const char* name, const Identity* ca, const char* alt_names, long from_s,
                      long until_s) {
  Identity id{Key(EVP_EC_gen("P-256")), Cert(X509_new())};
  X509* cert = id.cert.get();
  X509_set_version(cert, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert), ca == nullptr ? 1 : 2);
  X509_gmtime_adj(X509_getm_notBefore(cert), from_s);
  X509_gmtime_adj(X509_getm_notAfter(cert), until_s);
  X509_set_pubkey(cert, id.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(cert), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name), -1, -1, 0);
  const Identity& issuer = ca == nullptr ? id : *ca;
  X509_set_issuer_name(cert, X509_get_subject_name(issuer.cert.get()));
  if (ca == nullptr) AddExtension(cert, cert, NID_basic_constraints, "critical,CA:TRUE");
  if (alt_names != nullptr) AddExtension(cert, issuer.cert.get(), NID_subject_alt_name, alt_names);
  X509_sign(cert, issuer.key.get(), EVP_sha256());
  return id;
}

template <class Write>
std::string Pem(Write write) {
  base::Owned<BIO, BIO_free_all> bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}
std::string CertPem(const Identity& id) {
  return Pem([&](BIO* b) { PEM_write_bio_X509(b, id.cert.get()); });
}
std::string KeyPem(const Identity& id) {
  return Pem([&](BIO* b) {
    PEM_write_bio_PrivateKey(b, id.key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  });
}

// Answers every TLS connection with its client's certificate name.
class TlsServer {
 public:
  TlsServer(const Identity& id, const Identity* client_ca, bool keep_alive = false)
      : ctx_(SSL_CTX_new(TLS_server_method())), keep_alive_(keep_alive) {
    SSL_CTX_use_certificate(ctx_.get(), id.cert.get());
    SSL_CTX_use_PrivateKey(ctx_.get(), id.key.get());
    if (client_ca != nullptr) {
      X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx_.get()), client_ca->cert.get());
      SSL_CTX_set_verify(ctx_.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    }
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 16), 0);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] { Serve(); });
  }
  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);
    shutdown(open_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }
  std::string url(const std::string& host = "127.0.0.1") const {
    return "https://" + host + ":" + std::to_string(port_) + "/";
  }

 private:
  void Serve() {
    for (;;) {
      const int fd = accept(listener_, nullptr, nullptr);
      if (fd < 0) return;
      open_ = fd;
      base::Owned<SSL, SSL_free> ssl(SSL_new(ctx_.get()));
      SSL_set_fd(ssl.get(), fd);
      char buffer[4096];
      const bool accepted = SSL_accept(ssl.get()) == 1;
      while (accepted && SSL_read(ssl.get(), buffer, sizeof buffer) > 0) {
        std::string who = "nobody";
        if (X509* peer = SSL_get1_peer_certificate(ssl.get())) {
          char name[256];
          X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof name);
          who = name;
          X509_free(peer);
        }
        const char* sni = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name);
        const std::string body = who + " " + (sni != nullptr ? sni : "-");
        const std::string answer =
            std::string("HTTP/1.1 200 OK\r\n") + (keep_alive_ ? "" : "Connection: close\r\n") +
            "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        SSL_write(ssl.get(), answer.data(), static_cast<int>(answer.size()));
        if (keep_alive_) continue;
        SSL_shutdown(ssl.get());
        break;
      }
      // closing with bytes unread would reset the connection under the alert
      shutdown(fd, SHUT_WR);
      while (recv(fd, buffer, sizeof buffer, 0) > 0) {
      }
      close(fd);
    }
  }
  base::Owned<SSL_CTX, SSL_CTX_free> ctx_;
  const bool keep_alive_;
  int listener_ = -1;
  std::atomic<int> open_ = -1;
  uint16_t port_ = 0;
  std::jthread thread_;
};

class ClientTlsTest : public testing::Test {
 protected:
  base::Result<Response> Get(const std::string& url, const TlsOptions& tls) {
    Request request;
    request.url = url;
    request.tls = std::make_shared<TlsOptions>(tls);
    return client_->Do(observe::Context().WithTimeout(20s), request);
  }
  TlsOptions Trusting() const {
    TlsOptions tls;
    tls.system_roots = false;
    tls.ca_pem = CertPem(ca_);
    return tls;
  }

  std::unique_ptr<Client> client_ = *Client::Create({});
  Identity ca_ = MakeIdentity("test ca", nullptr, nullptr, 0, 3600);
};

TEST_F(ClientTlsTest, VerifiesThePeerInGosWords) {
  const Identity other_ca = MakeIdentity("other ca", nullptr, nullptr, 0, 3600);
  const std::string prefix = "tls: failed to verify certificate: x509: ";
  const struct {
    Identity id;
    std::string want;
  } cases[] = {
      {MakeIdentity("h", &ca_, "IP:127.0.0.1", 0, 3600), ""},
      {MakeIdentity("h", &other_ca, "IP:127.0.0.1", 0, 3600),
       prefix + "certificate signed by unknown authority"},
      {MakeIdentity("h", &ca_, "DNS:a.example,DNS:b.example", 0, 3600),
       prefix + "cannot validate certificate for 127.0.0.1 because it doesn't contain any IP SANs"},
      {MakeIdentity("h", &ca_, "IP:127.0.0.2", 0, 3600),
       prefix + "certificate is valid for 127.0.0.2, not 127.0.0.1"},
      {MakeIdentity("h", &ca_, "IP:127.0.0.1", -7200, -3600),
       prefix + "certificate has expired or is not yet valid: current time [0-9T:Z-]+ is after "
                "[0-9T:Z-]+"},
      {MakeIdentity("h", &ca_, "IP:127.0.0.1", 3600, 7200),
       prefix + "certificate has expired or is not yet valid: current time [0-9T:Z-]+ is before "
                "[0-9T:Z-]+"},
  };
  for (const auto& c : cases) {
    SCOPED_TRACE(c.want);
    const TlsServer server(c.id, nullptr);
    const auto response = Get(server.url(), Trusting());
    if (c.want.empty()) {
      EXPECT_TRUE(response.ok()) << response.status().message();
      continue;
    }
    ASSERT_FALSE(response.ok());
    EXPECT_THAT(response.status().message(),
                testing::MatchesRegex("Get \"" + server.url() + "\": " + c.want));
    TlsOptions insecure;
    insecure.insecure_skip_verify = true;
    EXPECT_TRUE(Get(server.url(), insecure).ok());
  }
}

TEST_F(ClientTlsTest, ServerNameIsAskedForAndVerifiedInsteadOfTheHost) {
  const TlsServer server(MakeIdentity("h", &ca_, "DNS:api.example", 0, 3600), nullptr);
  auto tls = Trusting();
  tls.server_name = "api.example";
  const auto response = Get(server.url(), tls);
  ASSERT_TRUE(response.ok()) << response.status().message();
  EXPECT_EQ(response->body, "nobody api.example");
  EXPECT_EQ(response->url, server.url());
}

TEST_F(ClientTlsTest, ShowsItsClientCertificate) {
  const TlsServer server(MakeIdentity("h", &ca_, "IP:127.0.0.1", 0, 3600), &ca_);
  const Identity me = MakeIdentity("me", &ca_, nullptr, 0, 3600);
  auto tls = Trusting();
  tls.client_cert_pem = CertPem(me);
  tls.client_key_pem = base::SecretString(KeyPem(me));
  const auto response = Get(server.url(), tls);
  ASSERT_TRUE(response.ok()) << response.status().message();
  EXPECT_EQ(response->body, "me -");
  const auto without = Get(server.url(), Trusting());
  ASSERT_FALSE(without.ok());
  EXPECT_THAT(without.status().message(), testing::HasSubstr("certificate required"));
}

// A certificate is public: who shows another's without its key must not get the connection that the
// other one opened.
TEST_F(ClientTlsTest, AConnectionIsOfWhoHoldsTheKey) {
  const TlsServer server(MakeIdentity("h", &ca_, "IP:127.0.0.1", 0, 3600), &ca_, true);
  const Identity me = MakeIdentity("me", &ca_, nullptr, 0, 3600);
  auto tls = Trusting();
  tls.client_cert_pem = CertPem(me);
  tls.client_key_pem = base::SecretString(KeyPem(me));
  EXPECT_EQ(Get(server.url(), tls)->body, "me -");
  EXPECT_EQ(Get(server.url(), tls)->body, "me -") << "by the same connection";
  tls.client_key_pem = base::SecretString(KeyPem(MakeIdentity("thief", &ca_, nullptr, 0, 3600)));
  EXPECT_FALSE(Get(server.url(), tls).ok());
}

TEST_F(ClientTlsTest, PlainHttpServerIsSaidSo) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listener, reinterpret_cast<sockaddr*>(&address), size), 0);
  ASSERT_EQ(listen(listener, 1), 0);
  getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
  std::jthread plain([&] {
    const int fd = accept(listener, nullptr, nullptr);
    constexpr std::string_view kAnswer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    (void)!send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL);
    char buffer[4096];
    while (recv(fd, buffer, sizeof buffer, 0) > 0) {
    }
    close(fd);
  });
  const std::string url = "https://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
  const auto response = Get(url, Trusting());
  EXPECT_EQ(response.status().message(),
            "Get \"" + url + "\": http: server gave HTTP response to HTTPS client");
  plain.join();
  close(listener);
}

TEST_F(ClientTlsTest, ABrokenCaIsSaidSo) {
  const TlsServer server(MakeIdentity("h", &ca_, "IP:127.0.0.1", 0, 3600), nullptr);
  TlsOptions tls;
  tls.system_roots = false;
  tls.ca_pem = "garbage";
  EXPECT_THAT(
      Get(server.url(), tls).status().message(),
      testing::HasSubstr("unable to load root certificates: unable to parse bytes as PEM block"));
}

}  // namespace
}  // namespace sluice::http
