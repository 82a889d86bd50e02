#include "document/yaml_stream.h"

#include <yaml.h>

#include <memory>
#include <unordered_set>
#include <utility>
#include <vector>

#include "document/number.h"
#include "document/value.h"
#include "node_builder.h"

namespace sluice::document {
namespace {

using base::Result;
using base::Status;

constexpr size_t kArenaBytes = 1 << 20;  // an arena that grew past it is not used again

class PieceReader {
 public:
  PieceReader(const ByteReader& read, YamlVisitor& visitor, const YamlReadOptions& options)
      : read_(read), visitor_(visitor), options_(options) {
    SLUICE_CHECK(yaml_parser_initialize(&parser_) == 1);
    yaml_parser_set_input(&parser_, &PieceReader::Fill, this);
  }
  ~PieceReader() { yaml_parser_delete(&parser_); }
  PieceReader(const PieceReader&) = delete;
  PieceReader& operator=(const PieceReader&) = delete;

  Status Run() {
    for (;;) {
      yaml_event_t event;
      if (yaml_parser_parse(&parser_, &event) != 1)
        return read_status_.ok() ? YamlSyntaxError(parser_, options_.dialect) : read_status_;
      const yaml_event_type_t type = event.type;
      Status status = builder_ != nullptr ? Build(event) : Walk(event);
      yaml_event_delete(&event);
      SLUICE_TRY(std::move(status));
      if (type == YAML_DOCUMENT_END_EVENT || type == YAML_STREAM_END_EVENT) return {};
    }
  }

 private:
  struct Level {
    bool mapping;
    bool has_key = false;
  };

  static int Fill(void* self, unsigned char* buffer, size_t size, size_t* got) {
    auto& reader = *static_cast<PieceReader*>(self);
    auto n = reader.read_({reinterpret_cast<char*>(buffer), size});
    *got = n.ok() ? *n : 0;
    if (!n.ok()) reader.read_status_ = std::move(n).status();
    return n.ok() ? 1 : 0;
  }

  // An event of a piece that is taken whole.
  Status Build(const yaml_event_t& event) {
    if (event.type == YAML_ALIAS_EVENT) {
      const std::string name(YamlView(event.data.alias.anchor));
      if (!builder_->anchors().contains(name) && gone_.contains(name)) return OtherPiece();
    }
    SLUICE_TRY(builder_->Handle(event));
    const Node* root = builder_->Take();
    if (root == nullptr) return {};
    for (const auto& [name, unused] : builder_->anchors()) gone_.insert(name);
    Status status = visitor_.Take(path_, *root);
    builder_.reset();
    if (arena_->bytes() > kArenaBytes) arena_ = nullptr;
    Done();
    return status;
  }

  // An event between pieces.
  Status Walk(const yaml_event_t& event) {
    switch (event.type) {
      case YAML_SCALAR_EVENT:
        if (AwaitsKey()) return Key(event);
        return Begin(event);
      case YAML_ALIAS_EVENT: {
        const std::string name(YamlView(event.data.alias.anchor));
        if (gone_.contains(name)) return OtherPiece();
        return base::InvalidArgument("yaml: unknown anchor '" + name + "' referenced");
      }
      case YAML_MAPPING_START_EVENT:
      case YAML_SEQUENCE_START_EVENT: {
        const bool mapping = event.type == YAML_MAPPING_START_EVENT;
        if (AwaitsKey()) return base::Unimplemented("a collection as key");
        SLUICE_TRY(BeforeValue(event));
        if (!visitor_.Enter(path_, mapping ? Node::Kind::kMapping : Node::Kind::kSequence))
          return StartPiece(event);
        const std::string_view anchor =
            YamlView(mapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor);
        if (!anchor.empty()) gone_.insert(std::string(anchor));
        if (levels_.size() >= options_.max_depth)
          return base::InvalidArgument("yaml: exceeded max depth of " +
                                       std::to_string(options_.max_depth));
        levels_.push_back({mapping});
        return {};
      }
      case YAML_MAPPING_END_EVENT:
      case YAML_SEQUENCE_END_EVENT:
        levels_.pop_back();
        Done();
        return {};
      default:
        return {};
    }
  }

  bool AwaitsKey() const {
    return !levels_.empty() && levels_.back().mapping && !levels_.back().has_key;
  }
  static Status OtherPiece() { return base::Unimplemented("an alias of another piece"); }

  Status Key(const yaml_event_t& event) {
    const auto& e = event.data.scalar;
    const std::string_view text = YamlView(e.value, e.length), tag = YamlView(e.tag);
    if (YamlView(e.anchor) != "" || (!tag.empty() && tag != "!"))
      return base::Unimplemented("a key with anchor or tag");
    std::string key(text);
    if (e.style == YAML_PLAIN_SCALAR_STYLE && tag.empty()) SLUICE_TRY(PlainKey(text, &key));
    path_.push_back(std::move(key));
    levels_.back().has_key = true;
    return {};
  }

  // Keys that are no strings become text as sigs.k8s.io/yaml has it.
  Status PlainKey(std::string_view text, std::string* key) const {
    const Resolved r = ResolvePlain(text, options_.dialect);
    if (r.tag == Tag::kMerge || r.tag == Tag::kNull)
      return base::Unimplemented("a key that is null or a merge");
    if (r.tag == Tag::kBool) *key = r.value.AsBool() ? "true" : "false";
    if (r.tag == Tag::kInt) {
      if (r.value.kind() != Value::Kind::kInt) return base::Unimplemented("a key beyond int64");
      *key = std::to_string(r.value.AsInt());
    }
    if (r.tag == Tag::kFloat) {
      const double d = r.value.AsDouble();
      if (!(d - d == 0)) return base::Unimplemented("a key that is no finite number");
      key->clear();
      AppendGoFloat32(*key, static_cast<float>(d));
    }
    return {};
  }

  Status BeforeValue(const yaml_event_t& event) {
    if (levels_.empty()) return {};
    if (!levels_.back().mapping) {
      path_.emplace_back("[]");
      return {};
    }
    return visitor_.Member(path_, static_cast<uint32_t>(event.start_mark.line + 1));
  }

  Status Begin(const yaml_event_t& event) {
    SLUICE_TRY(BeforeValue(event));
    return StartPiece(event);
  }

  Status StartPiece(const yaml_event_t& event) {
    if (arena_ == nullptr || pieces_++ % kPiecesPerArena == 0) arena_ = std::make_unique<Arena>();
    builder_ = std::make_unique<NodeBuilder>(*arena_, options_);
    return Build(event);
  }

  // A value is finished: its key, or its place in a list, leaves the path.
  void Done() {
    if (levels_.empty()) return;
    levels_.back().has_key = false;
    path_.pop_back();
  }

  static constexpr size_t kPiecesPerArena = 64;

  const ByteReader& read_;
  YamlVisitor& visitor_;
  const YamlReadOptions& options_;
  yaml_parser_t parser_;
  Status read_status_;
  std::unique_ptr<Arena> arena_;
  std::unique_ptr<NodeBuilder> builder_;  // while a piece is being built
  std::vector<Level> levels_;
  std::vector<std::string> path_;
  std::unordered_set<std::string> gone_;  // anchors of pieces that are no more
  size_t pieces_ = 0;
};

}  // namespace

Status ReadYamlPieces(const ByteReader& read, YamlVisitor& visitor,
                      const YamlReadOptions& options) {
  return PieceReader(read, visitor, options).Run();
}

}  // namespace sluice::document
