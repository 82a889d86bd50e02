// What libcurl, the kernel and OpenSSL know of a failed transfer, and the words Go would use for
// it.
#pragma once

#include <ctime>
#include <string>
#include <vector>

#include "base/status.h"
#include "http/url.h"

namespace sluice::http {

// Of the peer's leaf certificate, gathered while it is verified.
struct CertificateFacts {
  bool seen = false;
  std::vector<std::string> dns_names, addresses;
  std::string not_before, not_after;  // RFC 3339
  int verify_error = 0;               // X509_V_ERR_*, the first one
  bool expired = false;               // that one says: past, else not yet
};

struct TransportFailure {
  int curl_code = 0;     // CURLcode
  int os_error = 0;      // errno of the failed system call, 0 if none
  std::string detail;    // libcurl's error buffer
  std::string dialed;    // "127.0.0.1:1", the first address tried; "" before the name was resolved
  std::string local;     // "127.0.0.1:54321" of the connection, "" if none
  std::string proxy;     // "host:port" when one is in use
  int proxy_status = 0;  // the proxy's answer to CONNECT
  int proxy_error = 0;   // CURLPXcode
  bool denied_address = false;  // refused by deny_private_addresses
  bool connected = false;
  bool deadline = false;  // the context's deadline ran out
  CertificateFacts certificate;
};

// "Get" of "GET": how Go's url.Error spells the method.
std::string ErrorVerb(const std::string& method);
// `Get "<url>": <words>`; the URL goes in as given.
base::Status ToStatus(const std::string& method, const std::string& shown_url, const Url& url,
                      const TransportFailure& failure);
// The words alone.
std::string TransportWords(const Url& url, const TransportFailure& failure);

}  // namespace sluice::http
