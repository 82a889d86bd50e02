// Bucket: one bucket of an object store, for reading: its objects with their ETags, and their
// bytes. S3 and what speaks like it (s3.h), Azure Blob Storage (azure.h), Google Cloud Storage
// (gcs.h).
//
// Each call blocks, tries again with back-off what may pass (429, 5xx, broken connections), and
// asks for other credentials once where the store refuses those it was given. Errors carry no query
// of a URL and no credential. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/status.h"
#include "http/client.h"
#include "observe/context.h"

namespace sluice::bucket {

struct Object {
  std::string key;
  std::string etag;       // opaque; equal to what Get returns of the same content
  std::string version{};  // of a store that pins reads to it; else ""
};

// Takes an object's bytes. Begin comes first, and again where a transfer starts over: what was
// written before is void then.
class ObjectSink {
 public:
  virtual ~ObjectSink() = default;
  virtual base::Status Begin() = 0;
  virtual base::Status Write(std::string_view bytes) = 0;
};

class Bucket {
 public:
  virtual ~Bucket() = default;
  // kNotFound: there is no such bucket. Any other error: nobody knows. One attempt.
  virtual base::Status Exists(const observe::Context& ctx) = 0;
  // Every object whose key begins with `prefix`, page by page, in the store's order. An error of
  // `visit` ends it.
  virtual base::Status List(const observe::Context& ctx, std::string_view prefix,
                            const std::function<base::Status(Object)>& visit) = 0;
  // The ETag of what was delivered: another than the object's if it changed since it was listed.
  // kNotFound: it is gone.
  virtual base::Result<std::string> Get(const observe::Context& ctx, const Object& object,
                                        ObjectSink& sink) = 0;
};

// What every store is reached with.
struct Access {
  std::shared_ptr<const http::TlsOptions> tls;
  std::shared_ptr<const http::ProxyOptions> proxy;
};

// Outlive the buckets.
struct Tools {
  http::Client& client;
  base::Clock& clock = base::SystemClock();
  base::Random& random = base::SystemRandom();
  std::chrono::milliseconds first_retry{200};
};

inline constexpr uint64_t kMaxPageBytes = 32u << 20;            // of a listing
inline constexpr uint64_t kMaxObjectBytes = uint64_t{2} << 30;  // an artifact takes no larger file

}  // namespace sluice::bucket
