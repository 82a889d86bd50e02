// sluice-remote: the network half of `sluice build`, which starts it; see cli/remote_bases.h.
// Errors go to stderr as one message.
//
//   sluice-remote get URL                                      the body on stdout
//   sluice-remote checkout URL DIR [--ref R] [--timeout D] [--no-submodules]   the files of a
//   commit into DIR
//
// Exit status: 0; 1 failed; 3 only git itself can do it; 4 the server's answer was no success; 5
// the time was over.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <iostream>

#include "base/duration.h"
#include "http/client.h"
#include "remote/checkout.h"

namespace {

using sluice::base::Status;
using sluice::base::StatusCode;

std::string EnvEither(const char* first, const char* second) {
  for (const char* name : {first, second}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

int Fail(const Status& status) {
  std::cerr << status.message();
  switch (status.code()) {
    case StatusCode::kUnimplemented:
      return 3;
    case StatusCode::kDeadlineExceeded:
      return 5;
    default:
      return 1;
  }
}

std::string_view StatusText(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 429:
      return "Too Many Requests";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    default:
      return "";
  }
}

int Get(sluice::http::Client& client, const std::string& url) {
  sluice::http::Request request;
  request.url = url;
  const auto response = client.Do(sluice::observe::Context(), std::move(request));
  if (!response.ok()) return Fail(response.status());
  if (response->status < 200 || response->status > 299) {
    std::cerr << "status code " << response->status << " (" << StatusText(response->status) << ")";
    return 4;
  }
  std::fwrite(response->body.data(), 1, response->body.size(), stdout);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"sluice-remote: what sluice build fetches", "sluice-remote"};
  app.require_subcommand(1);
  std::string url, timeout = "27s";
  sluice::cli::CheckoutRequest request;
  auto* get = app.add_subcommand("get", "print what a URL holds");
  get->add_option("url", url)->required();
  auto* checkout = app.add_subcommand("checkout", "write the files of a commit");
  checkout->add_option("url", request.repository)->required();
  checkout->add_option("directory", request.directory)->required();
  checkout->add_option("--ref", request.ref, "branch, tag, name or commit");
  checkout->add_option("--timeout", timeout, "longest time");
  checkout->add_flag("!--no-submodules", request.submodules, "leave submodules out");
  CLI11_PARSE(app, argc, argv);
  sluice::http::ClientOptions options;
  options.user_agent = "git/2.0 (sluice)";
  options.proxy = {EnvEither("HTTP_PROXY", "http_proxy"), EnvEither("HTTPS_PROXY", "https_proxy"),
                   EnvEither("NO_PROXY", "no_proxy")};
  const auto client = sluice::http::Client::Create(std::move(options));
  if (!client.ok()) return Fail(client.status());
  if (get->parsed()) return Get(**client, url);
  const auto limit = sluice::base::ParseDuration(timeout);
  if (!limit.ok()) return Fail(limit.status());
  const Status status = Checkout(sluice::observe::Context().WithTimeout(*limit), **client, request);
  return status.ok() ? 0 : Fail(status);
}
