// HoldOffs: which servers asked to be left alone, and until when (Retry-After, RFC 9110 §10.2.3);
// PatientClient: a Client that obeys. A request that would come too early is not sent: it gets the
// answer that asked for patience once more, so that whoever asks says the same of it. What an
// answer concerns: a 403 or 429 the server as these credentials see it (limits are counted by who
// asks), any other the folder of the URL. No server is believed for longer than `longest`. Both
// thread-safe.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/time.h"
#include "http/client.h"
#include "observe/mutex.h"

namespace sluice::http {

// What the answer's Retry-After says, in seconds or as a time (measured by the answer's own Date,
// else by `now`); nullopt where there is none, or none that can be read. From 0 to a day.
std::optional<std::chrono::seconds> RetryAfter(const ResponseHead& head, base::Time now);

class HoldOffs {
 public:
  static constexpr std::chrono::minutes kLongest{15};  // Flux's own longest back-off

  // `clock` outlives it.
  explicit HoldOffs(base::Clock& clock = base::SystemClock(),
                    std::chrono::nanoseconds longest = kLongest);

  // Keeps an answer that asks for patience; its body's beginning is kept with it.
  void Note(const Request& request, const ResponseHead& head, std::string_view body);
  // True for an answer that Note would keep.
  bool Concerns(const ResponseHead& head) const;
  // The answer that keeps the request from being sent now.
  std::optional<Response> Standing(const Request& request) const;
  // How long something at or below the URL, on its host or one below it ("bucket.host"), or all of
  // its host, is still to be left alone; 0 = it is not.
  std::chrono::nanoseconds Left(const Url& url) const;

 private:
  struct Hold {
    Origin origin;
    std::string folder;     // "/" = the whole server
    std::string who;        // a digest of the credentials
    bool bodiless = false;  // it answered a HEAD: a GET may still find out what there is to say
    base::Clock::SteadyTime until;
    Response answer;
  };
  const Hold* Find(const Request& request, const Url& url) const SLUICE_REQUIRES(mu_);

  base::Clock& clock_;
  const std::chrono::nanoseconds longest_;
  mutable observe::Mutex mu_;
  mutable std::vector<Hold> holds_ SLUICE_GUARDED_BY(mu_);
};

class PatientClient final : public Client {
 public:
  // Both outlive it.
  PatientClient(Client& client, HoldOffs& hold_offs) : client_(client), hold_offs_(hold_offs) {}

  base::Result<Response> Do(const observe::Context& ctx, Request request) override;
  std::shared_ptr<Call> Start(const observe::Context& ctx, Request request,
                              Callbacks callbacks) override;
  void Post(std::function<void()> fn) override { client_.Post(std::move(fn)); }
  void PostAfter(std::chrono::milliseconds delay, std::function<void()> fn) override {
    client_.PostAfter(delay, std::move(fn));
  }
  bool OnIoThread() const override { return client_.OnIoThread(); }

 private:
  Client& client_;
  HoldOffs& hold_offs_;
};

}  // namespace sluice::http
