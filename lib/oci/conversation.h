// Conversation: requests to one repository with one set of credentials. Pings, asks for tokens,
// follows redirects, tries again; remembers what it learnt. Thread-safe; no lock is held while a
// request is under way.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "http/body_stream.h"
#include "http/client.h"
#include "observe/mutex.h"
#include "oci/challenge.h"
#include "oci/client.h"

namespace sluice::oci {

struct Exchange {
  std::string method = "GET";
  std::string target;  // a path of the registry ("/v2/…") or, for a next page, a whole URL
  http::Headers headers;
  uint64_t max_bytes = kMaxManifestBytes + 1;
  // Of a 2xx answer; unset: into Answer::body. Never offered a second answer once the first piece
  // was taken.
  http::BodySink sink;
  bool download = false;  // a body of many megabytes
};

struct Answer : http::ResponseHead {
  std::string body;  // of a 2xx without a sink, else the error's beginning
};

// Whether a failure may pass, and when.
struct RetryHint {
  bool temporary = false;
  std::optional<std::chrono::seconds> after;
};

// Whose habits and words a conversation has: go-containerregistry pings first; oras-go just asks,
// and shows credentials only once asked for them.
enum class Manner : uint8_t { kContainerRegistry, kOras };

// What a registry answered to the ping, or to the first request.
struct Greeting {
  std::string scheme;  // "https" or "http"
  Challenge challenge;
};

// One registry as one way of reaching it sees it; shared by its conversations.
class Host {
 public:
  Host(Registry registry, Access access, RegistryClientOptions options, Manner manner)
      : registry_(std::move(registry)),
        access_(std::move(access)),
        options_(std::move(options)),
        manner_(manner) {}

  base::Result<Greeting> Greet(const observe::Context& ctx, http::Client& client, RetryHint& hint);
  void Learn(Greeting greeting);
  void Forget();

  const Registry& registry() const { return registry_; }
  const RegistryClientOptions& options() const { return options_; }
  Manner manner() const { return manner_; }
  // An answer that is no success, in the manner's words.
  base::Status ErrorOf(std::string_view method, const std::string& url, int status,
                       std::string_view body) const;
  http::Request MakeRequest(std::string method, std::string url) const;

 private:
  struct Race;
  std::shared_ptr<http::Call> StartPing(const observe::Context& ctx, http::Client& client,
                                        const std::shared_ptr<Race>& race, bool https);
  base::Result<Greeting> Judge(Race& race, bool https, RetryHint& hint);

  const Registry registry_;
  const Access access_;
  const RegistryClientOptions options_;
  const Manner manner_;
  observe::Mutex mu_;
  std::optional<Greeting> greeting_ SLUICE_GUARDED_BY(mu_);
};

class Conversation {
 public:
  Conversation(http::Client& client, std::shared_ptr<Host> host, std::string scope, AuthConfig auth)
      : client_(client),
        host_(std::move(host)),
        auth_(std::move(auth)),
        scopes_{std::move(scope)} {}

  // Any status is an answer. An error is a transport's, a token server's, or the sink's.
  base::Result<Answer> Send(const observe::Context& ctx, const Exchange& exchange);
  // The same, where everything but 2xx is an error.
  base::Result<Answer> SendOk(const observe::Context& ctx, const Exchange& exchange);
  const Host& host() const { return *host_; }

 private:
  struct Progress {  // of the sink, over all attempts
    bool started = false, failed = false;
  };
  base::Result<Answer> Attempt(const observe::Context& ctx, const Exchange& exchange,
                               Progress& progress, RetryHint& hint);
  base::Result<Answer> Hop(const observe::Context& ctx, const Exchange& exchange,
                           http::Request request, Progress& progress);
  base::Result<std::shared_ptr<const http::Credentials>> CredentialsFor(const observe::Context& ctx,
                                                                        const Greeting& greeting,
                                                                        RetryHint& hint);
  // True: something new is known, ask again.
  base::Result<bool> Challenged(const observe::Context& ctx, const Answer& answer,
                                Greeting& greeting, RetryHint& hint);
  // The same of a request that oras-go sent without credentials or with old ones.
  base::Result<bool> AskedForBasic(Greeting& greeting);
  base::Status CheckTokenServer(const Greeting& greeting, const std::string& realm) const;
  base::Status FetchToken(const observe::Context& ctx, const Greeting& greeting, RetryHint& hint);
  base::Result<Answer> AskTokenServer(const observe::Context& ctx, const Greeting& greeting,
                                      bool oauth);
  base::Result<Answer> FollowRealm(const observe::Context& ctx, const Greeting& greeting,
                                   http::Request request);
  base::Status TakeToken(std::string_view method, const Answer& answer);

  http::Client& client_;
  const std::shared_ptr<Host> host_;
  observe::Mutex mu_;
  AuthConfig auth_ SLUICE_GUARDED_BY(mu_);
  std::vector<std::string> scopes_ SLUICE_GUARDED_BY(mu_);
  base::SecretString token_ SLUICE_GUARDED_BY(mu_);
  std::optional<std::chrono::steady_clock::time_point> token_ends_ SLUICE_GUARDED_BY(mu_);
};

// A connection that broke: the same request may well succeed.
bool IsBrokenConnection(const base::Status& status);

}  // namespace sluice::oci
