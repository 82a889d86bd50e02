#include "helm/index_file.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/semver.h"
#include "base/strings.h"

namespace sluice::helm {
namespace {

using base::Result;
using base::Status;

constexpr std::string_view kMark = "sluixv1\n";
constexpr size_t kFooter = 16, kChartEntry = 16;

Status Damaged() { return base::DataLoss("the cached index is damaged"); }

void PutU32(std::string& out, uint32_t v) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(v >> shift & 0xff);
}
void PutVarint(std::string& out, uint64_t v) {
  for (; v >= 0x80; v >>= 7) out += static_cast<char>((v & 0x7f) | 0x80);
  out += static_cast<char>(v);
}
void PutText(std::string& out, std::string_view text) {
  PutVarint(out, text.size());
  out += text;
}

class Reader {
 public:
  Reader(std::string_view bytes, size_t at) : bytes_(bytes), at_(at) {}

  Result<uint64_t> Varint() {
    uint64_t v = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (at_ >= bytes_.size()) return Damaged();
      const auto c = static_cast<unsigned char>(bytes_[at_++]);
      v |= uint64_t{c & 0x7fU} << shift;
      if (c < 0x80) return v;
    }
    return Damaged();
  }
  Result<std::string_view> Text() {
    SLUICE_TRY(const uint64_t size, Varint());
    if (size > bytes_.size() - at_) return Damaged();
    const std::string_view text = bytes_.substr(at_, static_cast<size_t>(size));
    at_ += text.size();
    return text;
  }

 private:
  std::string_view bytes_;
  size_t at_;
};

// Counts what has been written: offsets are 32 bits.
class Writer {
 public:
  explicit Writer(const std::function<Status(std::string_view)>& sink) : sink_(sink) {}
  Status Put(std::string_view bytes) {
    if (at_ + bytes.size() > UINT32_MAX) return base::ResourceExhausted("index is too large");
    buffer_ += bytes;
    at_ += bytes.size();
    return buffer_.size() < kBuffer ? base::OkStatus() : Flush();
  }
  Status Flush() {
    SLUICE_TRY(sink_(buffer_));
    buffer_.clear();
    return {};
  }
  uint32_t at() const { return static_cast<uint32_t>(at_); }

 private:
  static constexpr size_t kBuffer = 64 << 10;
  const std::function<Status(std::string_view)>& sink_;
  std::string buffer_;
  uint64_t at_ = 0;
};

std::string EntryBytes(const ChartVersion& v, std::string_view chart) {
  std::string out;
  PutText(out, v.version);
  PutText(out, v.name == chart ? std::string_view() : v.name);
  PutText(out, v.digest);
  PutVarint(out, static_cast<uint64_t>(v.created.time_since_epoch().count()));
  PutVarint(out, v.removed ? 1 : 0);
  PutVarint(out, v.urls.size());
  for (const std::string& url : v.urls) PutText(out, url);
  return out;
}

}  // namespace

Status WriteIndexFile(const RepositoryIndex& index,
                      const std::function<Status(std::string_view)>& sink) {
  Writer writer(sink);
  const auto names = index.names();
  std::string directory, all_names;
  for (const std::string_view chart : names) {
    const size_t count = index.Versions(chart).size();
    std::string rows;
    for (size_t i = 0; i < count; ++i) {
      PutU32(rows, writer.at());
      SLUICE_TRY(writer.Put(EntryBytes(index.At(chart, i), chart)));
    }
    PutU32(directory, static_cast<uint32_t>(all_names.size()));  // from where the names begin
    PutU32(directory, static_cast<uint32_t>(chart.size()));
    PutU32(directory, writer.at());
    PutU32(directory, static_cast<uint32_t>(count));
    all_names += chart;
    SLUICE_TRY(writer.Put(rows));
  }
  std::string footer;
  PutU32(footer, writer.at());
  PutU32(footer, static_cast<uint32_t>(names.size()));
  footer += kMark;
  SLUICE_TRY(writer.Put(directory));
  SLUICE_TRY(writer.Put(all_names));
  SLUICE_TRY(writer.Put(footer));
  return writer.Flush();
}

Result<IndexFileView> IndexFileView::Open(std::string_view bytes) {
  if (bytes.size() < kFooter || bytes.size() > UINT32_MAX || !bytes.ends_with(kMark))
    return Damaged();
  const IndexFileView view(bytes, 0, 0);
  SLUICE_TRY(const uint32_t directory, view.U32(bytes.size() - kFooter));
  SLUICE_TRY(const uint32_t charts, view.U32(bytes.size() - kFooter + 4));
  if (directory + uint64_t{charts} * kChartEntry > bytes.size() - kFooter) return Damaged();
  return IndexFileView(bytes, directory, charts);
}

Result<uint32_t> IndexFileView::U32(uint64_t at) const {
  if (at + 4 > bytes_.size()) return Damaged();
  uint32_t v = 0;
  for (uint32_t i = 0; i < 4; ++i)
    v |= uint32_t{static_cast<unsigned char>(bytes_[static_cast<size_t>(at + i)])} << (8 * i);
  return v;
}

Result<IndexFileView::Rows> IndexFileView::Find(std::string_view chart) const {
  const uint64_t names = directory_ + uint64_t{charts_} * kChartEntry;
  for (uint32_t low = 0, high = charts_; low < high;) {
    const uint32_t middle = low + (high - low) / 2;
    const uint64_t at = directory_ + uint64_t{middle} * kChartEntry;
    SLUICE_TRY(const uint32_t name_at, U32(at));
    SLUICE_TRY(const uint32_t name_size, U32(at + 4));
    if (names + name_at + name_size > bytes_.size()) return Damaged();
    const std::string_view name = bytes_.substr(static_cast<size_t>(names + name_at), name_size);
    if (name == chart) {
      SLUICE_TRY(const uint32_t offset, U32(at + 8));
      SLUICE_TRY(const uint32_t count, U32(at + 12));
      if (offset + uint64_t{count} * 4 > bytes_.size()) return Damaged();
      return Rows{offset, count};
    }
    (name < chart ? low : high) = name < chart ? middle + 1 : middle;
  }
  return base::NotFound("no chart name found");
}

Result<std::string_view> IndexFileView::VersionAt(uint32_t entry) const {
  if (entry >= bytes_.size()) return Damaged();
  return Reader(bytes_, entry).Text();
}

Result<ChartVersion> IndexFileView::EntryAt(uint32_t entry, std::string_view chart) const {
  if (entry >= bytes_.size()) return Damaged();
  Reader in(bytes_, entry);
  ChartVersion out;
  SLUICE_TRY(out.version, in.Text());
  SLUICE_TRY(const std::string_view name, in.Text());
  out.name = name.empty() ? chart : name;
  SLUICE_TRY(out.digest, in.Text());
  SLUICE_TRY(const uint64_t created, in.Varint());
  out.created = base::Time(base::Time::duration(static_cast<int64_t>(created)));
  SLUICE_TRY(const uint64_t removed, in.Varint());
  out.removed = removed != 0;
  SLUICE_TRY(const uint64_t urls, in.Varint());
  for (uint64_t i = 0; i < urls; ++i) {
    SLUICE_TRY(const std::string_view url, in.Text());
    out.urls.emplace_back(url);
  }
  return out;
}

Result<ChartVersion> IndexFileView::Choose(std::string_view chart, std::string_view version) const {
  SLUICE_TRY(const Rows rows, Find(chart));
  if (rows.count == 0) return base::NotFound("no chart version found");
  for (uint32_t i = 0; i < rows.count && !version.empty(); ++i) {
    SLUICE_TRY(const uint32_t entry, U32(rows.offset + uint64_t{i} * 4));
    SLUICE_TRY(const std::string_view text, VersionAt(entry));
    if (text == version) return EntryAt(entry, chart);
  }
  SLUICE_TRY(const auto wanted, base::SemVerConstraint::Parse(version.empty() ? "*" : version));
  std::optional<base::SemVer> best;
  std::optional<ChartVersion> chosen;
  for (uint32_t i = 0; i < rows.count; ++i) {
    SLUICE_TRY(const uint32_t entry, U32(rows.offset + uint64_t{i} * 4));
    SLUICE_TRY(const std::string_view text, VersionAt(entry));
    auto parsed = base::SemVer::ParseTag(text);
    if (!parsed.ok() || !wanted.Matches(*parsed)) continue;
    if (best && *parsed < *best) break;  // newest first: what follows is older
    SLUICE_TRY(auto candidate, EntryAt(entry, chart));
    // Of several that are equal in all Flux looks at, it takes the one that stands last.
    if (best && candidate.created < chosen->created) continue;
    chosen = std::move(candidate);
    best = *std::move(parsed);
  }
  if (chosen) return *std::move(chosen);
  return base::NotFound(
      base::Cat("no '", chart, "' chart with version matching '", version, "' found"));
}

}  // namespace sluice::helm
