// How a Transfer's request becomes options of a libcurl handle, and the callbacks libcurl makes.
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "transfer.h"

namespace sluice::http {
namespace {

// Uncopied bytes are the request's TlsOptions'.
void SetBlob(CURL* easy, CURLoption option, std::string_view bytes,
             unsigned int flags = CURL_BLOB_NOCOPY) {
  curl_blob blob{const_cast<char*>(bytes.data()), bytes.size(), flags};
  curl_easy_setopt(easy, option, &blob);
}

std::string AddressText(const sockaddr* address) {
  char text[INET6_ADDRSTRLEN] = {};
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    inet_ntop(AF_INET, &v4.sin_addr, text, sizeof text);
    return base::Cat(text, ":", std::to_string(ntohs(v4.sin_port)));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    inet_ntop(AF_INET6, &v6.sin6_addr, text, sizeof text);
    return base::Cat("[", text, "]:", std::to_string(ntohs(v6.sin6_port)));
  }
  return "";
}

bool IsPrivateV4(uint32_t a) {
  return a >> 24 == 127 || a >> 24 == 10 || a >> 24 == 0 || a >> 20 == 0xac1 || a >> 16 == 0xc0a8 ||
         a >> 16 == 0xa9fe || a >> 22 == (0x6440u >> 6) || a >> 28 >= 14;
}

bool IsPrivate(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return IsPrivateV4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family != AF_INET6) return true;
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  const uint8_t* b = v6.sin6_addr.s6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
    return IsPrivateV4(static_cast<uint32_t>(b[12]) << 24 | static_cast<uint32_t>(b[13]) << 16 |
                       static_cast<uint32_t>(b[14]) << 8 | b[15]);
  }
  return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || IN6_IS_ADDR_UNSPECIFIED(&v6.sin6_addr) ||
         (b[0] & 0xfe) == 0xfc || (b[0] == 0xfe && (b[1] & 0xc0) == 0x80) || b[0] == 0xff;
}

// Port 80 of a proxy without one, where libcurl has 1080; a name is looked up by a SOCKS proxy.
std::string AsGoReadsIt(std::string proxy) {
  constexpr std::string_view kSocks = "socks5://";
  if (proxy.starts_with(kSocks)) return base::Cat("socks5h://", proxy.substr(kSocks.size()));
  const auto url = Url::Parse(proxy);
  if (!url.ok()) return proxy;
  return base::Cat(url->scheme, "://", url->userinfo, url->userinfo.empty() ? "" : "@",
                   url->HostPort());
}

std::string TimeText(const ASN1_TIME* time) {
  std::tm tm{};
  if (ASN1_TIME_to_tm(time, &tm) != 1) return "";
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm));
}

void GatherFacts(X509* leaf, CertificateFacts& facts) {
  facts.seen = true;
  facts.not_before = TimeText(X509_get0_notBefore(leaf));
  facts.not_after = TimeText(X509_get0_notAfter(leaf));
  auto* names =
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return;
  const int count = std::min(sk_GENERAL_NAME_num(names), 100);
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS && name->type != GEN_IPADD) continue;
    const ASN1_STRING* value = name->type == GEN_DNS ? name->d.dNSName : name->d.iPAddress;
    const auto* bytes = ASN1_STRING_get0_data(value);
    const auto length = static_cast<size_t>(ASN1_STRING_length(value));
    if (name->type == GEN_DNS) {
      facts.dns_names.emplace_back(reinterpret_cast<const char*>(bytes), length);
    } else if (length == 4 || length == 16) {
      char text[INET6_ADDRSTRLEN] = {};
      inet_ntop(length == 4 ? AF_INET : AF_INET6, bytes, text, sizeof text);
      facts.addresses.emplace_back(text);
    }
  }
  GENERAL_NAMES_free(names);
}

int VerifyCertificate(X509_STORE_CTX* store, void* facts_pointer) {
  const int ok = X509_verify_cert(store);
  auto& facts = *static_cast<CertificateFacts*>(facts_pointer);
  if (X509* leaf = X509_STORE_CTX_get0_cert(store); leaf != nullptr) GatherFacts(leaf, facts);
  facts.verify_error = ok == 1 ? X509_V_OK : X509_STORE_CTX_get_error(store);
  facts.expired = facts.verify_error == X509_V_ERR_CERT_HAS_EXPIRED;
  return ok;
}

}  // namespace

base::Status Transfer::Configure() {
  CURL* e = easy_;
  error_buffer_[0] = '\0';
  curl_easy_setopt(e, CURLOPT_PRIVATE, this);
  curl_easy_setopt(e, CURLOPT_ERRORBUFFER, error_buffer_);
  curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(e, CURLOPT_SHARE, host_.share());
  curl_easy_setopt(e, CURLOPT_BUFFERSIZE, static_cast<long>(request_.receive_buffer));
  curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, &Transfer::HeaderCallback);
  curl_easy_setopt(e, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, &Transfer::WriteCallback);
  curl_easy_setopt(e, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(e, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, &Transfer::OpenSocketCallback);
  curl_easy_setopt(e, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETFUNCTION, &Transfer::CloseSocketCallback);
  curl_easy_setopt(e, CURLOPT_CLOSESOCKETDATA, &host_);  // the connection outlives this transfer
  curl_easy_setopt(e, CURLOPT_SOCKOPTFUNCTION, &Transfer::SocketOptionsCallback);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPIDLE, 30L);
  curl_easy_setopt(e, CURLOPT_TCP_KEEPINTVL, 10L);
  curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request_.connect_timeout.count()));
  const bool h2 = url_.scheme == "https" && !request_.http1_only;
  curl_easy_setopt(e, CURLOPT_HTTP_VERSION,
                   static_cast<long>(h2 ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(e, CURLOPT_PIPEWAIT, h2 && request_.multiplex ? 1L : 0L);
  if (request_.accept_gzip) curl_easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "gzip");
  if (ctx_.deadline()) {
    const auto left = ctx_.Remaining(std::chrono::hours(24 * 365));
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, static_cast<long>(std::max<int64_t>(ms, 1)));
  }
  ConfigureMethod();
  if (url_.scheme == "https") ConfigureTls();
  SLUICE_TRY(ConfigureProxy());
  return ConfigureHeaders();
}

void Transfer::ConfigureMethod() {
  const std::string& method = request_.method;
  const bool has_body = !body().empty() || method == "POST" || method == "PUT" || method == "PATCH";
  if (method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (has_body) {
    curl_easy_setopt(easy_, CURLOPT_POST, 1L);
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, body().data());
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body().size()));
    constexpr size_t kBig = 256u << 10;
    curl_easy_setopt(easy_, CURLOPT_UPLOAD_BUFFERSIZE,
                     body().size() > kBig ? 128L << 10 : 16L << 10);
    if (method != "POST") curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  } else if (method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, method.c_str());
  }
}

void Transfer::ConfigureTls() {
  CURL* e = easy_;
  curl_easy_setopt(e, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl_easy_setopt(e, CURLOPT_SSL_CTX_FUNCTION, &Transfer::SslContextCallback);
  curl_easy_setopt(e, CURLOPT_SSL_CTX_DATA, this);
  const TlsOptions* tls = request_.tls.get();
  const bool system = tls == nullptr || tls->system_roots;
  if (!system || host_.system_roots_hashed()) {
    // Roots from the hashed directory are read one by one as needed: the bundle would cost a
    // megabyte and ten milliseconds.
    curl_easy_setopt(e, CURLOPT_CAINFO, nullptr);
    curl_easy_setopt(e, CURLOPT_CAPATH, system ? "/etc/ssl/certs" : nullptr);
  }
  if (tls == nullptr) return;
  if (!tls->ca_pem.empty()) SetBlob(e, CURLOPT_CAINFO_BLOB, tls->ca_pem);
  if (!tls->client_cert_pem.empty()) {
    // libcurl hands an open connection to whoever shows the same certificate, and compares no keys:
    // so the certificate is told apart by its key's digest, behind its end, where readers of PEM
    // skip it.
    const std::string_view key = tls->client_key_pem.Reveal();
    SetBlob(e, CURLOPT_SSLCERT_BLOB,
            base::Cat(tls->client_cert_pem, "\n", base::Digest::Sha256(key).hex(), "\n"),
            CURL_BLOB_COPY);
    SetBlob(e, CURLOPT_SSLKEY_BLOB, key);
    curl_easy_setopt(e, CURLOPT_SSLCERTTYPE, "PEM");
    curl_easy_setopt(e, CURLOPT_SSLKEYTYPE, "PEM");
    // an encrypted key fails, OpenSSL would ask the terminal
    curl_easy_setopt(e, CURLOPT_KEYPASSWD, "");
  }
  if (tls->insecure_skip_verify) {
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(e, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

base::Status Transfer::ConfigureProxy() {
  const ProxyOptions* given = request_.proxy.get();
  const std::string proxy =
      AsGoReadsIt(given != nullptr ? given->url : host_.options().proxy.ProxyFor(url_));
  curl_easy_setopt(easy_, CURLOPT_PROXY,
                   proxy.c_str());               // "" keeps libcurl from reading the environment
  curl_easy_setopt(easy_, CURLOPT_NOPROXY, "");  // likewise
  if (proxy.empty()) return {};
  failure_.proxy = RedactUrl(proxy);
  if (const size_t scheme = failure_.proxy.find("://"); scheme != std::string::npos)
    failure_.proxy.erase(0, scheme + 3);
  failure_.proxy = failure_.proxy.substr(0, failure_.proxy.find('/'));
  if (given != nullptr && !given->username.empty()) {
    curl_easy_setopt(easy_, CURLOPT_PROXYUSERNAME, given->username.c_str());
    curl_easy_setopt(easy_, CURLOPT_PROXYPASSWORD, std::string(given->password.Reveal()).c_str());
  }
  curl_easy_setopt(easy_, CURLOPT_PROXYAUTH, static_cast<long>(CURLAUTH_BASIC));
  return {};
}

base::Status Transfer::AppendHeader(Slist& list, std::string_view name, std::string_view value) {
  if (!Headers::IsValid(name, value)) {
    return base::InvalidArgument(base::Cat(
        ErrorVerb(request_.method), " ", base::QuoteGo(ShownUrl()),
        ": net/http: invalid header field value for ", base::QuoteGo(name.substr(0, 64))));
  }
  const std::string line = value.empty() ? base::Cat(name, ";") : base::Cat(name, ": ", value);
  curl_slist* grown = curl_slist_append(list.get(), line.c_str());
  if (grown == nullptr) return base::ResourceExhausted("out of memory");
  (void)list.release();
  list.reset(grown);
  return {};
}

base::Status Transfer::AppendCredentials(Slist& list) {
  if (!OwnOrigin()) return {};
  for (const auto& [name, value] : request_.secret_headers.fields())
    SLUICE_TRY(AppendHeader(list, name, value));
  if (request_.headers.Has("Authorization")) return {};
  const Credentials* c = request_.credentials.get();
  if (c != nullptr && !c->bearer.empty()) {
    return AppendHeader(list, "Authorization", base::Cat("Bearer ", c->bearer.Reveal()));
  }
  if (c != nullptr && (!c->username.empty() || !c->password.empty())) {
    return AppendHeader(
        list, "Authorization",
        "Basic " + base::Base64Encode(base::Cat(c->username, ":", c->password.Reveal())));
  }
  if (c == nullptr && !url_.userinfo.empty()) {
    const auto parts =
        base::Cut(url_.userinfo, ":")
            .value_or(std::pair{std::string_view(url_.userinfo), std::string_view()});
    const auto decode = [](std::string_view text) {  // '+' stays a plus in user info
      return QueryUnescape(base::ReplaceAll(text, "+", "%2B"));
    };
    SLUICE_TRY(const std::string user, decode(parts.first));
    SLUICE_TRY(const std::string password, decode(parts.second));
    return AppendHeader(list, "Authorization",
                        "Basic " + base::Base64Encode(base::Cat(user, ":", password)));
  }
  return {};
}

base::Status Transfer::ConfigureHeaders() {
  Slist list;
  for (const auto& [name, value] : request_.headers.fields()) {
    SLUICE_TRY(AppendHeader(list, name, value));
  }
  SLUICE_TRY(AppendCredentials(list));
  if (!request_.headers.Has("User-Agent"))
    SLUICE_TRY(AppendHeader(list, "User-Agent", host_.options().user_agent));
  // libcurl adds these to a POST unless told not to.
  for (const char* name : {"Expect:", "Content-Type:"}) {
    if (request_.headers.Has(std::string_view(name).substr(0, std::strlen(name) - 1))) continue;
    curl_slist* grown = curl_slist_append(list.get(), name);
    if (grown == nullptr) return base::ResourceExhausted("out of memory");
    (void)list.release();
    list.reset(grown);
  }
  std::string target = url_.ToString();
  const TlsOptions* tls = request_.tls.get();
  if (url_.scheme == "https" && tls != nullptr && !tls->server_name.empty() &&
      tls->server_name != url_.host) {
    // SNI and verification follow the URL's host: ask for the name, connect to the address, keep
    // the Host header.
    SLUICE_TRY(AppendHeader(list, "Host", url_.Authority()));
    const std::string port = std::to_string(url_.port);
    const std::string host =
        url_.host.find(':') == std::string::npos ? url_.host : "[" + url_.host + "]";
    connect_to_.reset(curl_slist_append(
        nullptr, base::Cat(tls->server_name, ":", port, ":", host, ":", port).c_str()));
    curl_easy_setopt(easy_, CURLOPT_CONNECT_TO, connect_to_.get());
    target = base::Cat("https://", tls->server_name, ":", port, url_.path,
                       url_.query.empty() ? "" : "?", url_.query);
  }
  if (curl_easy_setopt(easy_, CURLOPT_URL, target.c_str()) != CURLE_OK)
    return base::ResourceExhausted("out of memory");
  curl_easy_setopt(easy_, CURLOPT_PATH_AS_IS, 1L);
  header_list_ = std::move(list);
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_.get());
  return {};
}

// What a callback throws must not cross libcurl's C frames.
size_t Transfer::HeaderCallback(char* data, size_t size, size_t n, void* self) {
  auto* t = static_cast<Transfer*>(self);
  try {
    return t->HeaderLine(std::string_view(data, size * n));
  } catch (...) {
    t->local_failure_ = base::Internal("exception in a callback");
    return 0;
  }
}

size_t Transfer::WriteCallback(char* data, size_t size, size_t n, void* self) {
  auto* t = static_cast<Transfer*>(self);
  try {
    return t->Data(data, size * n);
  } catch (...) {
    t->local_failure_ = base::Internal("exception in a callback");
    return 0;
  }
}

curl_socket_t Transfer::OpenSocketCallback(void* self, curlsocktype, curl_sockaddr* address) {
  auto* t = static_cast<Transfer*>(self);
  if (t->failure_.dialed.empty()) t->failure_.dialed = AddressText(&address->addr);
  if (t->host_.options().deny_private_addresses && t->failure_.proxy.empty() &&
      IsPrivate(&address->addr)) {
    t->failure_.denied_address = true;
    return CURL_SOCKET_BAD;
  }
  const curl_socket_t fd =
      socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (fd != CURL_SOCKET_BAD) t->host_.SocketOpened(fd);
  return fd;
}

int Transfer::CloseSocketCallback(void* host, curl_socket_t fd) {
  static_cast<TransferHost*>(host)->SocketClosed(fd);
  return close(fd);
}

int Transfer::SocketOptionsCallback(void*, curl_socket_t fd, curlsocktype) {
  const unsigned int unacknowledged_ms = 30000;  // a peer that vanished with our bytes in flight
  (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacknowledged_ms, sizeof unacknowledged_ms);
  return CURL_SOCKOPT_OK;
}

CURLcode Transfer::SslContextCallback(CURL*, void* ssl_context, void* self) {
  auto* t = static_cast<Transfer*>(self);
  SSL_CTX_set_cert_verify_callback(static_cast<SSL_CTX*>(ssl_context), &VerifyCertificate,
                                   &t->failure_.certificate);
  return CURLE_OK;
}

}  // namespace sluice::http
