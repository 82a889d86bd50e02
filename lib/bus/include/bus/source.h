// The channels of the source process: revisions (published) and artifacts (streamed on demand),
// server and client side.
//
// A client is told of every revision: missed messages show as a gap in the publisher's sequence, in
// a heartbeat, or as another epoch, and are made good from a snapshot. The same state may be told
// twice; an older state never follows a newer one of the same epoch. Thread-safe; handlers run on
// the bus thread and must only enqueue.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "bus/bus.h"
#include "observe/context.h"

namespace sluice::bus {

struct SourceRef {
  std::string kind, ns, name;  // "GitRepository"
  friend auto operator<=>(const SourceRef&, const SourceRef&) = default;
};

struct RevisionEvent {
  enum class State : uint8_t { kStored, kFailed, kDeleted };

  SourceRef source;
  State state = State::kStored;
  // The source object's resourceVersion that the publisher had read: the event stands until a watch
  // shows a newer one.
  std::string resource_version;
  std::string revision;         // "main@sha1:…"
  std::string digest;           // "sha256:<hex>" of the artifact's bytes
  uint64_t size = 0;            // bytes
  std::string url;              // status.artifact.url: the HTTP way to the same bytes
  std::string origin_revision;  // of an OCI artifact: the Git revision it was made from; else ""
  std::map<std::string, std::string> metadata;  // status.artifact.metadata, as is
  std::string path_table;   // artifact::PathDigests::Encode() of the artifact; "" = unknown
  std::string last_update;  // status.artifact.lastUpdateTime (RFC 3339)
  std::string traceparent;
  std::string message;  // kFailed: why

  // Set by the bus. (epoch, sequence) orders the events of one publisher's life.
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  int64_t published_at_us = 0;  // Unix time
};

// One artifact open for reading. Used on the bus thread only: a read may touch the disk, nothing
// slower.
class ArtifactReader {
 public:
  virtual ~ArtifactReader() = default;
  virtual uint64_t size() const = 0;
  // Fills `out` from `offset`; fewer bytes only at the end.
  virtual base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) = 0;
};
// kNotFound when no artifact has this digest ("sha256:<hex>").
using ArtifactOpener =
    std::function<base::Result<std::unique_ptr<ArtifactReader>>(std::string_view digest)>;

class SourceServer {
 public:
  // Revisions at `endpoint`, artifacts at the second one.
  static base::Result<std::unique_ptr<SourceServer>> Bind(Bus& bus, const std::string& endpoint,
                                                          ArtifactOpener opener,
                                                          BoundHandler on_bound = {});
  virtual ~SourceServer() = default;

  // Numbers, remembers (for snapshots: the last event of each source; kDeleted forgets it) and
  // publishes. Never waits for a subscriber. After a start, publish what is stored already: it
  // costs a message each and makes snapshots whole.
  virtual void PublishRevision(RevisionEvent event) = 0;

  virtual std::string endpoint()
      const = 0;  // as bound: port 0 resolved; "" while keys are waited for
  virtual uint64_t epoch() const = 0;
  virtual size_t subscribers() const = 0;
};

struct FetchOptions {
  uint64_t max_size = 0;  // 0 = no limit; a longer artifact fails with kResourceExhausted
  // RevisionEvent::size, 0 = unknown; another length fails with kDataLoss
  uint64_t expected_size = 0;
};

class SourceClient {
 public:
  using RevisionHandler = std::function<void(const RevisionEvent&)>;
  // Receives an artifact's bytes in order; an error ends the fetch with it. Runs on the fetching
  // thread.
  using Sink = std::function<base::Status(std::string_view bytes)>;

  // `kinds`: whose revisions the handler is told; empty = all.
  static std::unique_ptr<SourceClient> Create(Bus& bus, std::vector<std::string> kinds,
                                              RevisionHandler on_revision);
  virtual ~SourceClient() = default;  // no handler call after it

  // The source processes to follow, replacing the former set: links that stay are not disturbed. {}
  // = none.
  virtual void SetEndpoints(std::vector<std::string> endpoints) = 0;

  // Streams the artifact from whichever connected source holds it. Blocks. A connection lost on the
  // way is resumed at the offset reached. The bytes were checked against the digest only when this
  // returns ok: let nothing read them before. kUnavailable: no source is connected (use HTTP now);
  // kNotFound; kDataLoss: the bytes do not have this digest.
  virtual base::Status FetchArtifact(const observe::Context& ctx, const std::string& digest,
                                     const FetchOptions& options, const Sink& sink) = 0;

  // Both channels of at least one (of every) endpoint have answered our Hello and are alive.
  virtual bool connected() const = 0;
  virtual bool all_connected() const = 0;
};

}  // namespace sluice::bus
