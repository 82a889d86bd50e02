// go-yaml v3's encoder on a styled tree. The order of steps, comments above all, is that of its
// emitter's state machine: a collection's start is written with its parent's step, the line and
// foot comments that are pending then follow, its items after that.
#include <algorithm>
#include <string>
#include <vector>

#include "document/reread.h"
#include "document/yaml.h"
#include "document/yaml_emitter.h"
#include "resolve.h"
#include "yaml_out.h"

namespace sluice::document {
namespace {

constexpr int kNoWidth = 0x7fffffff;  // v3 never folds
constexpr size_t kLongestSimpleKey = 128;

class Writer {
 public:
  Writer(std::string& out, const Yaml3WriteOptions& options)
      : out_(out, options.indent < 2 || options.indent > 9 ? 2 : options.indent, kNoWidth),
        compact_(options.compact_sequences) {}

  // How a scalar stands in a block collection, as its value or as its simple key.
  static ScalarStyle StyleInBlock(const Node& scalar, bool key) {
    Plan plan;
    PlanScalar(scalar, plan);
    return SelectStyle(scalar, plan, {.simple_key = key}, 0);
  }

  void Document(const Node& root) {
    const Plan plan = Analyze(root, {});
    HeadComment();
    Emit(root, plan, {.root = true});
    LineComment();
    FootComment();
    Body(root, {.root = true});
    out_.foot_indent = 0;
    FootComment();
    out_.foot_indent = -1;
    out_.WriteIndent();
  }

 private:
  // Where a node stands.
  struct Place {
    bool root = false;
    bool mapping = false;  // a mapping's key or value
    bool simple_key = false;
    bool block_item = false;  // directly in a block sequence
  };
  // What is decided about a node before anything of it is written.
  struct Plan {
    std::string tag;  // long form; "" = not written
    ScalarStyle style = ScalarStyle::kPlain;
    ScalarShape shape;
  };

  Plan Analyze(const Node& node, std::string_view tail) {
    Plan plan;
    if (!tail.empty()) tail_ = tail;
    if (const auto c = node.head_comment(); !c.empty()) head_ = c;
    if (node.is_scalar() || node.is_alias()) {
      if (const auto c = node.line_comment(); !c.empty()) line_ = c;
      if (const auto c = node.foot_comment(); !c.empty()) foot_ = c;
    }
    if (node.is_alias()) return plan;
    if (!node.is_scalar()) {
      const Tag natural = node.is_mapping() ? Tag::kMap : Tag::kSeq;
      if (node.tagged() || (node.tag_id() != natural && node.tag_id() != Tag::kNone))
        plan.tag = LongTag(node.tag());
      return plan;
    }
    PlanScalar(node, plan);
    return plan;
  }

  static void PlanScalar(const Node& node, Plan& plan) {
    bool force_quoting = false;
    const bool quoted = node.style() != Node::Style::kPlain && node.style() != Node::Style::kFlow;
    if (node.tagged()) {
      plan.tag = LongTag(node.tag());
    } else if (node.tag_id() != Tag::kNone && !(node.tag_id() == Tag::kStr && quoted)) {
      // A merge key keeps its tag in the text: "!!merge <<", as upstream writes it.
      if (ResolveTag(node.value()) != node.tag_id() || node.tag_id() == Tag::kMerge) {
        if (node.tag_id() == Tag::kStr) {
          force_quoting = true;
        } else {
          plan.tag = LongTag(node.tag());
        }
      }
    }
    switch (node.style()) {
      case Node::Style::kDoubleQuoted:
        plan.style = ScalarStyle::kDoubleQuoted;
        break;
      case Node::Style::kSingleQuoted:
        plan.style = ScalarStyle::kSingleQuoted;
        break;
      case Node::Style::kLiteral:
        plan.style = ScalarStyle::kLiteral;
        break;
      case Node::Style::kFolded:
        plan.style = ScalarStyle::kFolded;
        break;
      default:
        if (node.value().find('\n') != std::string_view::npos) {
          plan.style = ScalarStyle::kLiteral;
        } else if (force_quoting) {
          plan.style = ScalarStyle::kDoubleQuoted;
        }
    }
    if (NeedsAnalysis(node.value())) plan.shape = AnalyzeScalar(node.value(), true);
  }

  static std::string LongTag(std::string_view tag) {
    return tag.starts_with("!!") ? "tag:yaml.org,2002:" + std::string(tag.substr(2))
                                 : std::string(tag);
  }

  // A scalar or alias whole; of a collection its anchor and tag.
  void Emit(const Node& node, const Plan& plan, const Place& place) {
    if (node.is_alias()) {
      out_.WriteIndicator("*", true, false, false);
      Name(node.value());
      return;
    }
    ScalarStyle style = plan.style;
    if (node.is_scalar()) style = SelectStyle(node, plan, place, flow_level_);
    if (!node.anchor().empty()) {
      out_.WriteIndicator("&", true, false, false);
      Name(node.anchor());
    }
    WriteTag(plan.tag);
    if (!node.is_scalar()) return;
    const int outer = out_.indent;
    IncreaseIndent(true, false, place);
    WriteScalar(node.value(), style, !place.simple_key);
    out_.indent = outer;
  }

  void Name(std::string_view name) {
    out_.PutAll(name);
    out_.whitespace = out_.indention = false;
  }

  static ScalarStyle SelectStyle(const Node& node, const Plan& plan, const Place& place,
                                 int flow_level) {
    ScalarStyle style = plan.style;
    if (place.simple_key && plan.shape.multiline) style = ScalarStyle::kDoubleQuoted;
    if (style == ScalarStyle::kPlain) {
      const bool empty = node.value().empty() && (flow_level > 0 || place.simple_key);
      if (empty || !(flow_level > 0 ? plan.shape.flow_plain : plan.shape.block_plain))
        style = ScalarStyle::kSingleQuoted;
    }
    if (style == ScalarStyle::kSingleQuoted && !plan.shape.single_quoted)
      style = ScalarStyle::kDoubleQuoted;
    if ((style == ScalarStyle::kLiteral || style == ScalarStyle::kFolded) &&
        (!plan.shape.block || flow_level > 0 || place.simple_key)) {
      style = ScalarStyle::kDoubleQuoted;
    }
    return style;
  }

  void WriteScalar(std::string_view text, ScalarStyle style, bool allow_breaks) {
    switch (style) {
      case ScalarStyle::kPlain:
        out_.WritePlain(text, allow_breaks);
        return;
      case ScalarStyle::kSingleQuoted:
        out_.WriteSingleQuoted(text, allow_breaks);
        return;
      case ScalarStyle::kDoubleQuoted:
        out_.WriteDoubleQuoted(text, allow_breaks);
        return;
      case ScalarStyle::kLiteral:
        out_.WriteLiteral(text, line_);
        break;
      case ScalarStyle::kFolded:
        out_.WriteFolded(text, line_);
        break;
    }
    line_ = {};  // it stands behind the "|"
  }

  void WriteTag(std::string_view tag) {
    if (tag.empty()) return;
    constexpr std::string_view kStandard = "tag:yaml.org,2002:";
    if (tag.starts_with('!') || tag.starts_with(kStandard)) {
      const bool local = tag.starts_with('!');
      if (!out_.whitespace) out_.Put(' ');
      out_.PutAll(local ? "!" : "!!");
      TagContent(tag.substr(local ? 1 : kStandard.size()));
      out_.whitespace = out_.indention = false;
      return;
    }
    out_.WriteIndicator("!<", true, false, false);
    TagContent(tag);
    out_.WriteIndicator(">", false, false, false);
  }

  void TagContent(std::string_view text) {
    constexpr std::string_view kPlain = ";/?:@&=+$,_.~*'()[]-";
    for (const char c : text) {
      const auto byte = static_cast<unsigned char>(c);
      const bool alpha = (byte >= '0' && byte <= '9') ||
                         ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z' && byte < 0x80);
      if (alpha || kPlain.find(c) != kPlain.npos) {
        out_.Put(c);
      } else {
        constexpr char kHex[] = "0123456789ABCDEF";
        out_.Put('%');
        out_.Put(kHex[byte >> 4]);
        out_.Put(kHex[byte & 0xf]);
      }
    }
  }

  void IncreaseIndent(bool flow, bool compact, const Place& place) {
    const int best = out_.best_indent();
    if (out_.indent < 0) {
      out_.indent = flow ? best : 0;
    } else if (place.block_item) {
      out_.indent += 2;  // skips "- "
    } else {
      out_.indent = best * ((out_.indent + best) / best) - (compact ? 2 : 0);
    }
  }

  // The items of a collection whose start is written. Scalars have none.
  void Body(const Node& node, const Place& place) {
    if (node.is_scalar() || node.is_alias()) return;
    const bool flow = flow_level_ > 0 || node.style() == Node::Style::kFlow || node.empty();
    const int outer = out_.indent;
    if (node.is_sequence()) {
      flow ? FlowSequence(node, place) : BlockSequence(node, place);
    } else {
      flow ? FlowMapping(node, place) : BlockMapping(node, place);
    }
    out_.indent = outer;
  }

  void EndComments(const Node& node, std::string_view tail) {
    if (!tail.empty()) tail_ = tail;
    if (const auto c = node.line_comment(); !c.empty()) line_ = c;
    if (const auto c = node.foot_comment(); !c.empty()) foot_ = c;
  }

  void BlockSequence(const Node& node, const Place& place) {
    IncreaseIndent(false, compact_ && place.mapping && (out_.column == 0 || !out_.indention),
                   place);
    constexpr Place kItem{.block_item = true};
    for (const Node* item : node.items()) {
      const Plan plan = Analyze(*item, {});
      HeadComment();
      out_.WriteIndent();
      out_.WriteIndicator("-", true, false, true);
      Emit(*item, plan, kItem);
      LineComment();
      FootComment();
      Body(*item, kItem);
    }
    EndComments(node, {});
  }

  // A key's foot comment comes after its value, however deep that is: it is handed to the next key
  // as its tail.
  Plan AnalyzeKey(const Node& key, std::string_view& tail) {
    const std::string_view pending_foot = foot_;
    const Plan plan = Analyze(key, tail);
    foot_ = pending_foot;
    tail = key.foot_comment();
    return plan;
  }

  void BlockMapping(const Node& node, const Place& place) {
    IncreaseIndent(false, false, place);
    std::string_view tail;
    for (const auto& [key, value] : node.pairs()) {
      const Plan key_plan = AnalyzeKey(*key, tail);
      HeadComment();
      out_.WriteIndent();
      const std::string_view key_line = line_;
      line_ = {};
      const bool simple = IsSimpleKey(*key, key_plan);
      const Place key_place{.mapping = true, .simple_key = simple};
      if (!simple) out_.WriteIndicator("?", true, false, true);
      Emit(*key, key_plan, key_place);
      Body(*key, key_place);

      const Plan plan = Analyze(*value, {});
      if (simple) {
        out_.WriteIndicator(":", false, false, false);
      } else {
        out_.WriteIndent();
        out_.WriteIndicator(":", true, false, true);
      }
      if (!key_line.empty()) KeyLineComment(*value, key_line);
      constexpr Place kValue{.mapping = true};
      Emit(*value, plan, kValue);
      LineComment();
      FootComment();
      Body(*value, kValue);
    }
    EndComments(node, tail);
    HeadComment();
  }

  void KeyLineComment(const Node& value, std::string_view comment) {
    if (value.is_scalar()) {
      if (line_.empty()) line_ = comment;
    } else if (!value.is_alias() && value.style() != Node::Style::kFlow) {
      const std::string_view kept = line_;
      line_ = comment;
      LineComment();
      line_ = kept;
    }
  }

  void FlowSequence(const Node& node, const Place& place) {
    const int outer = out_.indent;
    out_.WriteIndicator("[", true, true, false);
    IncreaseIndent(true, false, place);
    ++flow_level_;
    bool comma = false;
    for (const Node* item : node.items()) {
      const Plan plan = Analyze(*item, {});
      if (comma) out_.WriteIndicator(",", false, false, false);
      HeadComment();
      if (out_.column == 0) out_.WriteIndent();
      comma = FlowNode(*item, plan, {});
    }
    EndComments(node, {});
    --flow_level_;
    out_.indent = outer;
    if (out_.column == 0) out_.WriteIndent();
    out_.WriteIndicator("]", false, false, false);
    LineComment();
    FootComment();
  }

  // Writes the node; false if its comma has been written as well, before its comments.
  bool FlowNode(const Node& node, const Plan& plan, const Place& place) {
    const bool comments = !line_.empty() || !foot_.empty() || !tail_.empty();
    Emit(node, plan, place);
    if (comments) out_.WriteIndicator(",", false, false, false);
    LineComment();
    FootComment();
    Body(node, place);
    return !comments;
  }

  void FlowMapping(const Node& node, const Place& place) {
    const int outer = out_.indent;
    out_.WriteIndicator("{", true, true, false);
    IncreaseIndent(true, false, place);
    ++flow_level_;
    bool comma = false;
    std::string_view tail;
    for (const auto& [key, value] : node.pairs()) {
      const Plan key_plan = AnalyzeKey(*key, tail);
      if (comma) out_.WriteIndicator(",", false, false, false);
      HeadComment();
      if (out_.column == 0) out_.WriteIndent();
      const bool simple = IsSimpleKey(*key, key_plan);
      const Place key_place{.mapping = true, .simple_key = simple};
      if (!simple) out_.WriteIndicator("?", true, false, false);
      Emit(*key, key_plan, key_place);
      Body(*key, key_place);
      const Plan plan = Analyze(*value, {});
      out_.WriteIndicator(":", !simple, false, false);
      comma = FlowNode(*value, plan, {.mapping = true});
    }
    EndComments(node, tail);
    if (comma && (!head_.empty() || !foot_.empty() || !tail_.empty()))
      out_.WriteIndicator(",", false, false, false);
    HeadComment();
    --flow_level_;
    out_.indent = outer;
    out_.WriteIndicator("}", false, false, false);
    LineComment();
    FootComment();
  }

  static bool IsSimpleKey(const Node& key, const Plan& plan) {
    if (key.is_alias()) return key.value().size() <= kLongestSimpleKey;
    if (!key.is_scalar() && !key.empty()) return false;
    if (plan.shape.multiline) return false;
    // The tag counts as "!!" and what follows.
    size_t tag = plan.tag.size();
    if (plan.tag.starts_with("tag:yaml.org,2002:")) tag -= 16;
    return key.anchor().size() + tag + key.value().size() <= kLongestSimpleKey;
  }

  void Comment(std::string_view text) {
    bool breaks = false, pound = false;
    size_t i = 0;
    while (i < text.size()) {
      if (text[i] == '\n') {
        out_.PutBreak();
        breaks = true;
        pound = false;
        ++i;
        continue;
      }
      if (breaks) out_.WriteIndent();
      if (!pound && text[i] != '#') out_.PutAll("# ");
      pound = true;
      const size_t end = std::min(text.find('\n', i), text.size());
      out_.PutAll(text.substr(i, end - i));
      i = end;
      out_.indention = false;
      breaks = false;
    }
    if (!breaks) out_.PutBreak();
    out_.whitespace = true;
  }

  void HeadComment() {
    if (!tail_.empty()) {
      out_.WriteIndent();
      Comment(tail_);
      tail_ = {};
      out_.foot_indent = out_.indent < 0 ? 0 : out_.indent;
    }
    if (head_.empty()) return;
    out_.WriteIndent();
    Comment(head_);
    head_ = {};
  }

  void LineComment() {
    if (line_.empty()) return;
    if (!out_.whitespace) out_.Put(' ');
    Comment(line_);
    line_ = {};
  }

  void FootComment() {
    if (foot_.empty()) return;
    out_.WriteIndent();
    Comment(foot_);
    foot_ = {};
    out_.foot_indent = out_.indent < 0 ? 0 : out_.indent;
  }

  YamlOut out_;
  const bool compact_;
  int flow_level_ = 0;
  std::string_view head_, line_, foot_, tail_;  // comments read and not yet written
};

// 4, not !!float 4.
void DropNumberTags(Node* node) {
  if (node->is_scalar() && node->tag_id() == Tag::kFloat) node->SetTag(Tag::kNone);
  for (Node* item : node->items()) DropNumberTags(item);
  for (const auto& pair : node->pairs()) DropNumberTags(pair.value);
}

// Builds what reading the writer's text would give; gives up where the text would not read back as
// it was.
class Rereader {
 public:
  explicit Rereader(Arena& arena) : arena_(arena) {}

  Node* Make(const Value& value, size_t depth = 0) {
    if (depth > kMaxDepth) return GiveUp();
    switch (value.kind()) {
      case Value::Kind::kString:
        return Text(value.AsString(), false);
      case Value::Kind::kArray: {
        if (value.empty()) return arena_.NewSequence(Node::Style::kFlow);
        Node* list = arena_.NewSequence();
        for (const Value& item : value.items()) list->Append(Make(item, depth + 1));
        return list;
      }
      case Value::Kind::kObject: {
        if (value.empty()) return arena_.NewMapping(Node::Style::kFlow);
        std::vector<const Value::Member*> sorted;
        for (const auto& member : value.members()) sorted.push_back(&member);
        std::ranges::stable_sort(sorted, NaturalKeyLess3,
                                 [](const Value::Member* m) { return std::string_view(m->first); });
        Node* map = arena_.NewMapping();
        for (const Value::Member* member : sorted) {
          const std::string_view key = member->first;
          if (key.size() > kLongestSimpleKey || key.find('\n') != key.npos) GiveUp();
          map->AppendPair(Text(key, true), Make(member->second, depth + 1));
        }
        return map;
      }
      default: {
        Node* scalar = FromValue(arena_, value);
        scalar->SetTag(ResolveTag(scalar->value()));
        return scalar;
      }
    }
  }
  bool gave_up() const { return gave_up_; }

 private:
  static constexpr size_t kMaxDepth = 500;

  Node* GiveUp() {
    gave_up_ = true;
    return arena_.NewNull();
  }

  Node* Text(std::string_view text, bool key) {
    Node* node = arena_.NewString(text);
    switch (Writer::StyleInBlock(*node, key)) {
      case ScalarStyle::kPlain:
        if (IsYaml11Scalar(text)) node->set_style(Node::Style::kDoubleQuoted);
        break;
      case ScalarStyle::kSingleQuoted:
        node->set_style(Node::Style::kSingleQuoted);
        break;
      case ScalarStyle::kDoubleQuoted:
        node->set_style(Node::Style::kDoubleQuoted);
        break;
      case ScalarStyle::kLiteral:
        if (text.starts_with(' ') || text.starts_with('\t') || text.starts_with('\n'))
          return GiveUp();
        node->set_style(Node::Style::kLiteral);
        break;
      case ScalarStyle::kFolded:
        return GiveUp();
    }
    return node;
  }

  Arena& arena_;
  bool gave_up_ = false;
};

}  // namespace

base::Result<Node*> FromValueAsWritten(Arena& arena, const Value& value) {
  Rereader direct(arena);
  if (Node* const root = direct.Make(value); !direct.gave_up()) return root;
  Node* const root = FromValue(arena, value);
  DropNumberTags(root);
  SLUICE_TRY(const auto documents,
             ParseYaml(arena, WriteYaml3(*root, {.indent = 2, .compact_sequences = true}),
                       {.first_document_only = true}));
  return documents.empty() ? arena.NewNull() : documents.front();
}

std::string WriteYaml3(const Node& node, const Yaml3WriteOptions& options) {
  std::string out;
  Writer(out, options).Document(node);
  return out;
}

}  // namespace sluice::document
