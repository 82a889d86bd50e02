#include "envelope.h"

#include <gtest/gtest.h>

namespace sluice::bus {
namespace {

template <class T>
T DecodeAs(const std::string& frame) {
  const auto message = Decode(frame);
  EXPECT_TRUE(message.ok()) << message.status().message();
  if (!message.ok() || !std::holds_alternative<T>(*message)) {
    ADD_FAILURE() << "another message";
    return T();
  }
  return std::get<T>(*message);
}

RevisionEvent SampleRevision() {
  RevisionEvent e;
  e.source = {"GitRepository", "apps", "fleet"};
  e.state = RevisionEvent::State::kFailed;
  e.resource_version = "4711";
  e.revision = "main@sha1:5394cb7f48332b2de7c17dd8b8384bbc84b7e738";
  e.digest = "sha256:" + std::string(64, 'a');
  e.size = 123456789012;
  e.url = "http://source/x.tar.gz";
  e.origin_revision = "o";
  e.metadata = {{"k", "v"}};
  e.path_table = std::string("\0\1\xff", 3);
  e.last_update = "2026-11-23T10:33:00Z";
  e.traceparent = "00-…";
  e.message = "why";
  e.epoch = 0xffffffffffffffff;
  e.sequence = 7;
  e.published_at_us = -3;
  return e;
}

TEST(EnvelopeTest, RevisionSurvives) {
  const RevisionEvent want = SampleRevision();
  const auto got = DecodeAs<RevisionEvent>(EncodeRevision(want));
  EXPECT_EQ(got.source, want.source);
  EXPECT_EQ(got.state, want.state);
  EXPECT_EQ(got.resource_version, want.resource_version);
  EXPECT_EQ(got.revision, want.revision);
  EXPECT_EQ(got.digest, want.digest);
  EXPECT_EQ(got.size, want.size);
  EXPECT_EQ(got.url, want.url);
  EXPECT_EQ(got.origin_revision, want.origin_revision);
  EXPECT_EQ(got.metadata, want.metadata);
  EXPECT_EQ(got.path_table, want.path_table);
  EXPECT_EQ(got.last_update, want.last_update);
  EXPECT_EQ(got.traceparent, want.traceparent);
  EXPECT_EQ(got.message, want.message);
  EXPECT_EQ(got.epoch, want.epoch);
  EXPECT_EQ(got.sequence, want.sequence);
  EXPECT_EQ(got.published_at_us, want.published_at_us);
}

TEST(EnvelopeTest, EventSurvives) {
  Event want;
  want.id = "id-1";
  want.involved_object = {
      "Kustomization", "apps", "web", "uid", "kustomize.toolkit.fluxcd.io/v1", "12", "spec"};
  want.severity = "error";
  want.timestamp_s = 1700000000;
  want.message = "line one\nline two";
  want.reason = "HealthCheckFailed";
  want.metadata = {{"kustomize.toolkit.fluxcd.io/revision", "main@sha1:1"}};
  want.reporting_controller = "kustomize-controller";
  want.reporting_instance = "pod";
  want.traceparent = "t";
  EXPECT_EQ(DecodeAs<Event>(EncodeEvent(want)), want);
}

TEST(EnvelopeTest, OthersSurvive) {
  const auto hello = DecodeAs<HelloMessage>(EncodeHello({1, 2, "source", 3, 4}));
  EXPECT_EQ(hello.major, 1u);
  EXPECT_EQ(hello.minor, 2u);
  EXPECT_EQ(hello.role, "source");
  EXPECT_EQ(hello.epoch, 3u);
  EXPECT_EQ(hello.sequence, 4u);
  DecodeAs<WhoAreYouMessage>(EncodeWhoAreYou());
  EXPECT_EQ(DecodeAs<RefusedMessage>(EncodeRefused("no")).reason, "no");
  EXPECT_EQ(DecodeAs<HeartbeatMessage>(EncodeHeartbeat({9, 10})).sequence, 10u);
  const auto fetch = DecodeAs<FetchMessage>(EncodeFetch({1, "sha256:x", 5, 6}));
  EXPECT_EQ(fetch.digest, "sha256:x");
  EXPECT_EQ(fetch.offset, 5u);
  EXPECT_EQ(fetch.credit, 6u);
  EXPECT_EQ(DecodeAs<CreditMessage>(EncodeCredit({1, 77})).credit, 77u);
  EXPECT_EQ(DecodeAs<CancelMessage>(EncodeCancel(8)).id, 8u);
  const auto chunk = DecodeAs<ChunkMessage>(
      EncodeChunk({1, 2, 3, std::string("\0a", 2), true, ChunkError::kBusy, "m"}));
  EXPECT_EQ(chunk.data, std::string("\0a", 2));
  EXPECT_EQ(chunk.error, ChunkError::kBusy);
  EXPECT_TRUE(chunk.last);
  EXPECT_EQ(DecodeAs<SnapshotRequestMessage>(EncodeSnapshotRequest(4)).id, 4u);
  const auto snapshot =
      DecodeAs<SnapshotMessage>(EncodeSnapshot({1, 2, 3, 4, true, {SampleRevision()}}));
  ASSERT_EQ(snapshot.revisions.size(), 1u);
  EXPECT_EQ(snapshot.revisions[0].source.name, "fleet");
  EXPECT_EQ(DecodeAs<AckMessage>(EncodeAck("x")).id, "x");
  const ReconcileRequest poke{"v1", "Kustomization", "ns", "n", "now"};
  EXPECT_EQ(DecodeAs<ReconcileRequest>(EncodePoke(poke)), poke);
}

TEST(EnvelopeTest, RefusesWhatIsNotAMessage) {
  RevisionEvent no_epoch = SampleRevision();
  no_epoch.epoch = 0;
  RevisionEvent no_source = SampleRevision();
  no_source.source.name.clear();
  const std::string whole = EncodeRevision(SampleRevision());
  const std::string cases[] = {
      "",
      "garbage",
      std::string(100, '\0'),
      std::string(100, '\xff'),
      whole.substr(0, whole.size() / 2),
      EncodeRevision(no_epoch),
      EncodeRevision(no_source),
      EncodeEvent({}),
      EncodePoke({}),
      EncodeSnapshot({1, 0, 0, 0, true, {}}),
      std::string("\xfa\x3e\x00", 3),  // a field of the future
  };
  for (const auto& frame : cases) {
    SCOPED_TRACE(testing::PrintToString(frame.substr(0, 40)));
    EXPECT_FALSE(Decode(frame).ok());
  }
}

TEST(EnvelopeTest, TopicsEndInNul) {
  EXPECT_EQ(RevisionTopic({"GitRepository", "ns", "app"}),
            std::string("rev/GitRepository/ns/app\0", 25));
  EXPECT_EQ(PokeTopic("K", "n", "a"), std::string("poke/K/n/a\0", 11));
  EXPECT_TRUE(DecodePublished(RevisionTopic({"K", "n", "a"}) + EncodeHeartbeat({1, 2})).ok());
  EXPECT_FALSE(DecodePublished("rev/K/n/a").ok());
  EXPECT_FALSE(DecodePublished(std::string(2000, 'x') + '\0' + EncodeHeartbeat({1, 2})).ok());
}

}  // namespace
}  // namespace sluice::bus
