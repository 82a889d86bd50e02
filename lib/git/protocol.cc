#include "protocol.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::git {
namespace {

constexpr std::string_view kAgent = "agent=git/sluice\n";
constexpr std::string_view kErrPrefix = "ERR ";
constexpr size_t kMaxErrorText = 512, kMaxFormat = 64;
constexpr int kInfiniteDepth = 0x7fffffff;
constexpr size_t kMaxShallow = 1'000'000;

void BeginCommand(std::string& out, std::string_view command) {
  AppendPkt(out, base::Cat("command=", command, "\n"));
  AppendPkt(out, kAgent);
  AppendPkt(out, "object-format=sha1\n");
  out += kDelimiterPkt;
}

}  // namespace

std::string OneLine(std::string_view text, size_t most) {
  std::string out(base::TruncateUtf8(base::TrimSpace(text), most));
  std::ranges::replace_if(
      out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return out;
}

base::Status RemoteError(std::string_view text) {
  const std::string said = OneLine(text, kMaxErrorText);
  // What a want that does not exist is answered with; asking again cannot help.
  if (said.find("not our ref") != said.npos) return base::NotFound(said);
  return base::FailedPrecondition(said);
}

bool IsValidRefName(std::string_view name) {
  constexpr size_t kMaxName = 4096;
  if (name == "HEAD") return true;
  if (!name.starts_with("refs/") || name.size() > kMaxName || name.ends_with('.')) return false;
  for (size_t i = 0; i < name.size(); ++i) {
    const auto c = static_cast<unsigned char>(name[i]);
    if (c < 0x21 || c == 0x7f ||
        std::string_view("~^:?*[\\").find(name[i]) != std::string_view::npos)
      return false;
  }
  if (name.find("..") != name.npos || name.find("@{") != name.npos) return false;
  return std::ranges::all_of(base::Split(name, "/"), [](std::string_view part) {
    return !part.empty() && !part.starts_with('.') && !part.ends_with(".lock");
  });
}

base::Status AdvertisementParser::Feed(std::string_view bytes) {
  return reader_.Feed(bytes, [this](const Pkt& p) { return OnPacket(p); });
}

base::Status AdvertisementParser::OnPacket(const Pkt& pkt) {
  if (pkt.kind != PktKind::kData && in_service_) {
    in_service_ = false;  // the flush after "# service=…"
    return base::OkStatus();
  }
  if (pkt.kind != PktKind::kData) {
    done_ = true;
    return caps_.version == 2 ? base::OkStatus() : legacy_.OnPacket(pkt);
  }
  const std::string_view line = pkt.Line();
  if (line.starts_with(kErrPrefix)) return RemoteError(line.substr(kErrPrefix.size()));
  if (!seen_any_) {
    seen_any_ = true;
    if (line.starts_with("# service=")) {
      in_service_ = true;
      seen_any_ = false;
      return base::OkStatus();
    }
    if (line == "version 2") {
      caps_.version = 2;
      return base::OkStatus();
    }
  }
  if (caps_.version != 2) return legacy_.OnPacket(pkt);
  const auto cut = base::Cut(line, "=");
  const std::string_view key = cut ? cut->first : line;
  const std::string_view value = cut ? cut->second : std::string_view();
  if (key == "ls-refs") caps_.ls_refs = true;
  if (key == "object-format") caps_.object_format = OneLine(value, kMaxFormat);
  if (key == "fetch") {
    caps_.fetch = true;
    const auto features = base::Split(value, " ");
    caps_.fetch_shallow = std::ranges::count(features, std::string_view("shallow")) > 0;
    caps_.fetch_filter = std::ranges::count(features, std::string_view("filter")) > 0;
  }
  return base::OkStatus();
}

base::Result<Capabilities> AdvertisementParser::Finish() {
  if (!reader_.AtBoundary()) return base::DataLoss("unexpected EOF");
  if (caps_.version != 2) {
    if (!seen_any_ || !legacy_.done()) return base::DataLoss("unexpected EOF");
    legacy_refs_ = std::make_shared<const LegacyAdvertisement>(legacy_.Take());
    caps_.fetch_shallow = legacy_refs_->shallow;
    return caps_;
  }
  if (caps_.object_format != "sha1") {
    return base::Unimplemented("object format '" + caps_.object_format + "' is not supported");
  }
  if (!caps_.ls_refs || !caps_.fetch)
    return base::Unimplemented("the server offers no ls-refs and fetch");
  return caps_;
}

std::string LsRefsRequest(const std::vector<std::string>& prefixes) {
  std::string out;
  BeginCommand(out, "ls-refs");
  AppendPkt(out, "peel\n");
  AppendPkt(out, "symrefs\n");
  for (const std::string& p : prefixes) AppendPkt(out, base::Cat("ref-prefix ", p, "\n"));
  out += kFlushPkt;
  return out;
}

bool LsRefsParser::Wanted(std::string_view name) const {
  return prefixes_.empty() ||
         std::ranges::any_of(prefixes_, [&](const std::string& p) { return name.starts_with(p); });
}

base::Status LsRefsParser::Feed(std::string_view bytes) {
  return reader_.Feed(bytes, [this](const Pkt& p) { return OnPacket(p); });
}

base::Status LsRefsParser::OnPacket(const Pkt& pkt) {
  if (pkt.kind == PktKind::kFlush) done_ = true;
  if (pkt.kind != PktKind::kData || done_) return base::OkStatus();
  const std::string_view line = pkt.Line();
  if (line.starts_with(kErrPrefix)) return RemoteError(line.substr(kErrPrefix.size()));
  const auto parts = base::Split(line, " ");
  if (parts.size() < 2) return base::DataLoss("malformed ref advertisement");
  if (parts[0] == "unborn" || !Wanted(parts[1]) || !IsValidRefName(parts[1]))
    return base::OkStatus();
  RemoteRef ref;
  auto oid = ObjectId::Parse(parts[0]);
  if (!oid.ok()) return base::DataLoss("malformed ref advertisement");
  ref.oid = *oid;
  ref.name = parts[1];
  for (size_t i = 2; i < parts.size(); ++i) {
    if (parts[i].starts_with("peeled:")) {
      oid = ObjectId::Parse(parts[i].substr(7));
      if (!oid.ok()) return base::DataLoss("malformed ref advertisement");
      ref.peeled = *oid;
    } else if (parts[i].starts_with("symref-target:")) {
      ref.symref_target = parts[i].substr(14);
    }
  }
  if (refs_.size() >= max_refs_)
    return base::ResourceExhausted("more than " + std::to_string(max_refs_) + " refs");
  refs_.push_back(std::move(ref));
  return base::OkStatus();
}

base::Result<std::vector<RemoteRef>> LsRefsParser::Finish() {
  if (!done_) return base::DataLoss("unexpected EOF");
  return std::move(refs_);
}

std::string FetchRequestBody(const FetchRequest& request) {
  std::string out;
  BeginCommand(out, "fetch");
  AppendPkt(out, "thin-pack\n");
  AppendPkt(out, "no-progress\n");
  AppendPkt(out, "ofs-delta\n");
  for (const ObjectId& id : request.shallows)
    AppendPkt(out, base::Cat("shallow ", id.ToString(), "\n"));
  if (request.depth > 0) {
    AppendPkt(out, base::Cat("deepen ", std::to_string(request.depth), "\n"));
  } else if (!request.shallows.empty()) {
    AppendPkt(out, base::Cat("deepen ", std::to_string(kInfiniteDepth), "\n"));
  }
  if (request.leave_blobs) AppendPkt(out, "filter blob:none\n");
  for (const ObjectId& id : request.wants) AppendPkt(out, base::Cat("want ", id.ToString(), "\n"));
  for (const ObjectId& id : request.haves) AppendPkt(out, base::Cat("have ", id.ToString(), "\n"));
  AppendPkt(out, "done\n");  // no negotiation: the pack comes in this one answer
  out += kFlushPkt;
  return out;
}

base::Status FetchParser::Feed(std::string_view bytes) {
  return reader_.Feed(bytes, [this](const Pkt& p) { return OnPacket(p); });
}

base::Status FetchParser::OnPacket(const Pkt& pkt) {
  if (section_ == Section::kDone) return base::OkStatus();
  if (pkt.kind == PktKind::kFlush || pkt.kind == PktKind::kResponseEnd) {
    section_ = Section::kDone;
    return base::OkStatus();
  }
  if (pkt.kind == PktKind::kDelimiter) {
    section_ = Section::kNone;
    return base::OkStatus();
  }
  const std::string_view line = pkt.Line();
  switch (section_) {
    case Section::kNone:
      if (line.starts_with(kErrPrefix)) return RemoteError(line.substr(kErrPrefix.size()));
      section_ = line == "acknowledgments" ? Section::kAcknowledgments
                 : line == "shallow-info"  ? Section::kShallow
                 : line == "packfile"      ? Section::kPack
                                           : Section::kOther;
      if (section_ == Section::kPack) result_.has_pack = true;
      return base::OkStatus();
    case Section::kShallow:
      return AddShallowLine(line, result_);
    case Section::kPack:
      return ReadSideband(pkt.data, pack_);
    default:
      return base::OkStatus();
  }
}

base::Status AddShallowLine(std::string_view line, FetchResult& result) {
  const auto cut = base::Cut(line, " ");
  const auto oid = ObjectId::Parse(cut ? cut->second : line);
  if (!cut || !oid.ok()) return base::DataLoss("malformed shallow-info");
  auto& list = cut->first == "shallow" ? result.shallow : result.unshallow;
  if (list.size() >= kMaxShallow) return base::ResourceExhausted("too many shallow commits");
  list.push_back(*oid);
  return base::OkStatus();
}

base::Status ReadSideband(std::string_view data,
                          const std::function<base::Status(std::string_view)>& pack) {
  if (data.empty()) return base::DataLoss("malformed sideband packet");
  const char band = data.front();
  data.remove_prefix(1);
  if (band == 1) return pack(data);
  if (band == 2) return base::OkStatus();  // progress
  if (band == 3) return RemoteError(data);
  return base::DataLoss("unknown sideband");
}

base::Result<FetchResult> FetchParser::Finish() {
  if (section_ != Section::kDone) return base::DataLoss("unexpected EOF");
  return std::move(result_);
}

}  // namespace sluice::git
