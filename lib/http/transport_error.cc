#include "transport_error.h"

#include <curl/curl.h>
#include <openssl/x509_vfy.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/clock.h"
#include "base/strings.h"
#include "http/status_text.h"

namespace sluice::http {
namespace {

// Go's resolver names the server it asked: the first one of resolv.conf.
std::string NameServer() {
  std::ifstream in("/etc/resolv.conf");
  std::string line;
  while (std::getline(in, line)) {
    const auto fields = base::Fields(line);
    if (fields.size() >= 2 && fields[0] == "nameserver") {
      const bool v6 = fields[1].find(':') != std::string_view::npos;
      return v6 ? base::Cat("[", fields[1], "]:53") : base::Cat(fields[1], ":53");
    }
  }
  return "127.0.0.1:53";
}

std::string ErrnoWords(int error) {
  char buffer[128];
  // GNU's, whose texts are Go's in lower case
  return base::ToLower(strerror_r(error, buffer, sizeof buffer));
}

std::string NameMismatch(const Url& url, const CertificateFacts& cert) {
  const bool is_address = url.host.find(':') != url.host.npos ||
                          url.host.find_first_not_of("0123456789.") == url.host.npos;
  if (is_address) {
    if (cert.addresses.empty()) {
      return base::Cat("x509: cannot validate certificate for ", url.host,
                       " because it doesn't contain any IP SANs");
    }
    return base::Cat("x509: certificate is valid for ", base::Join(cert.addresses, ", "), ", not ",
                     url.host);
  }
  if (cert.dns_names.empty()) {
    return base::Cat("x509: certificate is not valid for any names, but wanted to match ",
                     url.host);
  }
  return base::Cat("x509: certificate is valid for ", base::Join(cert.dns_names, ", "), ", not ",
                   url.host);
}

std::string CertificateWords(const Url& url, const CertificateFacts& cert) {
  constexpr std::string_view kPrefix = "tls: failed to verify certificate: ";
  switch (cert.verify_error) {
    case X509_V_OK:
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return base::Cat(kPrefix, NameMismatch(url, cert));
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return base::Cat(kPrefix, "x509: certificate has expired or is not yet valid: current time ",
                       base::FormatRfc3339(base::SystemClock().Now()),
                       cert.expired ? " is after " : " is before ",
                       cert.expired ? cert.not_after : cert.not_before);
    default:
      return base::Cat(kPrefix, "x509: certificate signed by unknown authority");
  }
}

// OpenSSL's "…:tlsv13 alert certificate required" → "remote error: tls: certificate required".
std::string HandshakeWords(const std::string& detail) {
  if (detail.find("wrong version number") != detail.npos ||
      detail.find("packet length too long") != detail.npos ||
      detail.find("http request") != detail.npos) {
    return "http: server gave HTTP response to HTTPS client";
  }
  if (const size_t alert = detail.find(" alert "); alert != detail.npos) {
    std::string words = detail.substr(alert + 7);
    words = words.substr(0, words.find_first_of(",("));
    return "remote error: tls: " + std::string(base::TrimSpace(words));
  }
  if (detail.find("unexpected eof") != detail.npos ||
      detail.find("SSL_ERROR_SYSCALL") != detail.npos)
    return "EOF";
  return "tls: handshake failure: " + detail;
}

std::string DialWords(const Url& url, const TransportFailure& f) {
  const std::string dialed = f.dialed.empty() ? url.HostPort() : f.dialed;
  const std::string prefix =
      base::Cat(f.proxy.empty() ? "" : "proxyconnect tcp: ", "dial tcp ", dialed, ": ");
  if (f.denied_address) return prefix + "address is not allowed";
  if (f.os_error == 0) return prefix + "i/o timeout";
  return prefix + "connect: " + ErrnoWords(f.os_error);
}

std::string BrokenConnectionWords(const TransportFailure& f, std::string_view call) {
  // TLS 1.3 refuses a client this late
  if (f.detail.find(" alert ") != std::string::npos) return HandshakeWords(f.detail);
  if (f.os_error == 0)
    return f.detail.find("http2") == std::string::npos ? "EOF" : "http2: client connection lost";
  return base::Cat(call, " tcp ", f.local, "->", f.dialed, ": ", call, ": ",
                   ErrnoWords(f.os_error));
}

// As golang.org/x/net/internal/socks says it.
std::string SocksWords(const Url& url, const TransportFailure& f) {
  std::string_view why;
  switch (f.proxy_error) {
    case CURLPX_USER_REJECTED:
      why = "username/password authentication failed";
      break;
    case CURLPX_NO_AUTH:
      why = "no acceptable authentication methods";
      break;
    case CURLPX_REPLY_GENERAL_SERVER_FAILURE:
      why = "unknown error general SOCKS server failure";
      break;
    case CURLPX_REPLY_NOT_ALLOWED:
      why = "unknown error connection not allowed by ruleset";
      break;
    case CURLPX_REPLY_NETWORK_UNREACHABLE:
      why = "unknown error network unreachable";
      break;
    case CURLPX_REPLY_HOST_UNREACHABLE:
      why = "unknown error host unreachable";
      break;
    case CURLPX_REPLY_CONNECTION_REFUSED:
      why = "unknown error connection refused";
      break;
    case CURLPX_REPLY_TTL_EXPIRED:
      why = "unknown error TTL expired";
      break;
    default:
      why = f.detail;
  }
  return base::Cat("socks connect tcp ", f.proxy, "->", url.HostPort(), ": ", why);
}

std::string StreamWords(const std::string& detail) {
  // libcurl: "HTTP/2 stream 5 was not closed cleanly: INTERNAL_ERROR (err 2)"
  constexpr std::string_view kStream = "HTTP/2 stream ";
  constexpr std::string_view kClosed = "was not closed cleanly: ";
  const size_t id = detail.find(kStream), why = detail.find(kClosed);
  if (id == detail.npos || why == detail.npos) return "http2: " + detail;
  const std::string number = detail.substr(
      id + kStream.size(), detail.find(' ', id + kStream.size()) - id - kStream.size());
  const std::string code =
      detail.substr(why + kClosed.size(), detail.find(" (", why) - why - kClosed.size());
  return base::Cat("stream error: stream ID ", number, "; ", code, "; received from peer");
}

}  // namespace

std::string ErrorVerb(const std::string& method) {
  std::string verb = base::ToLower(method.empty() ? "GET" : method);
  verb[0] = base::ToUpper(verb.substr(0, 1))[0];
  return verb;
}

std::string TransportWords(const Url& url, const TransportFailure& f) {
  if (f.deadline) return "context deadline exceeded";
  if (f.proxy_status >= 300) {
    const std::string_view words = StatusText(f.proxy_status);
    return std::string(words.empty() ? "unknown status code" : words);
  }
  switch (f.curl_code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return base::Cat("dial tcp: lookup ", url.host, " on ", NameServer(), ": no such host");
    case CURLE_COULDNT_RESOLVE_PROXY:
      return base::Cat("proxyconnect tcp: dial tcp: lookup ", f.proxy.substr(0, f.proxy.rfind(':')),
                       " on ", NameServer(), ": no such host");
    case CURLE_COULDNT_CONNECT:
      return DialWords(url, f);
    case CURLE_OPERATION_TIMEDOUT:
      return f.connected ? "net/http: timeout awaiting response" : DialWords(url, f);
    case CURLE_PEER_FAILED_VERIFICATION:
      return CertificateWords(url, f.certificate);
    case CURLE_SSL_CONNECT_ERROR:
      // libcurl keeps the number of an earlier connection's failure: what OpenSSL says of this one
      // goes first.
      if (f.os_error == 0 || f.os_error == ECONNREFUSED || f.detail.starts_with("error:") ||
          base::Contains(f.detail, "routines::")) {
        return HandshakeWords(f.detail);
      }
      return BrokenConnectionWords(f, "read");
    case CURLE_SSL_CACERT_BADFILE:
      return "unable to load root certificates: unable to parse bytes as PEM block";
    case CURLE_SSL_CERTPROBLEM:
      return "tls: failed to find any PEM data in certificate input";
    case CURLE_RECV_ERROR:
      return BrokenConnectionWords(f, "read");
    case CURLE_SEND_ERROR:
      return BrokenConnectionWords(f, "write");
    case CURLE_GOT_NOTHING:
      return "EOF";
    case CURLE_PARTIAL_FILE:
      return "unexpected EOF";
    case CURLE_HTTP2_STREAM:
      return StreamWords(f.detail);
    case CURLE_HTTP2:
      return "http2: client connection lost";
    case CURLE_PROXY:
      return SocksWords(url, f);
    case CURLE_BAD_CONTENT_ENCODING:
      return "gzip: invalid header";
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_WEIRD_SERVER_REPLY:
      return "net/http: HTTP/1.x transport connection broken: malformed HTTP response";
    default:
      return f.detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(f.curl_code)) : f.detail;
  }
}

base::Status ToStatus(const std::string& method, const std::string& shown_url, const Url& url,
                      const TransportFailure& failure) {
  const auto code =
      failure.deadline ? base::StatusCode::kDeadlineExceeded : base::StatusCode::kUnavailable;
  return {code, base::Cat(ErrorVerb(method), " ", base::QuoteGo(shown_url), ": ",
                          TransportWords(url, failure))};
}

}  // namespace sluice::http
