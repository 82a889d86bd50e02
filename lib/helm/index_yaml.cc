// index.yaml through libyaml's events: an entry at a time.
#include <array>
#include <set>

#include "base/strings.h"
#include "document/yaml.h"
#include "document/yaml_stream.h"
#include "index_table.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Status;
using document::Node;
using document::Value;
using Path = std::span<const std::string>;

// what is read as a whole where it cannot be read in pieces
constexpr uint64_t kWholeBytes = 16 << 20;
constexpr std::string_view kTypeErrors = "yaml: unmarshal errors:";
constexpr size_t kMostErrorText = 64 << 10;

constexpr document::ToValueOptions kPieceOptions{.dialect = document::YamlDialect::kGoYaml2,
                                                 .duplicate_keys = document::DuplicateKeys::kError,
                                                 .convert_keys = true};

class Visitor final : public document::YamlVisitor {
 public:
  explicit Visitor(IndexBuilder& builder) : builder_(builder) {}

  bool Enter(Path path, Node::Kind kind) override {
    const bool mapping = kind == Node::Kind::kMapping;
    switch (path.size()) {
      case 0:
        return mapping;
      case 1:
        if (!mapping || !base::EqualFold(path[0], "entries")) return false;
        builder_.Entries(false);
        names_.clear();
        return true;
      case 2:
        if (mapping) return false;
        builder_.Chart(path[1], false);
        return true;
      default:
        return false;
    }
  }

  Status Member(Path path, uint32_t line) override {
    if (!(path.size() == 1 ? keys_ : names_).insert(path.back()).second) {
      AddTypeErrors(Cat("\n  line ", std::to_string(line), ": key ", base::QuoteGo(path.back()),
                        " already set in map"));
    }
    return {};
  }

  Status Take(Path path, const Node& node) override {
    const auto value = document::ToValue(node, kPieceOptions);
    if (!value.ok()) {
      const std::string& message = value.status().message();
      if (message.starts_with(kTypeErrors)) {
        AddTypeErrors(std::string_view(message).substr(kTypeErrors.size()));
      } else if (yaml_error_.ok()) {
        yaml_error_ = value.status();
      }
      return {};
    }
    return HandOver(path, *value);
  }

  // What Helm would say of the YAML itself.
  Status status() const {
    if (!type_errors_.empty()) return base::InvalidArgument(Cat(kTypeErrors, type_errors_));
    return yaml_error_;
  }

 private:
  Status HandOver(Path path, const Value& value) {
    switch (path.size()) {
      case 0:
        if (!value.is_null()) builder_.Mismatch("", value, "v1.IndexFile");
        return {};
      case 1:
        if (!base::EqualFold(path[0], "entries")) return builder_.Head(path[0], value);
        if (!value.is_null()) builder_.Mismatch("entries", value, "map[string]v1.ChartVersions");
        return {};
      case 2:
        if (!value.is_null()) builder_.Mismatch("entries", value, "v1.ChartVersions");
        builder_.Chart(path[1], true);
        return {};
      default:
        return builder_.Entry(value);
    }
  }

  void AddTypeErrors(std::string_view lines) {
    if (type_errors_.size() < kMostErrorText) type_errors_ += lines;
  }

  IndexBuilder& builder_;
  std::set<std::string> keys_, names_;
  std::string type_errors_;
  Status yaml_error_;
};

// A document that hangs together by aliases: read whole, as everything else is.
Status ReadWhole(IndexSource& source, IndexBuilder& builder) {
  std::string text;
  std::array<char, 64 << 10> buffer;
  for (;;) {
    SLUICE_TRY(const size_t got, source.ReadAt(text.size(), buffer));
    if (got == 0) break;
    text.append(buffer.data(), got);
    if (text.size() > kWholeBytes)
      return base::ResourceExhausted("index with aliases is too large");
  }
  SLUICE_TRY(const Value index,
             document::ParseYamlToValue(text, {.duplicate_keys = document::DuplicateKeys::kError})
                 .Wrap("error converting YAML to JSON"));
  if (!index.is_object()) {
    if (!index.is_null()) builder.Mismatch("", index, "v1.IndexFile");
    return {};
  }
  for (const auto& [key, value] : index.members()) {
    if (!base::EqualFold(key, "entries")) {
      SLUICE_TRY(builder.Head(key, value));
      continue;
    }
    if (!value.is_object() && !value.is_null())
      builder.Mismatch("entries", value, "map[string]v1.ChartVersions");
    if (value.is_object()) builder.Entries(false);
    for (const auto& [name, list] : value.members()) {
      if (!list.is_array() && !list.is_null())
        builder.Mismatch("entries", list, "v1.ChartVersions");
      builder.Chart(name, list.is_null());
      for (const Value& entry : list.items()) SLUICE_TRY(builder.Entry(entry));
    }
  }
  return {};
}

}  // namespace

Status ReadYamlIndex(IndexSource& source, const IndexOptions& options, IndexBuilder& builder) {
  uint64_t at = 0;
  const auto read = [&](std::span<char> into) -> base::Result<size_t> {
    SLUICE_TRY(const size_t got, source.ReadAt(at, into));
    at += got;
    if (at > options.max_bytes) {
      return base::ResourceExhausted(Cat("index exceeds the maximum index file size of ",
                                         std::to_string(options.max_bytes), " bytes"));
    }
    return got;
  };
  Visitor visitor(builder);
  const Status status =
      document::ReadYamlPieces(read, visitor, {.dialect = document::YamlDialect::kGoYaml2});
  if (status.code() == base::StatusCode::kUnimplemented) return ReadWhole(source, builder);
  if (status.code() == base::StatusCode::kInvalidArgument)
    return status.Wrap("error converting YAML to JSON");
  SLUICE_TRY(status);
  return visitor.status().Wrap("error converting YAML to JSON");
}

}  // namespace sluice::helm
