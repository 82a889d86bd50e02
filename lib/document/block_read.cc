#include "block_read.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"
#include "block_scan.h"
#include "document/yaml_members.h"
#include "node_access.h"
#include "resolve.h"

namespace sluice::document {
namespace {

constexpr size_t kMaxDepth = 256;  // what is deeper libyaml reads, or our limit refuses
constexpr size_t kMaxBytes = 1 << 30;

// Builds nodes as NodeBuilder does.
class TreeSink {
 public:
  TreeSink(Arena& arena, YamlDialect dialect) : arena_(arena), dialect_(dialect) {}

  static bool wants_text() { return true; }

  void Begin(Node::Kind kind, Mark mark, bool flow) {
    Node* node = NodeAccess::New(arena_, kind, mark.line, mark.column);
    if (flow) node->set_style(Node::Style::kFlow);
    node->SetTag(kind == Node::Kind::kMapping ? Tag::kMap : Tag::kSeq);
    children_.push_back(node);
    Register(*node);
    open_.push_back({node, children_.size()});
  }

  void End() {
    const Open open = open_.back();
    open_.pop_back();
    NodeAccess::SetChildren(*open.node,
                            std::span<Node* const>(children_).subspan(open.first_child));
    children_.resize(open.first_child);
  }

  bool Scalar(std::string_view text, Node::Style style, Mark mark) {
    Node* node = NodeAccess::New(arena_, Node::Kind::kScalar, mark.line, mark.column);
    const bool key = !open_.empty() && open_.back().node->is_mapping() &&
                     (children_.size() - open_.back().first_child) % 2 == 0;
    NodeAccess::SetText(*node, key || text.size() <= 8 ? arena_.Intern(text) : arena_.Copy(text));
    node->set_style(style);
    node->SetTag(style == Node::Style::kPlain ? ResolveTag(text, dialect_) : Tag::kStr);
    Register(*node);
    children_.push_back(node);
    return true;
  }

  bool Anchor(std::string_view name) {
    anchor_ = name;
    return true;
  }

  bool Alias(std::string_view name, Mark mark) {
    const auto it = anchors_.find(std::string(name));
    if (it == anchors_.end()) return false;
    Node* node = NodeAccess::New(arena_, Node::Kind::kAlias, mark.line, mark.column);
    NodeAccess::MutableExtras(*node).anchor = arena_.Copy(name);
    NodeAccess::SetTarget(*node, it->second);
    children_.push_back(node);
    return true;
  }

  size_t size() const { return children_.size(); }
  Node* back() const { return children_.back(); }
  Node* Take() {
    Node* root = children_.back();
    children_.clear();
    return root;
  }

 private:
  struct Open {
    Node* node;
    size_t first_child;
  };

  void Register(Node& node) {
    if (anchor_.empty()) return;
    node.SetAnchor(anchor_);
    anchors_[std::string(anchor_)] = &node;
    anchor_ = {};
  }

  Arena& arena_;
  const YamlDialect dialect_;
  std::string_view anchor_;  // of the coming node
  std::unordered_map<std::string, const Node*> anchors_;
  std::vector<Node*> children_;
  std::vector<Open> open_;
};

// Builds wanted members of the top alone, and looks that the rest is ordinary.
class MembersSink {
 public:
  MembersSink(Arena& arena, YamlDialect dialect, bool (*wanted)(std::string_view))
      : tree_(arena, dialect), dialect_(dialect), wanted_(wanted) {}

  bool wants_text() const { return building_; }

  void Begin(Node::Kind kind, Mark mark, bool flow) {
    if (open_.empty() || building_) tree_.Begin(kind, mark, flow);
    open_.push_back({kind == Node::Kind::kMapping, true});
  }

  void End() {
    open_.pop_back();
    if (open_.empty() || building_) tree_.End();
    Done();
  }

  bool Scalar(std::string_view text, Node::Style style, Mark mark) {
    const bool plain = style == Node::Style::kPlain;
    const bool key = open_.back().mapping && open_.back().at_key;
    if (key && plain && ResolveTag(text, dialect_) != Tag::kStr) return false;
    if (!key && plain && MayBeInfinite(text)) return false;
    if (key && open_.size() == 1) building_ = wanted_(text);
    if (building_ && !tree_.Scalar(text, style, mark)) return false;
    if (key) {
      open_.back().at_key = false;
    } else {
      Done();
    }
    return true;
  }

  static bool Anchor(std::string_view) { return false; }
  static bool Alias(std::string_view, Mark) { return false; }

  bool is_mapping() const { return root_mapping_; }
  Node* Take() { return tree_.Take(); }

 private:
  struct Open {
    bool mapping, at_key;
  };

  // A value is finished.
  void Done() {
    if (open_.empty()) return;
    open_.back().at_key = true;
    if (open_.size() > 1) return;
    building_ = false;
    root_mapping_ = open_.back().mapping;
  }

  static bool MayBeInfinite(std::string_view text) {
    if (text.size() < 4 || text.size() > 5 || (text[0] != '.' && text[1] != '.')) return false;
    const std::string lower = base::ToLower(text);
    return base::Contains(lower, "inf") || base::Contains(lower, "nan");
  }

  TreeSink tree_;
  const YamlDialect dialect_;
  bool (*const wanted_)(std::string_view);
  bool building_ = false, root_mapping_ = false;
  std::vector<Open> open_;
};

// Whether there is no control character but tab and line feed, and no DEL; eight bytes at once.
// `wide`: whether one is above ASCII.
bool PrintableAscii(std::string_view text, bool& wide) {
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = 0x80 * kOnes;
  const auto good = [](char c) {
    return (c >= ' ' && c != '\x7f') || c == '\n' || c == '\t' ||
           static_cast<unsigned char>(c) >= 0x80;
  };
  uint64_t seen = 0;
  size_t i = 0;
  for (; i + 8 <= text.size(); i += 8) {
    uint64_t v = 0;
    std::memcpy(&v, text.data() + i, 8);
    seen |= v;
    // Of each byte the top bit says the answer; seven bits and a summand up to 0x7f carry into no
    // other byte.
    const uint64_t low = v & ~kHigh;
    const uint64_t control = ~(low + 0x60 * kOnes), feed = ~((low ^ ('\n' * kOnes)) + 0x7f * kOnes),
                   del = low + kOnes;
    if ((((control & ~feed) | del) & ~v & kHigh) == 0) continue;
    for (size_t k = i; k < i + 8; ++k) {
      if (!good(text[k])) return false;
    }
  }
  for (; i < text.size(); ++i) {
    if (!good(text[i])) return false;
    seen |= static_cast<unsigned char>(text[i]);
  }
  wide = (seen & kHigh) != 0;
  return true;
}

}  // namespace

bool IsPlainText(std::string_view text) {
  bool wide = false;
  if (!PrintableAscii(text, wide)) return false;
  if (!wide) return true;
  for (size_t i = 0; i < text.size();) {
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      ++i;
      continue;
    }
    const base::Rune rune = base::DecodeRune(text, i);
    if (!rune.ok || rune.code < 0xa0 || rune.code == 0x2028 || rune.code == 0x2029 ||
        rune.code == 0xfeff || rune.code == 0xfffe || rune.code == 0xffff ||
        (rune.code >= 0xd800 && rune.code < 0xe000)) {
      return false;
    }
    i += rune.size;
  }
  return true;
}

bool ReadBlocks(Arena& arena, std::string_view text, const YamlReadOptions& options,
                std::vector<Node*>& roots) {
  if (text.size() > kMaxBytes || !IsPlainText(text)) return false;
  TreeSink sink(arena, options.dialect);
  BlockScanner scanner(text, sink, std::min(kMaxDepth, options.max_depth));
  std::vector<Node*> read;
  do {
    if (!scanner.Document()) return false;
    read.push_back(sink.Take());
  } while (!options.first_document_only && !scanner.AtEnd());
  roots.insert(roots.end(), read.begin(), read.end());
  return true;
}

std::optional<Document> ReadTopMembers(std::string_view text, YamlDialect dialect,
                                       bool (*wanted)(std::string_view)) {
  if (text.size() > kMaxBytes || !IsPlainText(text)) return std::nullopt;
  Document document;
  MembersSink sink(*document.arena, dialect, wanted);
  if (!BlockScanner(text, sink, kMaxDepth).Document() || !sink.is_mapping()) return std::nullopt;
  document.root = sink.Take();
  return document;
}

}  // namespace sluice::document
