#include "archive_index.h"

#include <cstring>

#include "base/digest.h"
#include "pieces.h"

namespace sluice::artifact {
namespace {

constexpr std::string_view kMagic = "sluice-archive-index 1\n";
constexpr size_t kChecksum = 32;
constexpr uint32_t kMaxEntries = 4'000'000;
constexpr size_t kMinEntry = 24;  // bytes of one: an empty path, kind, flags, id
constexpr uint8_t kJudged = 1, kArchived = 2, kDropped = 4, kRead = 8;

template <class T>
void Put(std::string& out, const T& value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : rest_(bytes) {}
  template <class T>
  bool Get(T& out) {
    if (rest_.size() < sizeof(T)) return false;
    std::memcpy(&out, rest_.data(), sizeof(T));
    rest_.remove_prefix(sizeof(T));
    return true;
  }
  bool Text(size_t size, std::string_view& out) {
    if (rest_.size() < size) return false;
    out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }
  bool done() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool GetEntry(Reader& in, size_t left, IndexEntry& e) {
  uint16_t length = 0;
  uint8_t kind = 0, flags = 0;
  if (!in.Get(length) || !in.Text(length, e.path) || !in.Get(kind) || !in.Get(flags) ||
      !in.Get(e.id))
    return false;
  if (kind > static_cast<uint8_t>(ContentTree::Kind::kOther) ||
      flags > (kJudged | kArchived | kDropped | kRead))
    return false;
  e.kind = static_cast<ContentTree::Kind>(kind);
  e.judged = (flags & kJudged) != 0;
  e.archived = (flags & kArchived) != 0;
  e.dropped = (flags & kDropped) != 0;
  e.read = (flags & kRead) != 0;
  e.cuts = CutsBefore(e.path);
  if (e.read && (!in.Get(e.size) || !in.Get(e.digest))) return false;
  if (e.kind == ContentTree::Kind::kDirectory && (!in.Get(e.descendants) || e.descendants > left))
    return false;
  return true;
}

}  // namespace

std::string ArchiveIndex::Serialize() const {
  std::string out;
  out.reserve(kMagic.size() + entries.size() * 112 + pieces.size() * sizeof(IndexPiece) + 128);
  out += kMagic;
  Put(out, root);
  Put(out, patterns);
  Put(out, static_cast<uint32_t>(entries.size()));
  Put(out, static_cast<uint32_t>(pieces.size()));
  for (const IndexEntry& e : entries) {
    if (e.path.size() > UINT16_MAX) return "";  // such a tree is archived anew each time
    Put(out, static_cast<uint16_t>(e.path.size()));
    out += e.path;
    Put(out, static_cast<uint8_t>(e.kind));
    Put(out, static_cast<uint8_t>((e.judged ? kJudged : 0) | (e.archived ? kArchived : 0) |
                                  (e.dropped ? kDropped : 0) | (e.read ? kRead : 0)));
    Put(out, e.id);
    if (e.read) {
      Put(out, e.size);
      Put(out, e.digest);
    }
    if (e.kind == ContentTree::Kind::kDirectory) Put(out, e.descendants);
  }
  for (const IndexPiece& p : pieces) {
    for (const uint64_t n : {p.gzip.offset, p.gzip.size, p.gzip.raw_size}) Put(out, n);
    for (const uint32_t n : {p.gzip.crc, p.first_rank, p.count}) Put(out, n);
  }
  base::Hasher hasher;
  hasher.Update(out);
  out += hasher.FinishRaw();
  return out;
}

base::Result<ArchiveIndex> ArchiveIndex::Parse(std::string_view bytes) {
  const auto bad = [] { return base::DataLoss("malformed archive index"); };
  if (bytes.size() < kMagic.size() + kChecksum || !bytes.starts_with(kMagic)) return bad();
  const std::string_view body = bytes.substr(0, bytes.size() - kChecksum);
  base::Hasher hasher;
  hasher.Update(body);
  if (hasher.FinishRaw() != bytes.substr(body.size())) return bad();
  Reader in(body.substr(kMagic.size()));
  ArchiveIndex out;
  uint32_t entries = 0, pieces = 0;
  if (!in.Get(out.root) || !in.Get(out.patterns) || !in.Get(entries) || !in.Get(pieces))
    return bad();
  if (entries > kMaxEntries || entries > body.size() / kMinEntry || pieces > entries) return bad();
  out.entries.resize(entries);
  uint32_t archived = 0;
  for (uint32_t i = 0; i < entries; ++i) {
    IndexEntry& e = out.entries[i];
    if (!GetEntry(in, entries - i - 1, e)) return bad();
    if (e.archived) e.former_rank = archived++;
  }
  out.pieces.resize(pieces);
  uint32_t rank = 0;
  for (IndexPiece& p : out.pieces) {
    for (uint64_t* n : {&p.gzip.offset, &p.gzip.size, &p.gzip.raw_size}) {
      if (!in.Get(*n)) return bad();
    }
    for (uint32_t* n : {&p.gzip.crc, &p.first_rank, &p.count}) {
      if (!in.Get(*n)) return bad();
    }
    if (p.first_rank != rank || p.count == 0 || p.count > archived - rank) return bad();
    rank += p.count;
  }
  if (rank != archived || !in.done()) return bad();
  return out;
}

}  // namespace sluice::artifact
