// Text to trees, by text/template/parse's rules and in its words (spec helm-engine §2).
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gotemplate/template.h"
#include "lexer.h"
#include "tree.h"

namespace sluice::gotemplate::internal {

// What the parsers of one text share.
struct ParseContext {
  std::string_view file, text;
  const FunctionTable& functions;
  const ParseLimits& limits;
  Arena& arena;
  std::vector<std::unique_ptr<Tree>>& trees;
  Lexer lexer;
  base::Status status;                  // the first failure
  std::vector<std::string_view> names;  // of variables; the index is the id
  int depth = 0;
  // Where lists grow, see Growing.
  std::vector<Node*> nodes;
  std::vector<CommandNode*> commands;
  std::vector<std::string_view> fields;
  std::array<const NamedFunction*, 128> functions_met{};  // by a hash of their names
};

// Parses one template: the file's own, or the body of a define or block, for which it makes another
// of itself. After a failure, which stands in the context's status, functions return null and
// nothing more is read.
class Parser {
 public:
  Parser(ParseContext& context, std::string_view name);
  void ParseFile();

 private:
  enum class Stop : uint8_t { kEnd, kElse, kFailed };
  enum class Found : uint8_t { kNode, kEnd, kElse, kFailed };

  bool failed() const { return !c_.status.ok(); }
  std::nullptr_t Fail(std::string_view message);
  std::nullptr_t Unexpected(const Token& token, std::string_view where);

  Token Next();
  void Backup() { ++peeked_; }
  const Token& Peek();
  Token NextNonSpace();
  const Token& PeekNonSpace();
  Token Expect(TokenKind kind, std::string_view where);

  void Define();
  void Install(const ListNode* root);
  ListNode* ItemList(Stop& stop);
  Found TextOrAction(Node*& node);
  Found Action(Node*& node);
  Node* Jump(NodeKind kind, uint32_t position, std::string_view name);
  Found Else();
  Node* Branch(NodeKind kind);
  bool BranchBodies(NodeKind kind, BranchNode& branch);
  Node* TemplateCall();
  Node* Block();
  bool TemplateName(const Token& token, std::string_view where, std::string_view& name);
  PipeNode* Pipeline(std::string_view where, TokenKind end);
  bool Declarations(std::string_view where, PipeNode& pipe);
  bool CheckStages(std::span<CommandNode* const> commands, std::string_view where);
  CommandNode* Command();
  Node* Operand();  // null without a failure: the next token begins none
  Node* Term();
  Node* Identifier(const Token& token);
  const NamedFunction* Named(std::string_view name, const Function& function);
  Node* Number(const Token& token);
  Node* Quoted(const Token& token);
  VariableNode* Variable(uint32_t position, std::string_view text);
  std::span<const std::string_view> Fields(std::string_view text);
  uint32_t Id(std::string_view name);

  ParseContext& c_;
  std::string_view name_;
  std::array<Token, 3> tokens_;  // the furthest read first
  int peeked_ = 0;
  std::vector<uint32_t> variables_{0};
  uint32_t action_ = 0;  // where the action began, while in_action_
  bool in_action_ = false;
  int range_depth_ = 0, paren_depth_ = 0;
};

// A number or character constant as Go reads it; false with `error` where it is none.
bool ParseNumber(TokenKind kind, NumberNode& number, std::string& error);
// strconv.Unquote of "…" and `…`.
bool Unquote(std::string_view quoted, std::string& text);

}  // namespace sluice::gotemplate::internal
