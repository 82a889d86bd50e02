// The messages of git's protocol version 2, apart from the transport: requests as bytes, responses
// as parsers fed with chunks.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/remote.h"
#include "legacy_protocol.h"
#include "pkt_line.h"

namespace sluice::git {

// What the server said it can do.
struct Capabilities {
  int version = 0;  // 0 or 1: a server that does not speak version 2
  bool ls_refs = false, fetch = false, fetch_shallow = false, fetch_filter = false;
  std::string object_format = "sha1";
};

// The body of GET info/refs.
class AdvertisementParser {
 public:
  explicit AdvertisementParser(uint64_t max_refs = 2'000'000) : legacy_(max_refs) {}
  base::Status Feed(std::string_view bytes);
  // After the last byte. kUnimplemented for an object format we do not speak. Version 0: `legacy`
  // has the references.
  base::Result<Capabilities> Finish();
  bool done() const { return done_; }  // the flush at its end was seen: over SSH nothing else tells
  std::shared_ptr<const LegacyAdvertisement> legacy() const { return legacy_refs_; }

 private:
  base::Status OnPacket(const Pkt& pkt);
  PktReader reader_;
  Capabilities caps_;
  LegacyAdvertisementParser legacy_;
  std::shared_ptr<const LegacyAdvertisement> legacy_refs_;
  bool in_service_ = false, seen_any_ = false, done_ = false;
};

std::string LsRefsRequest(const std::vector<std::string>& prefixes);
// Parses lines "<oid> <name>[ symref-target:<ref>][ peeled:<oid>]". Refs whose name matches no
// prefix, or is no valid name, are dropped.
class LsRefsParser {
 public:
  LsRefsParser(const std::vector<std::string>& prefixes, uint64_t max_refs)
      : prefixes_(prefixes), max_refs_(max_refs) {}
  base::Status Feed(std::string_view bytes);
  base::Result<std::vector<RemoteRef>> Finish();
  bool done() const { return done_; }

 private:
  base::Status OnPacket(const Pkt& pkt);
  bool Wanted(std::string_view name) const;
  const std::vector<std::string>& prefixes_;
  uint64_t max_refs_;
  PktReader reader_;
  std::vector<RemoteRef> refs_;
  bool done_ = false;
};

std::string FetchRequestBody(const FetchRequest& request);

// What the answers of all versions have: a "shallow <id>" or "unshallow <id>" line (a million of
// each at the most), and a packet of a sideband (1: the pack's bytes, 2: progress, 3: the server's
// error).
base::Status AddShallowLine(std::string_view line, FetchResult& result);
base::Status ReadSideband(std::string_view data,
                          const std::function<base::Status(std::string_view)>& pack);

// Sections of a fetch response; the pack's bytes go to `pack` as they come.
class FetchParser {
 public:
  explicit FetchParser(const std::function<base::Status(std::string_view)>& pack) : pack_(pack) {}
  base::Status Feed(std::string_view bytes);
  base::Result<FetchResult> Finish();
  bool done() const { return section_ == Section::kDone; }

 private:
  enum class Section : uint8_t { kNone, kAcknowledgments, kShallow, kPack, kOther, kDone };
  base::Status OnPacket(const Pkt& pkt);
  const std::function<base::Status(std::string_view)>& pack_;
  PktReader reader_;
  Section section_ = Section::kNone;
  FetchResult result_;
};

// A server's own words, at most `most` bytes of them, on one line: they end in a condition.
std::string OneLine(std::string_view text, size_t most);

// A server's "ERR" or sideband 3: kNotFound for a want it does not have, else kFailedPrecondition,
// in its own words, bounded, on one line.
base::Status RemoteError(std::string_view text);

// git check-ref-format for a whole name ("refs/heads/x", "HEAD").
bool IsValidRefName(std::string_view name);

}  // namespace sluice::git
