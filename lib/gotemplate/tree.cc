#include "tree.h"

#include <algorithm>

#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace sluice::gotemplate::internal {
namespace {

void AppendFields(std::string& out, std::span<const std::string_view> fields) {
  for (const std::string_view field : fields) out.append(1, '.').append(field);
}

// Nested pipelines stand in parentheses.
void AppendWord(std::string& out, const Node& node) {
  const bool pipe = node.kind == NodeKind::kPipe;
  if (pipe) out += '(';
  AppendSource(out, node);
  if (pipe) out += ')';
}

void AppendPipe(std::string& out, const PipeNode& pipe) {
  for (const VariableNode* variable : pipe.variables) {
    if (variable != pipe.variables.front()) out += ", ";
    AppendSource(out, *variable);
  }
  if (!pipe.variables.empty()) out += pipe.assigns ? " = " : " := ";
  for (const CommandNode* command : pipe.commands) {
    if (command != pipe.commands.front()) out += " | ";
    AppendSource(out, *command);
  }
}

void AppendBranch(std::string& out, const BranchNode& branch) {
  out += branch.kind == NodeKind::kIf     ? "{{if "
         : branch.kind == NodeKind::kWith ? "{{with "
                                          : "{{range ";
  AppendSource(out, *branch.pipe);
  out += "}}";
  AppendSource(out, *branch.body);
  if (branch.otherwise != nullptr) {
    out += "{{else}}";
    AppendSource(out, *branch.otherwise);
  }
  out += "{{end}}";
}

void AppendTemplate(std::string& out, const TemplateNode& node) {
  out.append("{{template ").append(base::QuoteGo(node.name));
  if (node.pipe != nullptr) {
    out += ' ';
    AppendSource(out, *node.pipe);
  }
  out += "}}";
}

}  // namespace

void* Arena::Block(size_t bytes) {
  const size_t size = std::max(bytes, block_size_);
  blocks_.push_back(std::unique_ptr<char[]>(new char[size]));
  char* const block = blocks_.back().get();
  if (bytes <= block_size_ / 2) {
    next_ = block + bytes;
    end_ = block + size;
  }
  return block;
}

Signature Signature::Parse(std::string_view text, std::span<std::string_view, 8> room) {
  Signature s{};
  size_t n = 0;
  while (!text.empty() && text[0] != '>' && text[0] != '*') {
    const size_t size = text[0] == '{' ? text.find('}') + 1 : 1;
    SLUICE_CHECK(n < room.size() && size > 0);
    room[n++] = text.substr(0, size);
    text.remove_prefix(size);
  }
  s.parameters = std::span<const std::string_view>(room.data(), n);
  s.variadic = text.starts_with('*');
  if (s.variadic) text.remove_prefix(1);
  if (!text.empty()) s.result = text.substr(1);
  return s;
}

bool IsEmpty(const Node& node) {
  if (node.kind == NodeKind::kList) {
    return std::ranges::all_of(static_cast<const ListNode&>(node).nodes,
                               [](const Node* n) { return IsEmpty(*n); });
  }
  if (node.kind != NodeKind::kText) return false;
  const std::string_view text = static_cast<const TextNode&>(node).text;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    if (!base::IsSpace(rune.code)) return false;
    i += rune.size;
  }
  return true;
}

void AppendSource(std::string& out, const Node& node) {
  switch (node.kind) {
    case NodeKind::kText:
      out += static_cast<const TextNode&>(node).text;
      return;
    case NodeKind::kAction:
      out += "{{";
      AppendPipe(out, *static_cast<const ActionNode&>(node).pipe);
      out += "}}";
      return;
    case NodeKind::kIf:
    case NodeKind::kWith:
    case NodeKind::kRange:
      AppendBranch(out, static_cast<const BranchNode&>(node));
      return;
    case NodeKind::kTemplate:
      AppendTemplate(out, static_cast<const TemplateNode&>(node));
      return;
    case NodeKind::kBreak:
      out += "{{break}}";
      return;
    case NodeKind::kContinue:
      out += "{{continue}}";
      return;
    case NodeKind::kList:
      for (const Node* n : static_cast<const ListNode&>(node).nodes) AppendSource(out, *n);
      return;
    case NodeKind::kPipe:
      AppendPipe(out, static_cast<const PipeNode&>(node));
      return;
    case NodeKind::kCommand: {
      const auto words = static_cast<const CommandNode&>(node).words;
      for (const Node* word : words) {
        if (word != words.front()) out += ' ';
        AppendWord(out, *word);
      }
      return;
    }
    case NodeKind::kIdentifier:
      out += static_cast<const IdentifierNode&>(node).named->name;
      return;
    case NodeKind::kField:
      AppendFields(out, static_cast<const FieldNode&>(node).fields);
      return;
    case NodeKind::kVariable:
      out += static_cast<const VariableNode&>(node).name;
      AppendFields(out, static_cast<const VariableNode&>(node).fields);
      return;
    case NodeKind::kChain:
      AppendWord(out, *static_cast<const ChainNode&>(node).node);
      AppendFields(out, static_cast<const ChainNode&>(node).fields);
      return;
    case NodeKind::kDot:
      out += '.';
      return;
    case NodeKind::kNil:
      out += "nil";
      return;
    case NodeKind::kBool:
      out += static_cast<const BoolNode&>(node).value ? "true" : "false";
      return;
    case NodeKind::kNumber:
      out += static_cast<const NumberNode&>(node).text;
      return;
    case NodeKind::kString:
      out += static_cast<const StringNode&>(node).quoted;
      return;
  }
}

}  // namespace sluice::gotemplate::internal
