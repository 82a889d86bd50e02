// Sender: delivers payloads, each with its own retries and deadline (notification.md §5.3). Nothing
// blocks: attempts and waits live on the HTTP client's I/O thread. Thread-safe. The client outlives
// it; destroying it cancels what is under way.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"
#include "payload.h"

namespace sluice::notify {

struct SenderOptions {
  int max_retries = 4;
  std::chrono::milliseconds first_wait{2000}, longest_wait{30000};
};

class Sender {
 public:
  // Runs on the I/O thread; must not block. Errors hold neither the address's path nor the token.
  using Done = std::function<void(base::Status)>;

  Sender(http::Client& client, SenderOptions options);
  ~Sender();

  // `token` is masked in the error.
  void Send(Payload payload, std::chrono::nanoseconds timeout, base::SecretString token, Done done);

 private:
  struct Shared;
  struct Delivery;
  std::shared_ptr<Shared> shared_;
};

// Every occurrence of `token`, with repeats of its last character behind it, becomes "*****".
std::string MaskToken(std::string text, std::string_view token);

}  // namespace sluice::notify
