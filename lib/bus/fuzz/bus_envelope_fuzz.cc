// Any bytes: decoding must end, stay in bounds, and what it accepts must survive being encoded and
// decoded again.
#include <cstddef>
#include <cstdint>

#include "envelope.h"

using namespace sluice::bus;  // NOLINT

namespace {

std::string Encode(const Message& m) {
  struct {
    std::string operator()(const HelloMessage& v) const { return EncodeHello(v); }
    std::string operator()(const WhoAreYouMessage&) const { return EncodeWhoAreYou(); }
    std::string operator()(const RefusedMessage& v) const { return EncodeRefused(v.reason); }
    std::string operator()(const RevisionEvent& v) const { return EncodeRevision(v); }
    std::string operator()(const HeartbeatMessage& v) const { return EncodeHeartbeat(v); }
    std::string operator()(const FetchMessage& v) const { return EncodeFetch(v); }
    std::string operator()(const CreditMessage& v) const { return EncodeCredit(v); }
    std::string operator()(const CancelMessage& v) const { return EncodeCancel(v.id); }
    std::string operator()(const ChunkMessage& v) const { return EncodeChunk(v); }
    std::string operator()(const SnapshotRequestMessage& v) const {
      return EncodeSnapshotRequest(v.id);
    }
    std::string operator()(const SnapshotMessage& v) const { return EncodeSnapshot(v); }
    std::string operator()(const Event& v) const { return EncodeEvent(v); }
    std::string operator()(const AckMessage& v) const { return EncodeAck(v.id); }
    std::string operator()(const ReconcileRequest& v) const { return EncodePoke(v); }
  } encode;
  return std::visit(encode, m);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view frame(reinterpret_cast<const char*>(data), size);
  static_cast<void>(DecodePublished(frame).ok());
  const auto message = Decode(frame);
  if (!message.ok()) return 0;
  const auto again = Decode(Encode(*message));
  SLUICE_CHECK(again.ok() && again->index() == message->index());
  return 0;
}
