// What a server may do to the mirror that follows it: packs that are not what was asked for, words
// without end, work without end.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>

#include "base/digest.h"
#include "base/encoding.h"
#include "base/strings.h"
#include "git/mirror.h"
#include "git/remote.h"
#include "object_database.h"
#include "test_support/process.h"

namespace sluice::git {
namespace {

namespace fs = std::filesystem;

std::string BigEndian(uint32_t n) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
  return out;
}

std::string Sha1(std::string_view bytes) {
  base::Hasher hasher(base::DigestAlgorithm::kSha1);
  hasher.Update(bytes);
  return hasher.FinishRaw();
}

// zlib's format without compression.
std::string Stored(std::string_view bytes) {
  uint32_t a = 1, b = 0;
  for (const char c : bytes) {
    a = (a + static_cast<uint8_t>(c)) % 65521;
    b = (b + a) % 65521;
  }
  const auto n = static_cast<uint16_t>(bytes.size());
  std::string out("\x78\x01\x01", 3);
  for (const uint16_t v : {n, static_cast<uint16_t>(~n)}) {
    out += static_cast<char>(v & 0xff);
    out += static_cast<char>(v >> 8);
  }
  return base::Cat(out, bytes, BigEndian(b << 16 | a));
}

enum Kind : uint8_t { kCommit = 1, kTree = 2, kBlob = 3, kDelta = 7 };

std::string Head(Kind kind, size_t size) {
  std::string out(1, static_cast<char>(kind << 4 | (size & 15)));
  for (size >>= 4; size > 0; size >>= 7) {
    out.back() = static_cast<char>(out.back() | 0x80);
    out += static_cast<char>(size & 0x7f);
  }
  return out;
}

std::string Entry(Kind kind, std::string_view bytes) {
  return Head(kind, bytes.size()) + Stored(bytes);
}

std::string Pack(const std::vector<std::string>& entries) {
  std::string out = "PACK" + BigEndian(2) + BigEndian(static_cast<uint32_t>(entries.size()));
  for (const std::string& e : entries) out += e;
  return out + Sha1(out);
}

std::string IdOf(std::string_view type, std::string_view bytes) {
  return Sha1(base::Cat(type, " ", std::to_string(bytes.size()), std::string_view("\0", 1), bytes));
}

ObjectId Parse(const std::string& raw) { return *ObjectId::Parse(base::HexEncode(raw)); }
ObjectId Numbered(int n) { return Parse(Sha1("some object " + std::to_string(n))); }

// Answers each fetch with what the test makes of it.
class ScriptedRemote final : public Remote {
 public:
  using Answer = std::function<std::string(const FetchRequest& request, FetchResult& result)>;
  explicit ScriptedRemote(Answer answer) : answer_(std::move(answer)) {}
  base::Result<std::vector<RemoteRef>> ListRefs(const observe::Context&,
                                                const std::vector<std::string>&) override {
    return std::vector<RemoteRef>();
  }
  base::Result<FetchResult> Fetch(
      const observe::Context&, const FetchRequest& request,
      const std::function<base::Status(std::string_view)>& pack) override {
    FetchResult result;
    result.has_pack = true;
    SLUICE_TRY(pack(answer_(request, result)));
    return result;
  }

 private:
  const Answer answer_;
};

class HostilePackTest : public ::testing::Test {
 protected:
  size_t Packs() const {
    size_t n = 0;
    for (const auto& e : fs::recursive_directory_iterator(dir_.path()))
      n += e.path().extension() == ".pack";
    return n;
  }
  std::string PackFolder() const {
    for (const auto& e : fs::recursive_directory_iterator(dir_.path())) {
      if (e.path().filename() == "pack") return e.path();
    }
    return "";
  }
  const test_support::TempDir dir_;
  const observe::Context ctx_;
};

TEST_F(HostilePackTest, PacksOfSomethingElseDoNotPileUp) {
  int sent = 0;
  ScriptedRemote remote([&](const FetchRequest&, FetchResult&) {
    return Pack({Entry(kBlob, "garbage " + std::to_string(++sent))});
  });
  const auto mirror = *OpenMirror(dir_.path());
  for (int i = 0; i < 20; ++i) {
    EXPECT_FALSE(mirror->Fetch(ctx_, remote, {Numbered(i)}).ok());
    EXPECT_LE(Packs(), 2u);
  }
}

TEST_F(HostilePackTest, AServersListOfShallowCommitsIsNotKept) {
  const std::string tree = IdOf("tree", "");
  const std::string commit =
      "tree " + base::HexEncode(tree) + "\nauthor A <a> 1 +0000\ncommitter A <a> 1 +0000\n\nm\n";
  const ObjectId id = Parse(IdOf("commit", commit));
  ScriptedRemote remote([&](const FetchRequest&, FetchResult& result) {
    result.shallow.push_back(id);
    for (int i = 0; i < 20'000; ++i) result.shallow.push_back(Numbered(i));
    return Pack({Entry(kCommit, commit), Entry(kTree, "")});
  });
  const auto mirror = *OpenMirror(dir_.path());
  const auto fetched = mirror->Fetch(ctx_, remote, {id});
  ASSERT_TRUE(fetched.ok()) << fetched.message();
  const std::string state = test_support::ReadFile(dir_.File("state"));
  EXPECT_LT(state.size(), 1000u);
  EXPECT_NE(state.find("shallow " + id.ToString()), std::string::npos) << state;
}

TEST_F(HostilePackTest, WhatAKilledFetchLeftIsRemoved) {
  { ASSERT_TRUE(OpenMirror(dir_.path()).ok()); }
  const std::string left = PackFolder() + "/pack_git2_a1b2c3";
  std::ofstream(left) << "half a pack";
  ASSERT_TRUE(OpenMirror(dir_.path()).ok());
  EXPECT_FALSE(fs::exists(left));
}

// Deltas are resolved once the pack is here: a pack of few bytes may be hours of work.
TEST_F(HostilePackTest, ResolvingDeltasEndsWithTheContext) {
  fs::create_directories(dir_.File("pack"));
  const auto base = *ObjectDatabase::Open(dir_.path());
  std::stop_source stop;
  const observe::Context ctx = ctx_.WithStop(stop.get_token());
  const std::string blob(100, 'b');
  const std::string delta("\x64\x65\x90\x64\x01x",
                          6);  // 100 bytes become 101: all of them, and an x
  const std::string pack =
      Pack({Entry(kBlob, blob), Head(kDelta, delta.size()) + IdOf("blob", blob) + Stored(delta)});
  for (const bool stopped : {false, true}) {
    const auto writer = *PackWriter::Create(ctx, dir_.path(), *base);
    ASSERT_TRUE(writer->Append(pack).ok());
    if (stopped) stop.request_stop();
    const auto done = writer->Finish();
    EXPECT_EQ(done.status().code(), stopped ? base::StatusCode::kCancelled : base::StatusCode::kOk)
        << done.status().message();
  }
}

TEST(HostileKeyTest, AKeyOfEndlessRoundsIsRefused) {
  const auto text = [](std::string_view s) {
    return BigEndian(static_cast<uint32_t>(s.size())) + std::string(s);
  };
  const std::string options = text(std::string(16, 's')) + BigEndian(0xffffffff);
  const std::string public_key = text("ssh-ed25519") + text(std::string(32, 'k'));
  const std::string raw = std::string("openssh-key-v1\0", 15) + text("aes256-ctr") +
                          text("bcrypt") + text(options) + BigEndian(1) + text(public_key) +
                          text(std::string(144, 'x'));
  RemoteAuth auth;
  auth.ssh_identity =
      base::SecretString("-----BEGIN OPENSSH PRIVATE KEY-----\n" + base::Base64Encode(raw) +
                         "\n-----END OPENSSH PRIVATE KEY-----\n");
  auth.ssh_passphrase = base::SecretString("p");
  auth.ssh_known_hosts = "example.com ssh-ed25519 " + base::Base64Encode(public_key) + "\n";
  EXPECT_TRUE(IsEncryptedSshKey(auth.ssh_identity.Reveal()));
  EXPECT_EQ(MakeSshRemote("ssh://git@example.com/x", auth).status().message(),
            "unable to construct auth method with options: ssh: the key takes too long to decrypt");
}

}  // namespace
}  // namespace sluice::git
