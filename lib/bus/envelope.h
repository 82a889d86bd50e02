// Envelope: frames ↔ values. The only place that knows protobuf. Decoding never trusts a byte:
// anything that is not a whole, plausible message is an error. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/status.h"
#include "bus/events.h"
#include "bus/pokes.h"
#include "bus/source.h"

namespace sluice::bus {

// Largest frame each channel accepts, envelope included.
inline constexpr int64_t kRevisionLimit = 1 << 20;
inline constexpr int64_t kArtifactLimit = 2 << 20;
inline constexpr int64_t kEventLimit = 4 << 20;
inline constexpr int64_t kPokeLimit = 64 << 10;

struct HelloMessage {
  uint32_t major = 0, minor = 0;
  std::string role;
  uint64_t epoch = 0, sequence = 0;
};
struct WhoAreYouMessage {};
struct RefusedMessage {
  uint32_t major = 0;
  std::string reason;
};
struct HeartbeatMessage {
  uint64_t epoch = 0, sequence = 0;
};
struct FetchMessage {
  uint64_t id = 0;
  std::string digest;
  uint64_t offset = 0, credit = 0;
};
struct CreditMessage {
  uint64_t id = 0, credit = 0;
};
struct CancelMessage {
  uint64_t id = 0;
};
enum class ChunkError : uint8_t { kNone, kNotFound, kInvalid, kBusy, kFailed };
struct ChunkMessage {
  uint64_t id = 0, offset = 0, size = 0;
  std::string data;
  bool last = false;
  ChunkError error = ChunkError::kNone;
  std::string message;
};
struct SnapshotRequestMessage {
  uint64_t id = 0;
};
struct SnapshotMessage {
  uint64_t id = 0, epoch = 0, sequence = 0;
  uint32_t part = 0;
  bool last = false;
  std::vector<RevisionEvent> revisions;
};
struct AckMessage {
  std::string id;
};

using Message =
    std::variant<HelloMessage, WhoAreYouMessage, RefusedMessage, RevisionEvent, HeartbeatMessage,
                 FetchMessage, CreditMessage, CancelMessage, ChunkMessage, SnapshotRequestMessage,
                 SnapshotMessage, Event, AckMessage, ReconcileRequest>;

// kInvalidArgument: not an envelope, an empty one (a newer minor's message is "unknown message"),
// or without what it must have.
base::Result<Message> Decode(std::string_view frame);

std::string EncodeHello(const HelloMessage& m);
std::string EncodeWhoAreYou();
std::string EncodeRefused(const std::string& reason);
std::string EncodeRevision(const RevisionEvent& m);
std::string EncodeHeartbeat(const HeartbeatMessage& m);
std::string EncodeFetch(const FetchMessage& m);
std::string EncodeCredit(const CreditMessage& m);
std::string EncodeCancel(uint64_t id);
std::string EncodeChunk(const ChunkMessage& m);
std::string EncodeSnapshotRequest(uint64_t id);
std::string EncodeSnapshot(const SnapshotMessage& m);
std::string EncodeEvent(const Event& m);
std::string EncodeAck(const std::string& id);
std::string EncodePoke(const ReconcileRequest& m);

// A publisher's frame: topic, NUL, envelope.
inline constexpr std::string_view kHelloTopic{"hello\0", 6};
inline constexpr std::string_view kHeartbeatTopic{"hb\0", 3};
std::string RevisionTopic(const SourceRef& ref);  // "rev/<Kind>/<ns>/<name>\0"
std::string PokeTopic(std::string_view kind, std::string_view ns,
                      std::string_view name);  // "poke/<Kind>/<ns>/<name>\0"
// The envelope after the first NUL; kInvalidArgument without one.
base::Result<Message> DecodePublished(std::string_view frame);

}  // namespace sluice::bus
