#include "index_table.h"

#include <algorithm>
#include <utility>

#include "base/semver.h"
#include "base/strings.h"
#include "document/json.h"
#include "go_decode.h"
#include "helm/metadata.h"
#include "helm/values.h"
#include "index_detail.h"
#include "metadata_fields.h"

namespace sluice::helm {
namespace {

using base::Status;
using document::Value;

constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";
constexpr std::string_view kSkippable = "validation: more than one dependency with name or alias";

Value ToList(const std::vector<std::string>& texts) {
  Value list = Value::Array();
  for (const std::string& text : texts) list.Append(text);
  return list;
}

// A text at least a quarter larger, not twice as large: the table may be most of what the process
// holds.
void ReserveFor(std::string& text, size_t more) {
  if (text.capacity() - text.size() >= more) return;
  text.reserve(std::max(text.size() + more, text.size() + text.size() / 4 + (64 << 10)));
}

}  // namespace

// A ChartVersion of Helm's.
struct IndexBuilder::Decoded {
  Metadata metadata;
  std::vector<std::string> urls;
  bool has_urls = false, removed = false;
  std::string created{kZeroTime}, digest, checksum, engine, tiller_version, url;
};

namespace {

// The fields beside the metadata's.
template <class T>
constexpr GoField<T> kEntryFields[] = {
    {"urls",
     [](GoDecoder& d, const Value& v, T& e) {
       e.has_urls = v.is_array();
       d.Texts(v, e.urls);
     }},
    {"created", [](GoDecoder& d, const Value& v, T& e) { ReadGoTime(d, v, e.created); }},
    {"removed", [](GoDecoder& d, const Value& v, T& e) { d.Bool(v, e.removed); }},
    {"digest", [](GoDecoder& d, const Value& v, T& e) { d.Text(v, e.digest); }},
    {"checksum", [](GoDecoder& d, const Value& v, T& e) { d.Text(v, e.checksum); }},
    {"engine", [](GoDecoder& d, const Value& v, T& e) { d.Text(v, e.engine); }},
    {"tillerVersion", [](GoDecoder& d, const Value& v, T& e) { d.Text(v, e.tiller_version); }},
    {"url", [](GoDecoder& d, const Value& v, T& e) { d.Text(v, e.url); }},
};

// As Helm writes the entry: the metadata's fields first.
template <class T>
Value EntryValue(const T& e) {
  Value out = ToValue(e.metadata);
  out.Set("urls", e.has_urls ? ToList(e.urls) : Value());
  out.Set("created", e.created);
  if (e.removed) out.Set("removed", true);
  const std::pair<std::string_view, const std::string&> texts[] = {
      {"digest", e.digest},
      {"checksum", e.checksum},
      {"engine", e.engine},
      {"tillerVersion", e.tiller_version},
      {"url", e.url}};
  for (const auto& [key, text] : texts) {
    if (!text.empty()) out.Set(key, text);
  }
  return out;
}

}  // namespace

IndexBuilder::IndexBuilder(const IndexOptions& options, IndexSpill* spill, bool strict,
                           uint64_t spilled)
    : options_(options),
      strict_(strict),
      table_(std::make_unique<RepositoryIndex::Table>()),
      spilled_(spilled) {
  table_->helm = options.version;
  table_->spill = spill;
  table_->head = Value::Object({{"apiVersion", ""}, {"generated", kZeroTime}});
}

void IndexBuilder::Fail(Status status, std::string_view key, bool aborts) {
  Failure& failure = aborts ? aborted_ : failed_;
  if (!failure.status.ok() && (!strict_ || failure.key <= key)) return;
  failure = {std::move(status), std::string(key)};
}

void IndexBuilder::Mismatch(std::string_view path, const Value& value, std::string_view type) {
  GoDecoder decoder({});
  decoder.Mismatch(value, type);
  std::string message = decoder.status().message();
  if (!path.empty())
    message = base::ReplaceAll(message, "Go value", base::Cat("Go struct field IndexFile.", path));
  Fail(base::InvalidArgument(std::move(message)), path, false);
}

Status IndexBuilder::Head(std::string_view key, const Value& value) {
  GoDecoder decoder({.coerce = strict_, .strict = strict_});
  Value& head = table_->head;
  struct Fields {
    Value server_info;
    std::string api_version, generated{kZeroTime};
    std::vector<std::string> public_keys;
    std::map<std::string, std::string> annotations;
  } fields;
  static constexpr GoField<Fields> kFields[] = {
      {"serverInfo",
       [](GoDecoder& d, const Value& v, Fields& f) {
         if (v.is_object())
           f.server_info = v;
         else if (!v.is_null())
           d.Mismatch(v, "map[string]interface {}");
       }},
      {"apiVersion", [](GoDecoder& d, const Value& v, Fields& f) { d.Text(v, f.api_version); }},
      {"generated", [](GoDecoder& d, const Value& v, Fields& f) { ReadGoTime(d, v, f.generated); }},
      {"publicKeys", [](GoDecoder& d, const Value& v, Fields& f) { d.Texts(v, f.public_keys); }},
      {"annotations", [](GoDecoder& d, const Value& v, Fields& f) { d.TextMap(v, f.annotations); }},
  };
  decoder.Object<Fields>(Value::Object({{std::string(key), value}}), "v1.IndexFile", kFields,
                         fields);
  if (!decoder.status().ok()) {
    Fail(decoder.status(), key, decoder.aborted());
    return {};
  }
  if (!fields.api_version.empty()) head.Set("apiVersion", fields.api_version);
  if (fields.generated != kZeroTime) head.Set("generated", fields.generated);
  if (!fields.server_info.empty()) {
    NumbersToDouble(fields.server_info);
    head.Set("serverInfo", std::move(fields.server_info));
  }
  if (!fields.public_keys.empty()) head.Set("publicKeys", ToList(fields.public_keys));
  if (!fields.annotations.empty()) {
    Value map = Value::Object();
    for (const auto& [name, text] : fields.annotations) map.Set(name, text);
    head.Set("annotations", std::move(map));
  }
  return {};
}

void IndexBuilder::Chart(const std::string& name, bool null) {
  current_ = &charts_[name];
  current_->name = name;
  current_->null = null;
  current_->rows.clear();
}

Status IndexBuilder::Entry(const Value& value) {
  if (++entries_ > options_.max_entries) {
    return base::ResourceExhausted(
        base::Cat("index has more than ", std::to_string(options_.max_entries), " entries"));
  }
  if (value.is_null()) return {};
  Decoded entry;
  GoDecoder decoder({.coerce = strict_, .strict = strict_});
  decoder.Push("entries", "IndexFile");
  decoder.Members(value, "v1.ChartVersion", [&](const Value::Member& member) {
    // sigs.k8s.io/yaml does not look into the embedded metadata: numbers stay numbers there, and
    // are refused.
    decoder.set_coerce(false);
    decoder.Push("Metadata");
    const bool found = decoder.Field(member, MetadataFields(), entry.metadata);
    decoder.Pop();
    if (found) return true;
    decoder.set_coerce(strict_);
    return decoder.Field(member, std::span<const GoField<Decoded>>(kEntryFields<Decoded>), entry);
  });
  if (!decoder.status().ok()) {
    Fail(decoder.status(), base::Cat("entries ", current_->name), decoder.aborted());
    return {};
  }
  if (entry.metadata.api_version.empty()) entry.metadata.api_version = "v1";
  const Status valid = entry.metadata.Validate(options_.version);
  if (!valid.ok() && !valid.message().starts_with(kSkippable)) return {};  // Helm warns
  return Add(entry);
}

Status IndexBuilder::Add(const Decoded& entry) {
  IndexDetail detail;
  detail.name = entry.metadata.name;
  detail.other_name = detail.name != current_->name;
  detail.removed = entry.removed;
  detail.digest = entry.digest;
  detail.urls = entry.urls;
  if (const auto created = base::ParseRfc3339(entry.created);
      created.ok() && entry.created != kZeroTime)
    detail.created = *created;
  if (table_->spill != nullptr) {
    const std::string text = document::ToJson(EntryValue(entry), {.sort_keys = false});
    if (text.size() > options_.max_entry_bytes)
      return base::ResourceExhausted("an entry of the index is too large");
    SLUICE_TRY(table_->spill->Append(text));
    detail.spill_offset = spilled_;
    detail.spill_size = text.size();
    spilled_ += text.size();
  }
  std::string bytes;
  AppendDetail(bytes, detail);
  ReserveFor(table_->details, bytes.size());
  if (table_->details.size() + bytes.size() > UINT32_MAX)
    return base::ResourceExhausted("index is too large");
  current_->rows.push_back(
      {Intern(entry.metadata.version), static_cast<uint32_t>(table_->details.size())});
  table_->details += bytes;
  return {};
}

uint32_t IndexBuilder::Intern(const std::string& version) {
  const auto [at, fresh] = versions_.emplace(version, static_cast<uint32_t>(table_->texts.size()));
  if (fresh) {
    ReserveFor(table_->texts, version.size() + 2);
    // a valid version has at most 256 bytes
    table_->texts += static_cast<char>(version.size() >> 8);
    table_->texts += static_cast<char>(version.size() & 0xff);
    table_->texts += version;
  }
  return at->second;
}

void IndexBuilder::SortVersions(std::vector<RepositoryIndex::Table::Row>& rows) const {
  std::vector<std::pair<base::SemVer, RepositoryIndex::Table::Row>> parsed;
  parsed.reserve(rows.size());
  for (const auto& row : rows) {
    auto version = base::SemVer::Parse(table_->VersionOf(row));
    SLUICE_CHECK(version.ok());  // validated
    parsed.emplace_back(*std::move(version), row);
  }
  std::ranges::stable_sort(parsed, [](const auto& a, const auto& b) { return b.first < a.first; });
  rows.clear();
  rows.shrink_to_fit();
  rows.reserve(parsed.size());
  for (const auto& [unused, row] : parsed) rows.push_back(row);
}

base::Result<RepositoryIndex> IndexBuilder::Finish() {
  const Status& failed = aborted_.status.ok() ? failed_.status : aborted_.status;
  if (!failed.ok())
    return strict_ ? failed.Wrap("error unmarshaling JSON: while decoding JSON") : failed;
  if (table_->head["apiVersion"].AsString().empty())
    return base::InvalidArgument("no API version specified");
  versions_.clear();
  table_->charts.reserve(charts_.size());
  for (auto& [unused, chart] : charts_) {
    SortVersions(chart.rows);
    table_->charts.push_back(std::move(chart));
  }
  charts_.clear();
  table_->details.shrink_to_fit();
  table_->texts.shrink_to_fit();
  return RepositoryIndex(std::move(table_));
}

}  // namespace sluice::helm
