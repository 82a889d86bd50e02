// Any body and any headers against every receiver type: never a crash, and never accepted without
// the right signature.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "webhook_auth.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t cut = input.find('\n');
  const std::string header(input.substr(0, cut));
  http::ServerRequest request;
  request.method = "POST";
  request.body = cut == input.npos ? "" : std::string(input.substr(cut + 1));
  for (const char* name : {"X-Signature", "X-Hub-Signature", "X-Hub-Signature-256",
                           "X-Gitlab-Token", "Authorization", "X-GitHub-Event", "Content-Type"}) {
    request.headers.Set(name, header);
  }
  const base::SecretString token("a token that no fuzzer guesses 8f1c5f0a");
  for (const char* type : {"github", "generic-hmac", "gitlab", "bitbucket", "harbor", "unknown"}) {
    api::Receiver receiver;
    receiver.type = type;
    SLUICE_CHECK(!notify::CheckWebhook(receiver, token, request).status.ok());
  }
  return 0;
}
