#include "artifact_server.h"

#include <algorithm>

#include "base/digest.h"

namespace sluice::bus {
namespace {

constexpr uint64_t kChunk = 256 << 10;
// However much credit a client gives: what one stream may keep in memory on its way out.
constexpr uint64_t kMaxCredit = 4 << 20;
constexpr size_t kMaxStreamsPerPeer = 16;
constexpr size_t kMaxStreams = 1024;
constexpr size_t kSnapshotPart = 512 << 10;
constexpr int kIdleMs = 60000;  // a stream that got no credit for so long belongs to nobody

ChunkError ErrorOf(const base::Status& status) {
  switch (status.code()) {
    case base::StatusCode::kNotFound:
      return ChunkError::kNotFound;
    case base::StatusCode::kInvalidArgument:
      return ChunkError::kInvalid;
    case base::StatusCode::kResourceExhausted:
      return ChunkError::kBusy;
    default:
      return ChunkError::kFailed;
  }
}

size_t WeightOf(const RevisionEvent& event) {
  size_t bytes = 256 + event.revision.size() + event.url.size() + event.message.size();
  bytes += event.path_table.size();
  for (const auto& [key, value] : event.metadata) bytes += key.size() + value.size() + 8;
  return bytes;
}

}  // namespace

ArtifactServer::ArtifactServer(Loop& loop, ArtifactOpener opener,
                               std::function<SnapshotMessage()> snapshot)
    : loop_(loop),
      opener_(std::move(opener)),
      snapshot_(std::move(snapshot)),
      router_(
          loop, Channel::kArtifacts, kArtifactLimit,
          [this](const std::string& peer, Message message) { Handle(peer, std::move(message)); }) {}

ArtifactServer::~ArtifactServer() { loop_.Cancel(sweep_); }

void ArtifactServer::Handle(const std::string& peer, Message message) {
  if (const auto* fetch = std::get_if<FetchMessage>(&message)) return Start(peer, *fetch);
  if (const auto* credit = std::get_if<CreditMessage>(&message)) return AddCredit(peer, *credit);
  if (const auto* cancel = std::get_if<CancelMessage>(&message)) {
    streams_.erase({peer, cancel->id});
    return;
  }
  if (const auto* request = std::get_if<SnapshotRequestMessage>(&message))
    return SendSnapshot(peer, request->id);
  loop_.metrics().Rejected(Channel::kArtifacts);
}

size_t ArtifactServer::StreamsOf(const std::string& peer) const {
  size_t n = 0;
  for (auto it = streams_.lower_bound({peer, 0}); it != streams_.end() && it->first.first == peer;
       ++it)
    ++n;
  return n;
}

base::Result<ArtifactServer::Stream> ArtifactServer::Open(const FetchMessage& fetch) {
  SLUICE_TRY(auto digest, base::Digest::Parse(fetch.digest));
  SLUICE_TRY(auto reader, opener_(digest.ToString()));
  if (fetch.offset > reader->size()) return base::InvalidArgument("offset past the end");
  return Stream{std::move(reader), fetch.offset, std::min(fetch.credit, kMaxCredit),
                Loop::Clock::now()};
}

void ArtifactServer::Start(const std::string& peer, const FetchMessage& fetch) {
  const Key key{peer, fetch.id};
  streams_.erase(key);
  if (streams_.size() >= kMaxStreams) Sweep();
  if (StreamsOf(peer) >= kMaxStreamsPerPeer || streams_.size() >= kMaxStreams) {
    return Fail(key, ChunkError::kBusy, "too many transfers");
  }
  auto stream = Open(fetch);
  if (!stream.ok()) return Fail(key, ErrorOf(stream.status()), stream.status().message());
  if (Pump(key, *stream)) return;
  streams_.emplace(key, *std::move(stream));
  if (sweep_ == 0) sweep_ = loop_.After(kIdleMs, [this] { Sweep(); });
}

void ArtifactServer::AddCredit(const std::string& peer, const CreditMessage& credit) {
  const auto it = streams_.find({peer, credit.id});
  if (it == streams_.end()) return;  // over already
  Stream& stream = it->second;
  stream.credit = std::min(stream.credit + std::min(credit.credit, kMaxCredit), kMaxCredit);
  stream.used = Loop::Clock::now();
  if (Pump(it->first, stream)) streams_.erase(it);
}

bool ArtifactServer::Pump(const Key& key, Stream& stream) {
  const uint64_t size = stream.reader->size();
  while (true) {
    const uint64_t want = std::min({kChunk, stream.credit, size - stream.offset});
    if (want == 0 && stream.offset < size) return false;  // waits for credit
    buffer_.resize(want);
    const auto got = stream.reader->ReadAt(stream.offset, buffer_);
    if (!got.ok() || *got != want) {
      Fail(key, ChunkError::kFailed,
           got.ok() ? "the artifact became shorter" : got.status().message());
      return true;
    }
    ChunkMessage chunk{key.second,
                       stream.offset,
                       size,
                       std::move(buffer_),
                       stream.offset + want == size,
                       ChunkError::kNone,
                       ""};
    const auto sent = router_.Send(key.first, EncodeChunk(chunk));
    buffer_ = std::move(chunk.data);
    // the client is gone, or will find the stream silent and ask again
    if (sent != SendResult::kSent) return true;
    stream.offset += want;
    stream.credit -= want;
    if (chunk.last) return true;
  }
}

void ArtifactServer::Fail(const Key& key, ChunkError error, const std::string& message) {
  ChunkMessage chunk;
  chunk.id = key.second;
  chunk.last = true;
  chunk.error = error;
  chunk.message = message;
  router_.Send(key.first, EncodeChunk(chunk));
}

void ArtifactServer::SendSnapshot(const std::string& peer, uint64_t id) {
  SnapshotMessage whole = snapshot_();
  SnapshotMessage part{id, whole.epoch, whole.sequence, 0, false, {}};
  size_t weight = 0;
  for (RevisionEvent& event : whole.revisions) {
    const size_t more = WeightOf(event);
    if (!part.revisions.empty() && weight + more > kSnapshotPart) {
      router_.Send(peer, EncodeSnapshot(part));
      part.revisions.clear();
      ++part.part;
      weight = 0;
    }
    weight += more;
    part.revisions.push_back(std::move(event));
  }
  part.last = true;
  router_.Send(peer, EncodeSnapshot(part));
}

void ArtifactServer::Sweep() {
  loop_.Cancel(sweep_);
  const auto limit = Loop::Clock::now() - std::chrono::milliseconds(kIdleMs);
  std::erase_if(streams_, [&](const auto& s) { return s.second.used <= limit; });
  if (!streams_.empty()) sweep_ = loop_.After(kIdleMs, [this] { Sweep(); });
}

}  // namespace sluice::bus
