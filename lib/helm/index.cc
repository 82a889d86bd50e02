#include "helm/index.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/semver.h"
#include "base/strings.h"
#include "document/json.h"
#include "index_detail.h"
#include "index_table.h"

namespace sluice::helm {
namespace {

using base::Result;
using base::Status;

class TextSource final : public IndexSource {
 public:
  explicit TextSource(std::string_view text) : text_(text) {}
  Result<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    if (offset >= text_.size()) return size_t{0};
    return text_.substr(static_cast<size_t>(offset)).copy(into.data(), into.size());
  }

 private:
  std::string_view text_;
};

class MemorySpill final : public IndexSpill {
 public:
  Status Append(std::string_view bytes) override {
    bytes_ += bytes;
    return {};
  }
  Result<std::string> ReadAt(uint64_t offset, size_t size) override {
    if (offset > bytes_.size() || size > bytes_.size() - offset)
      return base::DataLoss("unexpected EOF");
    return bytes_.substr(static_cast<size_t>(offset), size);
  }

 private:
  std::string bytes_;
};

// json.Indent of compact JSON whose first line stands already at `depth` steps of two spaces.
std::string Indent(std::string_view compact, int depth) {
  std::string out;
  bool quoted = false;
  const auto line = [&] { out.append(1, '\n').append(static_cast<size_t>(depth) * 2, ' '); };
  for (size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[i];
    if (quoted) {
      out += c;
      if (c == '\\' && i + 1 < compact.size()) out += compact[++i];
      if (c == '"') quoted = false;
      continue;
    }
    if (c == '"') quoted = true;
    if ((c == '}' || c == ']') && compact[i - 1] != '{' && compact[i - 1] != '[') {
      --depth;
      line();
    } else if (c == '}' || c == ']') {
      --depth;
    }
    out += c;
    if (c == ':') out += ' ';
    if (c == ',') line();
    if (c == '{' || c == '[') {
      ++depth;
      if (compact[i + 1] != '}' && compact[i + 1] != ']') line();
    }
  }
  return out;
}

std::string ToCompact(const document::Value& v) { return document::ToJson(v, {.sort_keys = true}); }

}  // namespace

std::unique_ptr<IndexSource> MakeTextSource(std::string_view text) {
  return std::make_unique<TextSource>(text);
}
std::unique_ptr<IndexSpill> MakeMemorySpill() { return std::make_unique<MemorySpill>(); }

RepositoryIndex::RepositoryIndex(std::unique_ptr<Table> table) : table_(std::move(table)) {}
RepositoryIndex::RepositoryIndex(RepositoryIndex&&) noexcept = default;
RepositoryIndex& RepositoryIndex::operator=(RepositoryIndex&&) noexcept = default;
RepositoryIndex::~RepositoryIndex() = default;

std::string_view RepositoryIndex::Table::VersionOf(const Row& row) const {
  const std::string_view all = texts;
  return all.substr(row.version + 2,
                    static_cast<size_t>(static_cast<unsigned char>(all[row.version])) << 8 |
                        static_cast<unsigned char>(all[row.version + 1]));
}

const RepositoryIndex::Table::Chart* RepositoryIndex::Table::Find(std::string_view name) const {
  const auto at = std::ranges::lower_bound(charts, name, {}, &Chart::name);
  return at == charts.end() || at->name != name ? nullptr : &*at;
}

Result<RepositoryIndex> RepositoryIndex::Read(IndexSource& source, const IndexOptions& options,
                                              IndexSpill* spill) {
  char first = 0;
  SLUICE_TRY(const size_t any, source.ReadAt(0, {&first, 1}));
  if (any == 0) return base::InvalidArgument("empty index.yaml file");
  uint64_t spilled = 0;
  {
    IndexBuilder json(options, spill, false, spilled);
    const Status status = ReadJsonIndex(source, options, json);
    if (status.ok()) return json.Finish();
    if (status.code() != base::StatusCode::kUnimplemented) return status;
    spilled = json.spilled();  // what it left in the spill is not used
  }
  IndexBuilder yaml(options, spill, true, spilled);
  SLUICE_TRY(ReadYamlIndex(source, options, yaml));
  return yaml.Finish();
}

std::vector<std::string_view> RepositoryIndex::names() const {
  std::vector<std::string_view> out;
  for (const auto& chart : table_->charts) out.push_back(chart.name);
  return out;
}

size_t RepositoryIndex::version_count() const {
  size_t n = 0;
  for (const auto& chart : table_->charts) n += chart.rows.size();
  return n;
}

std::vector<std::string_view> RepositoryIndex::Versions(std::string_view chart) const {
  std::vector<std::string_view> out;
  if (const Table::Chart* found = table_->Find(chart)) {
    for (const Table::Row& row : found->rows) out.push_back(table_->VersionOf(row));
  }
  return out;
}

ChartVersion RepositoryIndex::At(std::string_view chart, size_t at) const {
  const Table::Chart* found = table_->Find(chart);
  SLUICE_CHECK(found != nullptr && at < found->rows.size());
  const Table::Row& row = found->rows[at];
  IndexDetail detail = ReadDetail(table_->details, row.detail);
  return {.name = detail.other_name ? std::move(detail.name) : found->name,
          .version = std::string(table_->VersionOf(row)),
          .urls = std::move(detail.urls),
          .digest = std::move(detail.digest),
          .created = detail.created,
          .removed = detail.removed};
}

Result<document::Value> RepositoryIndex::Entry(std::string_view chart, size_t at) const {
  const Table::Chart* found = table_->Find(chart);
  SLUICE_CHECK(found != nullptr && at < found->rows.size() && table_->spill != nullptr);
  const IndexDetail detail = ReadDetail(table_->details, found->rows[at].detail);
  SLUICE_TRY(const std::string text, table_->spill->ReadAt(detail.spill_offset, detail.spill_size));
  return document::ParseJson(text);
}

Result<size_t> RepositoryIndex::Find(std::string_view chart, std::string_view version) const {
  const Table::Chart* found = table_->Find(chart);
  if (found == nullptr) return base::NotFound("no chart name found");
  if (found->rows.empty()) return base::NotFound("no chart version found");
  const auto words =
      table_->helm == HelmVersion::kV3 ? base::SemVerWords::kPlain : base::SemVerWords::kQuoted;
  SLUICE_TRY(const auto constraint,
             base::SemVerConstraint::Parse(version.empty() ? "*" : version, words));
  for (size_t i = 0; i < found->rows.size() && !version.empty(); ++i) {
    if (table_->VersionOf(found->rows[i]) == version) return i;
  }
  for (size_t i = 0; i < found->rows.size(); ++i) {
    const auto parsed = base::SemVer::Parse(table_->VersionOf(found->rows[i]));
    if (parsed.ok() && constraint.Matches(*parsed)) return i;
  }
  return base::NotFound(base::Cat("no chart version found for ", chart, "-", version));
}

Result<ChartVersion> RepositoryIndex::Choose(std::string_view chart,
                                             std::string_view version) const {
  SLUICE_TRY(const size_t at, Find(chart, version));
  return At(chart, at);
}

Status RepositoryIndex::WriteJson(const std::function<Status(std::string_view)>& sink) const {
  SLUICE_CHECK(table_->spill != nullptr);
  const document::Value& head = table_->head;
  const auto member = [&](std::string_view key, bool first = false) -> Status {
    return sink(
        base::Cat(first ? "{\n  \"" : ",\n  \"", key, "\": ", Indent(ToCompact(head[key]), 1)));
  };
  const bool info = !head["serverInfo"].empty();
  if (info) SLUICE_TRY(member("serverInfo", true));
  SLUICE_TRY(member("apiVersion", !info));
  SLUICE_TRY(member("generated"));
  SLUICE_TRY(sink(",\n  \"entries\": "));
  if (table_->charts.empty()) SLUICE_TRY(sink(table_->null_entries ? "null" : "{}"));
  bool first_chart = true;
  for (const Table::Chart& chart : table_->charts) {
    SLUICE_TRY(sink(base::Cat(std::exchange(first_chart, false) ? "{\n    " : ",\n    ",
                              document::ToJson(chart.name), ": ")));
    if (chart.rows.empty()) SLUICE_TRY(sink(chart.null ? "null" : "[]"));
    for (size_t i = 0; i < chart.rows.size(); ++i) {
      const IndexDetail detail = ReadDetail(table_->details, chart.rows[i].detail);
      SLUICE_TRY(const std::string text,
                 table_->spill->ReadAt(detail.spill_offset, detail.spill_size));
      SLUICE_TRY(sink(base::Cat(i == 0 ? "[\n      " : ",\n      ", Indent(text, 3))));
    }
    if (!chart.rows.empty()) SLUICE_TRY(sink("\n    ]"));
  }
  if (!table_->charts.empty()) SLUICE_TRY(sink("\n  }"));
  for (const std::string_view key : {"publicKeys", "annotations"}) {
    if (!head[key].empty()) SLUICE_TRY(member(key));
  }
  return sink("\n}");
}

size_t RepositoryIndex::HeapBytes() const {
  size_t bytes = table_->texts.capacity() + table_->details.capacity() +
                 table_->charts.capacity() * sizeof(Table::Chart);
  for (const auto& chart : table_->charts)
    bytes += chart.rows.capacity() * sizeof(Table::Row) + chart.name.capacity();
  return bytes;
}

}  // namespace sluice::helm
