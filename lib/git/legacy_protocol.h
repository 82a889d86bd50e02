// Protocol versions 0 and 1, for servers that speak no version 2 (Azure DevOps, CodeCommit, an sshd
// that drops GIT_PROTOCOL): every reference is in the advertisement, and a fetch is one request
// with its answer.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/remote.h"
#include "pkt_line.h"

namespace sluice::git {

struct LegacyAdvertisement {
  std::vector<RemoteRef> refs;  // peeled, HEAD's target from the symref capability
  bool shallow = false;
};

// Fed with the lines of an advertisement after "# service" and its flush. Returns true once it is
// whole.
class LegacyAdvertisementParser {
 public:
  explicit LegacyAdvertisementParser(uint64_t max_refs) : max_refs_(max_refs) {}
  base::Status OnPacket(const Pkt& pkt);
  bool done() const { return done_; }
  LegacyAdvertisement Take() { return std::move(out_); }

 private:
  base::Status OnCapabilities(std::string_view text);
  const uint64_t max_refs_;
  LegacyAdvertisement out_;
  std::string head_target_;
  bool first_ = true, done_ = false;
};

// The refs whose names begin with one of `prefixes`.
std::vector<RemoteRef> FilterRefs(const std::vector<RemoteRef>& refs,
                                  const std::vector<std::string>& prefixes);

// wants, shallows, depth, haves and done as one body.
std::string LegacyFetchBody(const FetchRequest& request);

// The answer: shallow lines up to a flush where a depth was asked for, ACK and NAK lines, then the
// pack in sidebands.
class LegacyFetchParser {
 public:
  LegacyFetchParser(bool with_shallow, const std::function<base::Status(std::string_view)>& pack)
      : in_shallow_(with_shallow), pack_(pack) {}
  base::Status Feed(std::string_view bytes);
  base::Result<FetchResult> Finish();
  bool done() const { return done_; }

 private:
  base::Status OnPacket(const Pkt& pkt);
  PktReader reader_;
  bool in_shallow_, done_ = false;
  const std::function<base::Status(std::string_view)>& pack_;
  FetchResult result_;
};

}  // namespace sluice::git
