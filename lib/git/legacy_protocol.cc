#include "legacy_protocol.h"

#include <algorithm>

#include "base/strings.h"
#include "protocol.h"

namespace sluice::git {
namespace {

constexpr std::string_view kCapabilities =
    " multi_ack_detailed side-band-64k thin-pack no-progress ofs-delta agent=git/sluice";

}  // namespace

base::Status LegacyAdvertisementParser::OnCapabilities(std::string_view text) {
  for (const std::string_view cap : base::Fields(text)) {
    if (cap == "shallow") out_.shallow = true;
    if (cap.starts_with("symref=HEAD:")) head_target_ = cap.substr(12);
    if (cap.starts_with("object-format=") && cap != "object-format=sha1") {
      return base::Unimplemented(base::Cat(
          "object format '", base::TruncateUtf8(cap.substr(14), 64), "' is not supported"));
    }
  }
  return base::OkStatus();
}

base::Status LegacyAdvertisementParser::OnPacket(const Pkt& pkt) {
  if (done_) return base::OkStatus();
  if (pkt.kind != PktKind::kData) {
    done_ = true;
    return base::OkStatus();
  }
  std::string_view line = pkt.Line();
  if (line.starts_with("ERR ")) return RemoteError(line.substr(4));
  if (line == "version 1" || line.starts_with("shallow ")) return base::OkStatus();
  if (first_) {
    first_ = false;
    if (const size_t nul = line.find('\0'); nul != line.npos) {
      SLUICE_TRY(OnCapabilities(line.substr(nul + 1)));
      line = line.substr(0, nul);
    }
  }
  const auto cut = base::Cut(line, " ");
  const auto oid = ObjectId::Parse(cut ? cut->first : line);
  if (!cut || !oid.ok()) return base::DataLoss("malformed ref advertisement");
  if (cut->second == "capabilities^{}") return base::OkStatus();  // an empty repository
  if (cut->second.ends_with("^{}")) {
    const std::string_view name = cut->second.substr(0, cut->second.size() - 3);
    if (!out_.refs.empty() && out_.refs.back().name == name) out_.refs.back().peeled = *oid;
    return base::OkStatus();
  }
  if (!IsValidRefName(cut->second)) return base::OkStatus();
  if (out_.refs.size() >= max_refs_)
    return base::ResourceExhausted("more than " + std::to_string(max_refs_) + " refs");
  RemoteRef ref;
  ref.name = cut->second;
  ref.oid = *oid;
  if (ref.name == "HEAD") ref.symref_target = head_target_;
  out_.refs.push_back(std::move(ref));
  return base::OkStatus();
}

std::vector<RemoteRef> FilterRefs(const std::vector<RemoteRef>& refs,
                                  const std::vector<std::string>& prefixes) {
  std::vector<RemoteRef> out;
  for (const RemoteRef& ref : refs) {
    if (prefixes.empty() || std::ranges::any_of(prefixes, [&](const std::string& p) {
          return ref.name.starts_with(p);
        }))
      out.push_back(ref);
  }
  return out;
}

std::string LegacyFetchBody(const FetchRequest& request) {
  std::string out;
  bool first = true;
  for (const ObjectId& id : request.wants) {
    AppendPkt(out, base::Cat("want ", id.ToString(), first ? kCapabilities : "", "\n"));
    first = false;
  }
  for (const ObjectId& id : request.shallows)
    AppendPkt(out, base::Cat("shallow ", id.ToString(), "\n"));
  if (request.depth > 0) AppendPkt(out, base::Cat("deepen ", std::to_string(request.depth), "\n"));
  if (request.depth == 0 && !request.shallows.empty()) AppendPkt(out, "deepen 2147483647\n");
  out += kFlushPkt;
  for (const ObjectId& id : request.haves) AppendPkt(out, base::Cat("have ", id.ToString(), "\n"));
  AppendPkt(out, "done\n");
  return out;
}

base::Status LegacyFetchParser::Feed(std::string_view bytes) {
  return reader_.Feed(bytes, [this](const Pkt& p) { return OnPacket(p); });
}

base::Status LegacyFetchParser::OnPacket(const Pkt& pkt) {
  if (done_) return base::OkStatus();
  if (pkt.kind != PktKind::kData) {
    if (in_shallow_) {
      in_shallow_ = false;
    } else if (result_.has_pack) {
      done_ = true;
    }
    return base::OkStatus();
  }
  const std::string_view line = pkt.Line();
  if (line.starts_with("ERR ")) return RemoteError(line.substr(4));
  if (in_shallow_) return AddShallowLine(line, result_);
  if (line == "NAK" || line.starts_with("ACK ")) return base::OkStatus();
  result_.has_pack |= pkt.data.starts_with('\1');
  return ReadSideband(pkt.data, pack_);
}

base::Result<FetchResult> LegacyFetchParser::Finish() {
  if (!done_) return base::DataLoss("unexpected EOF");
  return std::move(result_);
}

}  // namespace sluice::git
