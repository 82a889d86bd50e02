// Pipelines, commands, fields: what an action's words come to.
#include <algorithm>

#include "base/strings.h"
#include "run.h"

namespace sluice::gotemplate::internal {
namespace {

// The static type of an expression, as error texts name it.
std::string_view StaticType(Value v) { return v.boxed() ? "interface {}" : v.TypeName(); }

bool IsHexInt(std::string_view text) {
  return text.size() > 2 && text[0] == '0' && (text[1] | 0x20) == 'x' &&
         text.find_first_of("pP") == text.npos;
}

}  // namespace

Value Run::Pipe(const PipeNode& pipe, Value dot) {
  At(pipe);
  if (!Step()) return {};
  Value value;
  bool first = true;
  for (const CommandNode* command : pipe.commands) {
    value = Command(*command, dot, first ? nullptr : &value).Unboxed();
    if (failed()) return {};
    first = false;
  }
  for (const VariableNode* variable : pipe.variables) {
    if (pipe.assigns) {
      SetVariable(*variable, value);
    } else {
      Push(variable->id, value);
    }
  }
  return value;
}

void Run::RefuseArguments(Words words, const Value* final) {
  if (words.size() <= 1 && final == nullptr) return;
  std::string word;
  AppendSource(word, *words[0]);
  Fail(base::Cat("can't give argument to non-function ", word));
}

Value Run::Command(const CommandNode& command, Value dot, const Value* final) {
  const Node& first = *command.words[0];
  switch (first.kind) {
    case NodeKind::kField:
      return Field(static_cast<const FieldNode&>(first), dot, command.words, final);
    case NodeKind::kChain:
      return Chain(static_cast<const ChainNode&>(first), dot, command.words, final);
    case NodeKind::kIdentifier:
      return CallFunction(static_cast<const IdentifierNode&>(first), command, dot, command.words,
                          final);
    case NodeKind::kPipe:
      RefuseArguments(command.words, final);
      return failed() ? Value() : Pipe(static_cast<const PipeNode&>(first), dot);
    case NodeKind::kVariable:
      return VariableChain(static_cast<const VariableNode&>(first), dot, command.words, final);
    default:
      break;
  }
  At(first);
  RefuseArguments(command.words, final);
  if (failed()) return {};
  switch (first.kind) {
    case NodeKind::kBool:
      return Value::Bool(static_cast<const BoolNode&>(first).value);
    case NodeKind::kDot:
      return dot;
    case NodeKind::kNil:
      return Fail("nil is not a command");
    case NodeKind::kNumber:
      return Constant(static_cast<const NumberNode&>(first));
    default:
      return Value::String(static_cast<const StringNode&>(first).text);
  }
}

// Where no parameter says what a number is to be, its spelling does.
Value Run::Constant(const NumberNode& number) {
  At(number);
  if (number.is_complex) return Value::Complex(heap_, number.as_complex);
  const std::string_view text = number.text;
  if (number.is_float && !IsHexInt(text) && text[0] != '\'' &&
      text.find_first_of(".eEpP") != text.npos) {
    return Value::Float(number.as_float);
  }
  if (number.is_int) return Value::Int(number.as_int);
  return Fail(base::Cat(text, " overflows int"));
}

Value Run::Field(const FieldNode& node, Value dot, Words words, const Value* final) {
  At(node);
  return FieldChain(dot, node, node.fields, dot, words, final);
}

Value Run::Chain(const ChainNode& node, Value dot, Words words, const Value* final) {
  At(node);
  At(*node.node);
  const Value receiver = node.node->kind == NodeKind::kPipe
                             ? Pipe(static_cast<const PipeNode&>(*node.node), dot)
                             : CallFunction(static_cast<const IdentifierNode&>(*node.node),
                                            *node.node, dot, {}, nullptr);
  return failed() ? Value() : FieldChain(receiver, node, node.fields, dot, words, final);
}

Value Run::VariableChain(const VariableNode& node, Value dot, Words words, const Value* final) {
  At(node);
  const Value* value = FindVariable(node.id);
  if (value == nullptr) return Fail(base::Cat("undefined variable: ", node.name));
  if (!node.fields.empty()) return FieldChain(*value, node, node.fields, dot, words, final);
  RefuseArguments(words, final);
  return failed() ? Value() : *value;
}

// Arguments are the last field's.
Value Run::FieldChain(Value receiver, const Node& node, Names fields, Value dot, Words words,
                      const Value* final) {
  for (size_t i = 0; i + 1 < fields.size(); ++i) {
    receiver = OneField(receiver, node, fields[i], dot, {}, nullptr);
    if (failed()) return {};
  }
  return OneField(receiver, node, fields[fields.size() - 1], dot, words, final);
}

Value Run::OneField(Value receiver, const Node& node, std::string_view name, Value dot, Words words,
                    const Value* final) {
  if (receiver.kind() == Kind::kMap || receiver.kind() == Kind::kList) {
    Value out;
    if (TypeMethod(receiver, node, name, dot, words, final, out)) return out;
  }
  switch (receiver.kind()) {
    case Kind::kMap:
      if (words.size() > 1 || final != nullptr)
        return Fail(base::Cat(name, " is not a method but has arguments"));
      return MapField(receiver.map(), name);
    case Kind::kNil:
      if (receiver.boxed()) return Fail(base::Cat("nil pointer evaluating interface {}.", name));
      if (options_.missing_key == MissingKey::kError)
        return Fail(base::Cat("nil data; no entry for key ", base::QuoteGo(name)));
      return {};
    case Kind::kObject:
      return ObjectField(receiver, node, name, dot, words, final);
    default:
      return Fail(base::Cat("can't evaluate field ", name, " in type ", StaticType(receiver)));
  }
}

// Whether the receiver's type has such a method; `out` is what it gave.
bool Run::TypeMethod(Value receiver, const Node& node, std::string_view name, Value dot,
                     Words words, const Value* final, Value& out) {
  const TypeMethods* methods = receiver.type()->methods;
  if (methods == nullptr) return false;
  const std::string_view text = methods->Method(name);
  if (text.empty()) return false;
  std::array<std::string_view, 8> room;
  const Signature signature = Signature::Parse(text, room);
  out = CallAny({name, signature, nullptr, nullptr, Special::kNone, &receiver}, node, dot, words,
                final);
  return true;
}

Value Run::MapField(const Map& map, std::string_view name) {
  const Type* element = map.type().element;
  if (const Value* found = map.Find(name)) return element == nullptr ? found->Boxed() : *found;
  switch (options_.missing_key) {
    case MissingKey::kDefault:
      return {};
    case MissingKey::kError:
      return Fail(base::Cat("map has no entry for key ", base::QuoteGo(name)));
    case MissingKey::kZero:
      break;
  }
  if (element == &types::kString) return Value::String({});
  if (element == &types::kBytes) return Value::Bytes({});
  return Value().Boxed();
}

Value Run::ObjectField(Value receiver, const Node& node, std::string_view name, Value dot,
                       Words words, const Value* final) {
  Object& object = receiver.object();
  if (const std::string_view text = object.Method(name); !text.empty()) {
    std::array<std::string_view, 8> room;
    const Signature signature = Signature::Parse(text, room);
    return CallAny({name, signature, nullptr, &object, Special::kNone}, node, dot, words, final);
  }
  const bool arguments = words.size() > 1 || final != nullptr;
  if (const Map* map = object.AsMap()) {
    if (arguments) return Fail(base::Cat(name, " is not a method but has arguments"));
    return MapField(*map, name);
  }
  Value field;
  if (!object.Field(heap_, name, field)) {
    return Fail(base::Cat("can't evaluate field ", name, " in type ", StaticType(receiver)));
  }
  if (!arguments) return field;
  if (!object.FieldsAreMethods())
    return Fail(base::Cat(name, " has arguments but cannot be invoked as function"));
  const size_t given = (words.empty() ? 0 : words.size() - 1) + (final != nullptr ? 1 : 0);
  return Fail(base::Cat("wrong number of args for ", name, ": want 0 got ", std::to_string(given)));
}

}  // namespace sluice::gotemplate::internal
