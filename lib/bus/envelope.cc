#include "envelope.h"

#include "sluice/bus/v1/bus.pb.h"

namespace sluice::bus {
namespace {

namespace pb = ::sluice::bus::v1;

std::string Bytes(const pb::Envelope& envelope) { return envelope.SerializeAsString(); }

void ToProto(const RevisionEvent& m, pb::RevisionEvent& out) {
  out.set_epoch(m.epoch);
  out.set_sequence(m.sequence);
  out.mutable_source()->set_kind(m.source.kind);
  out.mutable_source()->set_namespace_(m.source.ns);
  out.mutable_source()->set_name(m.source.name);
  switch (m.state) {
    case RevisionEvent::State::kStored:
      out.set_state(pb::RevisionEvent::STORED);
      break;
    case RevisionEvent::State::kFailed:
      out.set_state(pb::RevisionEvent::FAILED);
      break;
    case RevisionEvent::State::kDeleted:
      out.set_state(pb::RevisionEvent::DELETED);
      break;
  }
  out.set_resource_version(m.resource_version);
  out.set_revision(m.revision);
  out.set_digest(m.digest);
  out.set_size(m.size);
  out.set_url(m.url);
  out.set_origin_revision(m.origin_revision);
  for (const auto& [key, value] : m.metadata) (*out.mutable_metadata())[key] = value;
  out.set_path_table(m.path_table);
  out.set_last_update(m.last_update);
  out.set_traceparent(m.traceparent);
  out.set_message(m.message);
  out.set_published_at_us(m.published_at_us);
}

base::Result<RevisionEvent> FromProto(pb::RevisionEvent& in) {
  RevisionEvent m;
  if (in.source().kind().empty() || in.source().name().empty())
    return base::InvalidArgument("revision without a source");
  if (in.epoch() == 0 || in.sequence() == 0)
    return base::InvalidArgument("revision without epoch or sequence");
  switch (in.state()) {
    case pb::RevisionEvent::STORED:
      m.state = RevisionEvent::State::kStored;
      break;
    case pb::RevisionEvent::FAILED:
      m.state = RevisionEvent::State::kFailed;
      break;
    case pb::RevisionEvent::DELETED:
      m.state = RevisionEvent::State::kDeleted;
      break;
    default:
      return base::InvalidArgument("revision with an unknown state");
  }
  m.source = {std::move(*in.mutable_source()->mutable_kind()),
              std::move(*in.mutable_source()->mutable_namespace_()),
              std::move(*in.mutable_source()->mutable_name())};
  m.epoch = in.epoch();
  m.sequence = in.sequence();
  m.resource_version = std::move(*in.mutable_resource_version());
  m.revision = std::move(*in.mutable_revision());
  m.digest = std::move(*in.mutable_digest());
  m.size = in.size();
  m.url = std::move(*in.mutable_url());
  m.origin_revision = std::move(*in.mutable_origin_revision());
  m.metadata.insert(in.metadata().begin(), in.metadata().end());
  m.path_table = std::move(*in.mutable_path_table());
  m.last_update = std::move(*in.mutable_last_update());
  m.traceparent = std::move(*in.mutable_traceparent());
  m.message = std::move(*in.mutable_message());
  m.published_at_us = in.published_at_us();
  return m;
}

base::Result<Message> FromProto(pb::Chunk& in) {
  ChunkMessage m{in.id(),
                 in.offset(),
                 in.size(),
                 std::move(*in.mutable_data()),
                 in.last(),
                 ChunkError::kNone,
                 std::move(*in.mutable_message())};
  switch (in.error()) {
    case pb::Chunk::NONE:
      break;
    case pb::Chunk::NOT_FOUND:
      m.error = ChunkError::kNotFound;
      break;
    case pb::Chunk::INVALID:
      m.error = ChunkError::kInvalid;
      break;
    case pb::Chunk::BUSY:
      m.error = ChunkError::kBusy;
      break;
    default:
      m.error = ChunkError::kFailed;
      break;
  }
  return Message(std::move(m));
}

base::Result<Message> FromProto(pb::Snapshot& in) {
  SnapshotMessage m{in.id(), in.epoch(), in.sequence(), in.part(), in.last(), {}};
  if (m.epoch == 0) return base::InvalidArgument("snapshot without an epoch");
  m.revisions.reserve(static_cast<size_t>(in.revisions_size()));
  for (auto& revision : *in.mutable_revisions()) {
    SLUICE_TRY(auto event, FromProto(revision));
    m.revisions.push_back(std::move(event));
  }
  return Message(std::move(m));
}

base::Result<Message> FromProto(pb::Event& in) {
  if (in.id().empty() || in.id().size() > 128)
    return base::InvalidArgument("event without a plausible id");
  Event m;
  m.id = std::move(*in.mutable_id());
  auto& object = *in.mutable_involved_object();
  m.involved_object = {
      std::move(*object.mutable_kind()),        std::move(*object.mutable_namespace_()),
      std::move(*object.mutable_name()),        std::move(*object.mutable_uid()),
      std::move(*object.mutable_api_version()), std::move(*object.mutable_resource_version()),
      std::move(*object.mutable_field_path())};
  m.severity = std::move(*in.mutable_severity());
  m.timestamp_s = in.timestamp_s();
  m.message = std::move(*in.mutable_message());
  m.reason = std::move(*in.mutable_reason());
  m.metadata.insert(in.metadata().begin(), in.metadata().end());
  m.reporting_controller = std::move(*in.mutable_reporting_controller());
  m.reporting_instance = std::move(*in.mutable_reporting_instance());
  m.traceparent = std::move(*in.mutable_traceparent());
  return Message(std::move(m));
}

base::Result<Message> FromProto(pb::ReconcileRequest& in) {
  if (in.kind().empty() || in.name().empty())
    return base::InvalidArgument("reconcile request without an object");
  return Message(
      ReconcileRequest{std::move(*in.mutable_api_version()), std::move(*in.mutable_kind()),
                       std::move(*in.mutable_namespace_()), std::move(*in.mutable_name()),
                       std::move(*in.mutable_requested_at())});
}

std::string Topic(std::string_view first, std::string_view kind, std::string_view ns,
                  std::string_view name) {
  std::string topic;
  topic.reserve(first.size() + kind.size() + ns.size() + name.size() + 4);
  topic.append(first)
      .append("/")
      .append(kind)
      .append("/")
      .append(ns)
      .append("/")
      .append(name)
      .push_back('\0');
  return topic;
}

}  // namespace

base::Result<Message> Decode(std::string_view frame) {
  pb::Envelope e;
  if (frame.size() > static_cast<size_t>(kEventLimit) ||
      !e.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return base::InvalidArgument("not an envelope");
  }
  switch (e.body_case()) {
    case pb::Envelope::kHello:
      return Message(HelloMessage{e.hello().protocol().major(), e.hello().protocol().minor(),
                                  e.hello().role(), e.hello().epoch(), e.hello().sequence()});
    case pb::Envelope::kWhoAreYou:
      return Message(WhoAreYouMessage{});
    case pb::Envelope::kRefused:
      return Message(RefusedMessage{e.refused().protocol().major(), e.refused().reason()});
    case pb::Envelope::kRevision: {
      SLUICE_TRY(auto event, FromProto(*e.mutable_revision()));
      return Message(std::move(event));
    }
    case pb::Envelope::kHeartbeat:
      return Message(HeartbeatMessage{e.heartbeat().epoch(), e.heartbeat().sequence()});
    case pb::Envelope::kFetch:
      return Message(
          FetchMessage{e.fetch().id(), e.fetch().digest(), e.fetch().offset(), e.fetch().credit()});
    case pb::Envelope::kCredit:
      return Message(CreditMessage{e.credit().id(), e.credit().credit()});
    case pb::Envelope::kCancelFetch:
      return Message(CancelMessage{e.cancel_fetch().id()});
    case pb::Envelope::kChunk:
      return FromProto(*e.mutable_chunk());
    case pb::Envelope::kSnapshotRequest:
      return Message(SnapshotRequestMessage{e.snapshot_request().id()});
    case pb::Envelope::kSnapshot:
      return FromProto(*e.mutable_snapshot());
    case pb::Envelope::kEvent:
      return FromProto(*e.mutable_event());
    case pb::Envelope::kAck:
      return Message(AckMessage{e.ack().id()});
    case pb::Envelope::kReconcileRequest:
      return FromProto(*e.mutable_reconcile_request());
    case pb::Envelope::BODY_NOT_SET:
      break;
  }
  return base::InvalidArgument("unknown message");
}

std::string EncodeHello(const HelloMessage& m) {
  pb::Envelope e;
  e.mutable_hello()->mutable_protocol()->set_major(m.major);
  e.mutable_hello()->mutable_protocol()->set_minor(m.minor);
  e.mutable_hello()->set_role(m.role);
  e.mutable_hello()->set_epoch(m.epoch);
  e.mutable_hello()->set_sequence(m.sequence);
  return Bytes(e);
}

std::string EncodeWhoAreYou() {
  pb::Envelope e;
  e.mutable_who_are_you();
  return Bytes(e);
}

std::string EncodeRefused(const std::string& reason) {
  pb::Envelope e;
  e.mutable_refused()->mutable_protocol()->set_major(kProtocolMajor);
  e.mutable_refused()->mutable_protocol()->set_minor(kProtocolMinor);
  e.mutable_refused()->set_reason(reason);
  return Bytes(e);
}

std::string EncodeRevision(const RevisionEvent& m) {
  pb::Envelope e;
  ToProto(m, *e.mutable_revision());
  return Bytes(e);
}

std::string EncodeHeartbeat(const HeartbeatMessage& m) {
  pb::Envelope e;
  e.mutable_heartbeat()->set_epoch(m.epoch);
  e.mutable_heartbeat()->set_sequence(m.sequence);
  return Bytes(e);
}

std::string EncodeFetch(const FetchMessage& m) {
  pb::Envelope e;
  e.mutable_fetch()->set_id(m.id);
  e.mutable_fetch()->set_digest(m.digest);
  e.mutable_fetch()->set_offset(m.offset);
  e.mutable_fetch()->set_credit(m.credit);
  return Bytes(e);
}

std::string EncodeCredit(const CreditMessage& m) {
  pb::Envelope e;
  e.mutable_credit()->set_id(m.id);
  e.mutable_credit()->set_credit(m.credit);
  return Bytes(e);
}

std::string EncodeCancel(uint64_t id) {
  pb::Envelope e;
  e.mutable_cancel_fetch()->set_id(id);
  return Bytes(e);
}

std::string EncodeChunk(const ChunkMessage& m) {
  pb::Envelope e;
  auto& chunk = *e.mutable_chunk();
  chunk.set_id(m.id);
  chunk.set_offset(m.offset);
  chunk.set_size(m.size);
  chunk.set_data(m.data);
  chunk.set_last(m.last);
  chunk.set_message(m.message);
  switch (m.error) {
    case ChunkError::kNone:
      break;
    case ChunkError::kNotFound:
      chunk.set_error(pb::Chunk::NOT_FOUND);
      break;
    case ChunkError::kInvalid:
      chunk.set_error(pb::Chunk::INVALID);
      break;
    case ChunkError::kBusy:
      chunk.set_error(pb::Chunk::BUSY);
      break;
    case ChunkError::kFailed:
      chunk.set_error(pb::Chunk::FAILED);
      break;
  }
  return Bytes(e);
}

std::string EncodeSnapshotRequest(uint64_t id) {
  pb::Envelope e;
  e.mutable_snapshot_request()->set_id(id);
  return Bytes(e);
}

std::string EncodeSnapshot(const SnapshotMessage& m) {
  pb::Envelope e;
  auto& snapshot = *e.mutable_snapshot();
  snapshot.set_id(m.id);
  snapshot.set_epoch(m.epoch);
  snapshot.set_sequence(m.sequence);
  snapshot.set_part(m.part);
  snapshot.set_last(m.last);
  for (const RevisionEvent& revision : m.revisions) ToProto(revision, *snapshot.add_revisions());
  return Bytes(e);
}

std::string EncodeEvent(const Event& m) {
  pb::Envelope e;
  auto& out = *e.mutable_event();
  out.set_id(m.id);
  auto& object = *out.mutable_involved_object();
  object.set_kind(m.involved_object.kind);
  object.set_namespace_(m.involved_object.ns);
  object.set_name(m.involved_object.name);
  object.set_uid(m.involved_object.uid);
  object.set_api_version(m.involved_object.api_version);
  object.set_resource_version(m.involved_object.resource_version);
  object.set_field_path(m.involved_object.field_path);
  out.set_severity(m.severity);
  out.set_timestamp_s(m.timestamp_s);
  out.set_message(m.message);
  out.set_reason(m.reason);
  for (const auto& [key, value] : m.metadata) (*out.mutable_metadata())[key] = value;
  out.set_reporting_controller(m.reporting_controller);
  out.set_reporting_instance(m.reporting_instance);
  out.set_traceparent(m.traceparent);
  return Bytes(e);
}

std::string EncodeAck(const std::string& id) {
  pb::Envelope e;
  e.mutable_ack()->set_id(id);
  return Bytes(e);
}

std::string EncodePoke(const ReconcileRequest& m) {
  pb::Envelope e;
  auto& out = *e.mutable_reconcile_request();
  out.set_api_version(m.api_version);
  out.set_kind(m.kind);
  out.set_namespace_(m.ns);
  out.set_name(m.name);
  out.set_requested_at(m.requested_at);
  return Bytes(e);
}

std::string RevisionTopic(const SourceRef& ref) { return Topic("rev", ref.kind, ref.ns, ref.name); }

std::string PokeTopic(std::string_view kind, std::string_view ns, std::string_view name) {
  return Topic("poke", kind, ns, name);
}

base::Result<Message> DecodePublished(std::string_view frame) {
  const size_t nul = frame.substr(0, 1024).find('\0');
  if (nul == frame.npos) return base::InvalidArgument("no topic");
  return Decode(frame.substr(nul + 1));
}

}  // namespace sluice::bus
