// One request to an object store until it is answered: attempts, back-off, other credentials where
// the first are refused.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "bucket/bucket.h"
#include "http/client.h"

namespace sluice::bucket {

inline constexpr int kAttempts = 6;

// What an answer that is not 2xx means.
struct Failure {
  base::Status status;
  bool temporary = false;  // try again
  bool refused = false;    // with other credentials it might do
};

struct Call {
  // The request, signed; `renew`: the last one was refused.
  std::function<base::Result<http::Request>(bool renew)> make;
  std::function<Failure(const http::ResponseHead& head, std::string_view body)> judge;
  ObjectSink* sink = nullptr;  // takes a 2xx answer's body; null: into the response
  int attempts = kAttempts;
  bool renewable = true;  // false: there are no other credentials
};

base::Result<http::Response> Send(const observe::Context& ctx, const Tools& tools,
                                  const Call& call);

bool IsTemporary(int status);
base::StatusCode CodeOf(int status);
// No user info, no query: of a SAS, a presigned URL.
std::string WithoutQueries(std::string_view message);
// "W/" and the quotes around it cut.
std::string TrimEtag(std::string_view etag);

}  // namespace sluice::bucket
