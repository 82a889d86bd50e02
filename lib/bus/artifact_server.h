// ArtifactServer: the source's end of the artifacts channel: streams artifacts within the credit
// the client gave, and answers snapshot requests. Bus thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "bus/source.h"
#include "router.h"

namespace sluice::bus {

class ArtifactServer {
 public:
  // `snapshot` gives epoch, sequence and the events.
  ArtifactServer(Loop& loop, ArtifactOpener opener, std::function<SnapshotMessage()> snapshot);
  ~ArtifactServer();
  base::Status Bind(const std::string& endpoint) { return router_.Bind(endpoint); }

 private:
  struct Stream {
    std::unique_ptr<ArtifactReader> reader;
    uint64_t offset = 0, credit = 0;
    Loop::Clock::time_point used;
  };
  using Key = std::pair<std::string, uint64_t>;  // peer, fetch id

  void Handle(const std::string& peer, Message message);
  void Start(const std::string& peer, const FetchMessage& fetch);
  base::Result<Stream> Open(const FetchMessage& fetch);
  void AddCredit(const std::string& peer, const CreditMessage& credit);
  bool Pump(const Key& key, Stream& stream);  // true: over
  void Fail(const Key& key, ChunkError error, const std::string& message);
  void SendSnapshot(const std::string& peer, uint64_t id);
  size_t StreamsOf(const std::string& peer) const;
  void Sweep();

  Loop& loop_;
  ArtifactOpener opener_;
  std::function<SnapshotMessage()> snapshot_;
  std::map<Key, Stream> streams_;
  std::string buffer_;
  Loop::TimerId sweep_ = 0;
  Router router_;
};

}  // namespace sluice::bus
