#include "parser.h"

#include "base/strings.h"
#include "growing.h"

namespace sluice::gotemplate::internal {
namespace {

std::string_view Word(NodeKind kind) {
  return kind == NodeKind::kIf ? "if" : kind == NodeKind::kWith ? "with" : "range";
}

bool BeginsOperand(TokenKind kind) {
  switch (kind) {
    case TokenKind::kBool:
    case TokenKind::kCharConstant:
    case TokenKind::kComplex:
    case TokenKind::kDot:
    case TokenKind::kField:
    case TokenKind::kIdentifier:
    case TokenKind::kNumber:
    case TokenKind::kNil:
    case TokenKind::kRawString:
    case TokenKind::kString:
    case TokenKind::kVariable:
    case TokenKind::kLeftParen:
      return true;
    default:
      return false;
  }
}

// Whether a quoted text says what stands between its quotes.
bool IsLiteral(const Token& token) {
  const std::string_view inside = token.text.substr(1, token.text.size() - 2);
  return inside.find(token.kind == TokenKind::kString ? '\\' : '\r') == inside.npos &&
         base::IsValidUtf8(inside);
}

}  // namespace

Parser::Parser(ParseContext& context, std::string_view name) : c_(context), name_(name) {}

// The line is that of the last token read from the text, not of the one complained about.
std::nullptr_t Parser::Fail(std::string_view message) {
  if (!failed()) {
    c_.status = base::InvalidArgument(
        base::Cat("template: ", c_.file, ":", std::to_string(c_.lexer.LineAt(tokens_[0].position)),
                  ": ", message));
  }
  return nullptr;
}

std::nullptr_t Parser::Unexpected(const Token& token, std::string_view where) {
  if (token.kind != TokenKind::kError)
    return Fail(base::Cat("unexpected ", token.Shown(), " in ", where));
  std::string extra;
  if (in_action_) {
    const int line = c_.lexer.LineAt(action_);
    if (line != c_.lexer.LineAt(token.position)) {
      extra = base::Cat(token.text.ends_with(" action") ? "" : " in action", " started at ",
                        c_.file, ":", std::to_string(line));
    }
  }
  return Fail(base::Cat(token.text, extra));
}

inline Token Parser::Next() {
  if (peeked_ > 0) {
    --peeked_;
  } else {
    tokens_[0] = c_.lexer.Next();
  }
  return tokens_[static_cast<size_t>(peeked_)];
}

inline const Token& Parser::Peek() {
  if (peeked_ == 0) {
    tokens_[0] = c_.lexer.Next();
    peeked_ = 1;
  }
  return tokens_[static_cast<size_t>(peeked_ - 1)];
}

const Token& Parser::PeekNonSpace() {
  while (Peek().kind == TokenKind::kSpace) --peeked_;
  return tokens_[static_cast<size_t>(peeked_ - 1)];
}

inline Token Parser::NextNonSpace() {
  PeekNonSpace();
  return tokens_[static_cast<size_t>(--peeked_)];
}

Token Parser::Expect(TokenKind kind, std::string_view where) {
  Token token = NextNonSpace();
  if (token.kind != kind) Unexpected(token, where);
  return token;
}

void Parser::ParseFile() {
  Growing nodes(c_.nodes);
  const uint32_t position = Peek().position;
  while (!failed() && Peek().kind != TokenKind::kEof) {
    if (Peek().kind == TokenKind::kLeftDelim) {
      const Token delim = Next();
      if (NextNonSpace().kind == TokenKind::kDefine) {
        Parser(c_, "").Define();
        continue;
      }
      tokens_[1] = delim;
      peeked_ = 2;
    }
    Node* node = nullptr;
    switch (TextOrAction(node)) {
      case Found::kNode:
        nodes.Add(node);
        break;
      case Found::kEnd:
        Fail("unexpected {{end}}");
        break;
      case Found::kElse:
        Fail("unexpected {{else}}");
        break;
      case Found::kFailed:
        return;
    }
  }
  if (failed()) return;
  auto* root = c_.arena.Make<ListNode>(NodeKind::kList, position);
  root->nodes = c_.arena.Keep(nodes.items());
  Install(root);
}

// "define" is read already.
void Parser::Define() {
  constexpr std::string_view kWhere = "define clause";
  const Token name = NextNonSpace();
  if (!TemplateName(name, kWhere, name_)) return;
  Expect(TokenKind::kRightDelim, kWhere);
  if (failed()) return;
  Stop stop;
  const ListNode* root = ItemList(stop);
  if (stop == Stop::kElse) Fail(base::Cat("unexpected {{else}} in ", kWhere));
  if (!failed()) Install(root);
}

// Of two bodies of one name, one must be empty: it yields.
void Parser::Install(const ListNode* root) {
  const auto it = std::ranges::find(c_.trees, name_, [](const auto& tree) { return tree->name; });
  if (it == c_.trees.end()) {
    c_.trees.push_back(std::make_unique<Tree>(Tree{name_, c_.file, c_.text, root}));
  } else if (IsEmpty(*(*it)->root)) {
    (*it)->root = root;
  } else if (!IsEmpty(*root)) {
    Fail(base::Cat("template: multiple definition of template ", base::QuoteGo(name_)));
  }
}

ListNode* Parser::ItemList(Stop& stop) {
  stop = Stop::kFailed;
  if (++c_.depth > c_.limits.max_depth) return Fail("blocks nested too deeply");
  Growing nodes(c_.nodes);
  auto* list = c_.arena.Make<ListNode>(NodeKind::kList, PeekNonSpace().position);
  while (PeekNonSpace().kind != TokenKind::kEof) {
    Node* node = nullptr;
    const Found found = TextOrAction(node);
    if (found == Found::kFailed) return nullptr;
    if (found == Found::kNode) {
      nodes.Add(node);
      continue;
    }
    stop = found == Found::kEnd ? Stop::kEnd : Stop::kElse;
    list->nodes = c_.arena.Keep(nodes.items());
    --c_.depth;
    return list;
  }
  return Fail("unexpected EOF");
}

Parser::Found Parser::TextOrAction(Node*& node) {
  const Token token = NextNonSpace();
  if (token.kind == TokenKind::kText) {
    auto* text = c_.arena.Make<TextNode>(NodeKind::kText, token.position);
    text->text = token.text;
    node = text;
    return Found::kNode;
  }
  if (token.kind != TokenKind::kLeftDelim) {
    Unexpected(token, "input");
    return Found::kFailed;
  }
  action_ = token.position;
  in_action_ = true;
  const Found found = Action(node);
  in_action_ = false;
  return failed() ? Found::kFailed : found;
}

Parser::Found Parser::Action(Node*& node) {
  const Token token = NextNonSpace();
  switch (token.kind) {
    case TokenKind::kBlock:
      node = Block();
      return Found::kNode;
    case TokenKind::kBreak:
      node = Jump(NodeKind::kBreak, token.position, "{{break}}");
      return Found::kNode;
    case TokenKind::kContinue:
      node = Jump(NodeKind::kContinue, token.position, "{{continue}}");
      return Found::kNode;
    case TokenKind::kElse:
      return Else();
    case TokenKind::kEnd:
      Expect(TokenKind::kRightDelim, "end");
      return Found::kEnd;
    case TokenKind::kIf:
      node = Branch(NodeKind::kIf);
      return Found::kNode;
    case TokenKind::kRange:
      node = Branch(NodeKind::kRange);
      return Found::kNode;
    case TokenKind::kTemplate:
      node = TemplateCall();
      return Found::kNode;
    case TokenKind::kWith:
      node = Branch(NodeKind::kWith);
      return Found::kNode;
    default:
      break;
  }
  Backup();
  auto* action = c_.arena.Make<ActionNode>(NodeKind::kAction, Peek().position);
  action->pipe = Pipeline("command", TokenKind::kRightDelim);
  node = action;
  return Found::kNode;
}

Node* Parser::Jump(NodeKind kind, uint32_t position, std::string_view name) {
  if (const Token token = NextNonSpace(); token.kind != TokenKind::kRightDelim)
    return Unexpected(token, name);
  if (range_depth_ == 0) return Fail(base::Cat(name, " outside {{range}}"));
  return c_.arena.Make<Node>(kind, position);
}

// What follows in "else if" and "else with" is left for the branch to read.
Parser::Found Parser::Else() {
  const TokenKind next = PeekNonSpace().kind;
  if (next != TokenKind::kIf && next != TokenKind::kWith) Expect(TokenKind::kRightDelim, "else");
  return Found::kElse;
}

// The keyword is read already.
Node* Parser::Branch(NodeKind kind) {
  const size_t variables = variables_.size();
  auto* branch = c_.arena.Make<BranchNode>(kind, 0);
  branch->pipe = Pipeline(Word(kind), TokenKind::kRightDelim);
  if (failed() || !BranchBodies(kind, *branch)) return nullptr;
  branch->position = branch->pipe->position;
  variables_.resize(variables);
  return branch;
}

bool Parser::BranchBodies(NodeKind kind, BranchNode& branch) {
  Stop stop;
  const int ranges = kind == NodeKind::kRange ? 1 : 0;
  range_depth_ += ranges;
  branch.body = ItemList(stop);
  range_depth_ -= ranges;
  if (stop != Stop::kElse) return stop == Stop::kEnd;
  const TokenKind next = Peek().kind;
  const bool chained = kind == NodeKind::kIf ? next == TokenKind::kIf
                                             : kind == NodeKind::kWith && next == TokenKind::kWith;
  if (chained) {  // the chain's one {{end}} ends all of it
    const uint32_t position = Next().position;
    if (++c_.depth > c_.limits.max_depth) {
      Fail("blocks nested too deeply");
      return false;
    }
    Node* const inner = Branch(kind);
    --c_.depth;
    branch.otherwise = c_.arena.Make<ListNode>(NodeKind::kList, position);
    branch.otherwise->nodes = c_.arena.Keep(std::span<Node* const>(&inner, 1));
    return !failed();
  }
  branch.otherwise = ItemList(stop);
  if (stop == Stop::kElse) Fail("expected end; found {{else}}");
  return !failed();
}

Node* Parser::TemplateCall() {
  constexpr std::string_view kWhere = "template clause";
  const Token token = NextNonSpace();
  auto* node = c_.arena.Make<TemplateNode>(NodeKind::kTemplate, token.position);
  if (!TemplateName(token, kWhere, node->name)) return nullptr;
  if (NextNonSpace().kind != TokenKind::kRightDelim) {
    Backup();
    node->pipe = Pipeline(kWhere, TokenKind::kRightDelim);
  }
  return node;
}

// A define and a template in one.
Node* Parser::Block() {
  constexpr std::string_view kWhere = "block clause";
  const Token token = NextNonSpace();
  auto* node = c_.arena.Make<TemplateNode>(NodeKind::kTemplate, token.position);
  if (!TemplateName(token, kWhere, node->name)) return nullptr;
  node->pipe = Pipeline(kWhere, TokenKind::kRightDelim);
  if (failed()) return nullptr;
  Parser body(c_, node->name);
  Stop stop;
  const ListNode* root = body.ItemList(stop);
  if (stop == Stop::kElse) return Fail(base::Cat("unexpected {{else}} in ", kWhere));
  if (!failed()) body.Install(root);
  return node;
}

bool Parser::TemplateName(const Token& token, std::string_view where, std::string_view& name) {
  if (token.kind != TokenKind::kString && token.kind != TokenKind::kRawString) {
    Unexpected(token, where);
    return false;
  }
  if (IsLiteral(token)) {
    name = token.text.substr(1, token.text.size() - 2);
    return true;
  }
  std::string text;
  if (!Unquote(token.text, text)) {
    Fail("invalid syntax");
    return false;
  }
  name = c_.arena.Keep(text);
  return true;
}

PipeNode* Parser::Pipeline(std::string_view where, TokenKind end) {
  auto* pipe = c_.arena.Make<PipeNode>(NodeKind::kPipe, PeekNonSpace().position);
  if (!Declarations(where, *pipe)) return nullptr;
  Growing commands(c_.commands);
  for (;;) {
    const Token token = NextNonSpace();
    if (token.kind == end) break;
    if (!BeginsOperand(token.kind)) return Unexpected(token, where);
    Backup();
    commands.Add(Command());
    if (failed()) return nullptr;
  }
  if (!CheckStages(commands.items(), where)) return nullptr;
  pipe->commands = c_.arena.Keep(commands.items());
  return pipe;
}

// "$x :=", "$x =", and for ranges "$k, $v :=". A variable that none of these follows is put back,
// with the space behind it, since spaces separate words.
bool Parser::Declarations(std::string_view where, PipeNode& pipe) {
  std::vector<VariableNode*> variables;
  const auto declare = [&](const Token& v) {
    variables.push_back(Variable(v.position, v.text));
    variables_.push_back(variables.back()->id);
  };
  while (PeekNonSpace().kind == TokenKind::kVariable) {
    const Token v = Next();
    const Token after = Peek();
    const Token next = PeekNonSpace();
    if (next.kind == TokenKind::kAssign || next.kind == TokenKind::kDeclare) {
      pipe.assigns = next.kind == TokenKind::kAssign;
      NextNonSpace();
      declare(v);
    } else if (next.kind == TokenKind::kChar && next.text == ",") {
      NextNonSpace();
      declare(v);
      if (where == "range" && variables.size() < 2) {
        const TokenKind kind = PeekNonSpace().kind;
        if (kind == TokenKind::kVariable || kind == TokenKind::kRightDelim ||
            kind == TokenKind::kRightParen)
          continue;
        Fail("range can only initialize variables");
      } else {
        Fail(base::Cat("too many declarations in ", where));
      }
    } else if (after.kind == TokenKind::kSpace) {
      tokens_[1] = after;
      tokens_[2] = v;
      peeked_ = 3;
    } else {
      tokens_[1] = v;
      peeked_ = 2;
    }
    break;
  }
  pipe.variables = c_.arena.Keep(std::span<VariableNode* const>(variables));
  return !failed();
}

bool Parser::CheckStages(std::span<CommandNode* const> commands, std::string_view where) {
  if (commands.empty()) {
    Fail(base::Cat("missing value for ", where));
    return false;
  }
  for (size_t i = 1; i < commands.size(); ++i) {
    switch (commands[i]->words[0]->kind) {
      case NodeKind::kBool:
      case NodeKind::kDot:
      case NodeKind::kNil:
      case NodeKind::kNumber:
      case NodeKind::kString:
        Fail(base::Cat("non executable command in pipeline stage ", std::to_string(i + 1)));
        return false;
      default:
        break;
    }
  }
  return true;
}

CommandNode* Parser::Command() {
  auto* command = c_.arena.Make<CommandNode>(NodeKind::kCommand, PeekNonSpace().position);
  Growing words(c_.nodes);
  for (;;) {
    PeekNonSpace();
    if (Node* operand = Operand()) words.Add(operand);
    if (failed()) return nullptr;
    const Token token = Next();
    if (token.kind == TokenKind::kSpace) continue;
    if (token.kind == TokenKind::kRightDelim || token.kind == TokenKind::kRightParen) {
      Backup();
    } else if (token.kind != TokenKind::kPipe) {
      return Unexpected(token, "operand");
    }
    break;
  }
  if (words.items().empty()) return Fail("empty command");
  command->words = c_.arena.Keep(words.items());
  return command;
}

Node* Parser::Operand() {
  Node* node = Term();
  if (node == nullptr || Peek().kind != TokenKind::kField) return node;
  const uint32_t position = Peek().position;
  const std::span<const std::string_view> first = node->kind == NodeKind::kField
                                                      ? static_cast<FieldNode*>(node)->fields
                                                      : std::span<const std::string_view>();
  Growing fields(c_.fields);
  for (const std::string_view name : first) fields.Add(name);
  while (Peek().kind == TokenKind::kField) fields.Add(Next().text.substr(1));
  const auto kept = [&] { return c_.arena.Keep(fields.items()); };
  switch (node->kind) {
    case NodeKind::kField: {
      auto* field = static_cast<FieldNode*>(node);
      field->fields = kept();
      field->position = position;
      return field;
    }
    case NodeKind::kVariable: {
      auto* variable = static_cast<VariableNode*>(node);
      variable->fields = kept();
      variable->position = position;
      return variable;
    }
    case NodeKind::kBool:
    case NodeKind::kString:
    case NodeKind::kNumber:
    case NodeKind::kNil:
    case NodeKind::kDot: {
      std::string source;
      AppendSource(source, *node);
      return Fail(base::Cat("unexpected . after term ", base::QuoteGo(source)));
    }
    default:
      break;
  }
  auto* chain = c_.arena.Make<ChainNode>(NodeKind::kChain, position);
  chain->node = node;
  chain->fields = kept();
  return chain;
}

Node* Parser::Term() {
  const Token token = NextNonSpace();
  switch (token.kind) {
    case TokenKind::kIdentifier:
      return Identifier(token);
    case TokenKind::kDot:
      return c_.arena.Make<Node>(NodeKind::kDot, token.position);
    case TokenKind::kNil:
      return c_.arena.Make<Node>(NodeKind::kNil, token.position);
    case TokenKind::kVariable: {
      VariableNode* variable = Variable(token.position, token.text);
      if (std::ranges::find(variables_, variable->id) != variables_.end()) return variable;
      return Fail(base::Cat("undefined variable ", base::QuoteGo(variable->name)));
    }
    case TokenKind::kField: {
      auto* field = c_.arena.Make<FieldNode>(NodeKind::kField, token.position);
      field->fields = Fields(token.text.substr(1));
      return field;
    }
    case TokenKind::kBool: {
      auto* node = c_.arena.Make<BoolNode>(NodeKind::kBool, token.position);
      node->value = token.text == "true";
      return node;
    }
    case TokenKind::kCharConstant:
    case TokenKind::kComplex:
    case TokenKind::kNumber:
      return Number(token);
    case TokenKind::kLeftParen: {
      if (paren_depth_ >= c_.limits.max_depth) return Fail("max expression depth exceeded");
      ++paren_depth_;
      Node* pipe = Pipeline("parenthesized pipeline", TokenKind::kRightParen);
      --paren_depth_;
      return pipe;
    }
    case TokenKind::kString:
    case TokenKind::kRawString:
      return Quoted(token);
    default:
      Backup();
      return nullptr;
  }
}

Node* Parser::Identifier(const Token& token) {
  // The functions of a text are few, and named often.
  const auto letter = [&](size_t i) { return static_cast<unsigned char>(token.text[i]); };
  const NamedFunction*& met =
      c_.functions_met[(token.text.size() * 5 + letter(0) * 3u + letter(token.text.size() - 1)) %
                       c_.functions_met.size()];
  if (met == nullptr || met->name != token.text) {
    const Function* function = c_.functions.Find(token.text);
    if (function == nullptr)
      return Fail(base::Cat("function ", base::QuoteGo(token.text), " not defined"));
    met = Named(token.text, *function);
  }
  auto* node = c_.arena.Make<IdentifierNode>(NodeKind::kIdentifier, token.position);
  node->named = met;
  return node;
}

const NamedFunction* Parser::Named(std::string_view name, const Function& function) {
  auto* named = c_.arena.Make<NamedFunction>();
  named->name = name;
  named->function = &function;
  std::array<std::string_view, 8> room;
  named->signature = Signature::Parse(function.signature, room);
  named->signature.parameters = c_.arena.Keep(named->signature.parameters);
  const auto builtins = BuiltinFunctions();
  if (&function >= builtins.data() && &function < builtins.data() + builtins.size()) {
    named->special = name == "and"    ? Special::kAnd
                     : name == "or"   ? Special::kOr
                     : name == "call" ? Special::kCall
                                      : Special::kNone;
  }
  return named;
}

Node* Parser::Number(const Token& token) {
  auto* number = c_.arena.Make<NumberNode>(NodeKind::kNumber, token.position);
  number->text = token.text;
  std::string error;
  if (!ParseNumber(token.kind, *number, error)) return Fail(error);
  return number;
}

Node* Parser::Quoted(const Token& token) {
  auto* node = c_.arena.Make<StringNode>(NodeKind::kString, token.position);
  node->quoted = token.text;
  if (IsLiteral(token)) {
    node->text = token.text.substr(1, token.text.size() - 2);
    return node;
  }
  std::string text;
  if (!Unquote(token.text, text)) return Fail("invalid syntax");
  node->text = c_.arena.Keep(text);
  return node;
}

VariableNode* Parser::Variable(uint32_t position, std::string_view text) {
  auto* node = c_.arena.Make<VariableNode>(NodeKind::kVariable, position);
  node->name = text;
  node->id = Id(text);
  return node;
}

std::span<const std::string_view> Parser::Fields(std::string_view text) {
  return c_.arena.Keep(std::span<const std::string_view>(&text, 1));
}

uint32_t Parser::Id(std::string_view name) {
  const auto it = std::ranges::find(c_.names, name);
  if (it == c_.names.end()) {
    c_.names.push_back(name);
    return static_cast<uint32_t>(c_.names.size() - 1);
  }
  return static_cast<uint32_t>(it - c_.names.begin());
}

}  // namespace sluice::gotemplate::internal
