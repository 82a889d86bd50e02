// Calls: arity, arguments checked by signature, the call, its failure (spec helm-engine §3.3).
#include <algorithm>
#include <array>

#include "base/strings.h"
#include "run.h"

namespace sluice::gotemplate::internal {
namespace {

constexpr struct {
  char letter;
  std::string_view type;
} kTypes[] = {
    {'S', "string"},
    {'B', "bool"},
    {'I', "int"},
    {'L', "int64"},
    {'U', "uint32"},
    {'F', "float64"},
    {'A', "interface {}"},
    {'V', "[]interface {}"},
    {'M', "map[string]interface {}"},
    {'T', "time.Time"},
    {'R', "reflect.Value"},
    {'b', "[]uint8"},
    {'s', "[]string"},
    {'C', "sprig.certificate"},
    {'m', "map[string]string"},
};

// A letter's value for Go's nil: false where the type has none.
bool ZeroOf(Heap& heap, std::string_view type, Value& zero) {
  switch (type[0]) {
    case 'A':
    case 'R':
      zero = {};
      return true;
    case 'V':
      zero = Value::Of(heap.NilList());
      return true;
    case 's':
      zero = Value::Of(heap.NilList(types::kStringList));
      return true;
    case 'M':
      zero = Value::Of(heap.NilMap());
      return true;
    case 'm':
      zero = Value::Of(heap.NilMap(types::kStringMap));
      return true;
    case 'b':
      zero = Value::Bytes({});
      return true;
    case '{':
      zero = {};
      return type[1] == '*';
    default:
      return false;
  }
}

bool Assignable(Value value, std::string_view type) {
  switch (type[0]) {
    case 'S':
      return value.kind() == Kind::kString;
    case 'B':
      return value.kind() == Kind::kBool;
    case 'I':
      return value.kind() == Kind::kInt;
    case 'L':
      return value.kind() == Kind::kInt64;
    case 'U':
      return value.kind() == Kind::kUint32;
    case 'F':
      return value.kind() == Kind::kFloat64;
    case 'V':
      return value.is_list() && value.list().type().element == nullptr;
    case 's':
      return value.is_list() && value.list().type().element == &types::kString;
    case 'M':
      return value.is_map() && value.map().type().element == nullptr;
    case 'm':
      return value.is_map() && value.map().type().element == &types::kString;
    case 'b':
      return value.kind() == Kind::kBytes;
    default:
      break;
  }
  if (value.kind() != Kind::kObject) return false;
  std::string_view have = value.TypeName();
  const std::string_view want = TypeText(type);
  if (have == want) return true;
  return have.starts_with('*') && have.substr(1) == want;  // one indirection is Go's to make
}

// What a call is likely to read, in steps: so that a few calls on large values count as the many
// nodes they are worth.
uint64_t Weight(std::span<const Value> args) {
  uint64_t weight = 0;
  for (const Value& arg : args) {
    if (arg.is_string() || arg.kind() == Kind::kBytes) weight += arg.text().size() >> 8;
    if (arg.is_list()) weight += arg.list().size() >> 4;
    if (arg.is_map()) weight += arg.map().size() >> 4;
  }
  return weight;
}

}  // namespace

std::string_view TypeText(std::string_view letter) {
  if (letter[0] == '{') return letter.substr(1, letter.size() - 2);
  const auto* it = std::ranges::find(kTypes, letter[0], [](const auto& t) { return t.letter; });
  return it == std::end(kTypes) ? letter : it->type;
}

Value Run::CallFunction(const IdentifierNode& node, const Node& whole, Value dot, Words words,
                        const Value* final) {
  At(node);
  const NamedFunction& named = *node.named;
  return CallAny({named.name, named.signature, named.function, nullptr, named.special}, whole, dot,
                 words, final);
}

// `words` counts those behind the name, `values` the piped one too.
bool Run::CheckArity(const Callee& callee, size_t words, size_t values) {
  const size_t parameters = callee.signature.parameters.size();
  if (callee.signature.variadic) {
    if (values + 1 >= parameters) return true;
    Fail(base::Cat("wrong number of args for ", callee.name, ": want at least ",
                   std::to_string(parameters - 1), " got ", std::to_string(words)));
    return false;
  }
  if (values == parameters) return true;
  Fail(base::Cat("wrong number of args for ", callee.name, ": want ", std::to_string(parameters),
                 " got ", std::to_string(values)));
  return false;
}

// `words` begins with the callee's own, unless it is empty.
Value Run::CallAny(const Callee& callee, const Node& whole, Value dot, Words words,
                   const Value* final) {
  if (!words.empty()) words = words.subspan(1);
  const size_t n = words.size() + (final == nullptr ? 0 : 1);
  if (!CheckArity(callee, words.size(), n)) return {};
  if (callee.special == Special::kAnd || callee.special == Special::kOr)
    return ShortCircuit(callee, dot, words, final);
  std::array<Value, 8> few;
  std::vector<Value> many;
  if (n > few.size()) many.resize(n);
  Value* const args = n > few.size() ? many.data() : few.data();
  const Names types = callee.signature.parameters;
  const auto type_of = [&](size_t i) { return types[std::min(i, types.size() - 1)]; };
  for (size_t i = 0; i < words.size(); ++i) {
    args[i] = Argument(type_of(i), *words[i], dot);
    if (failed()) return {};
  }
  if (final != nullptr) {
    args[n - 1] = Validate(*final, type_of(n - 1));
    if (failed()) return {};
  }
  const std::span<const Value> all(args, n);
  return callee.special == Special::kCall ? CallValue(whole, words, final, all)
                                          : Invoke(callee, whole, all);
}

// and, or: what decides is the result, not a bool; the rest is not evaluated.
Value Run::ShortCircuit(const Callee& callee, Value dot, Words words, const Value* final) {
  Value value;
  for (const Node* word : words) {
    value = Argument("R", *word, dot);
    if (failed() || value.Truth() == (callee.special == Special::kOr)) return value;
  }
  return final == nullptr ? value : *final;
}

// No value of a template is a function.
Value Run::CallValue(const Node& whole, Words words, const Value* final,
                     std::span<const Value> args) {
  At(whole);
  if (args[0].is_nil()) {
    FailCall("call", base::InvalidArgument("call of nil"));
    return {};
  }
  std::string name;
  if (!words.empty()) {
    AppendSource(name, *words[0]);
  } else if (final->is_string()) {
    name = final->text();
  } else {
    name = base::Cat("<", final->TypeName(), " Value>");
  }
  FailCall("call", base::InvalidArgument(
                       base::Cat("non-function ", name, " of type ", args[0].TypeName())));
  return {};
}

Value Run::Invoke(const Callee& callee, const Node& whole, std::span<const Value> args) {
  steps_ += Weight(args);
  Call call{args, heap_, environment_, *this};
  base::Result<Value> result =
      callee.function != nullptr ? callee.function->call(call)
      : callee.object != nullptr
          ? callee.object->CallMethod(callee.name, call)
          : callee.receiver->type()->methods->Call(*callee.receiver, callee.name, call);
  if (!result.ok()) {
    At(whole);
    FailCall(callee.name, result.status());
    return {};
  }
  if (heap_.exhausted()) {
    At(whole);
    next_check_ = 0;
    StepSlowly();
    return {};
  }
  const std::string_view type = callee.signature.result;
  if (type == "R") return *result;
  if (type == "A") return result->Boxed();
  Value value = result->Unboxed();
  if (value.is_nil() && !type.empty()) ZeroOf(heap_, type, value);
  return value;
}

Value Run::Argument(std::string_view type, const Node& node, Value dot) {
  At(node);
  Value value;
  switch (node.kind) {
    case NodeKind::kDot:
      value = dot;
      break;
    case NodeKind::kNil:
      if (ZeroOf(heap_, type, value)) return value;
      return Fail(base::Cat("cannot assign nil to ", TypeText(type)));
    case NodeKind::kField:
      value = Field(static_cast<const FieldNode&>(node), dot, {}, nullptr);
      break;
    case NodeKind::kVariable:
      value = VariableChain(static_cast<const VariableNode&>(node), dot, {}, nullptr);
      break;
    case NodeKind::kPipe:
      value = Pipe(static_cast<const PipeNode&>(node), dot);
      break;
    case NodeKind::kIdentifier:
      value = CallFunction(static_cast<const IdentifierNode&>(node), node, dot, {}, nullptr);
      break;
    case NodeKind::kChain:
      value = Chain(static_cast<const ChainNode&>(node), dot, {}, nullptr);
      break;
    default:
      return Literal(type, node);
  }
  return failed() ? Value() : Validate(value, type);
}

Value Run::Literal(std::string_view type, const Node& node) {
  const auto* number =
      node.kind == NodeKind::kNumber ? &static_cast<const NumberNode&>(node) : nullptr;
  std::string_view wanted;
  switch (type[0]) {
    case 'A':
    case 'R':
      if (number != nullptr) return Constant(*number);
      if (node.kind == NodeKind::kBool)
        return Value::Bool(static_cast<const BoolNode&>(node).value);
      return Value::String(static_cast<const StringNode&>(node).text);
    case 'S':
      if (node.kind == NodeKind::kString)
        return Value::String(static_cast<const StringNode&>(node).text);
      wanted = "string";
      break;
    case 'B':
      if (node.kind == NodeKind::kBool)
        return Value::Bool(static_cast<const BoolNode&>(node).value);
      wanted = "bool";
      break;
    case 'I':
    case 'L':
      if (number != nullptr && number->is_int)
        return type[0] == 'I' ? Value::Int(number->as_int) : Value::Int64(number->as_int);
      wanted = "integer";
      break;
    case 'U':
      if (number != nullptr && number->is_uint)
        return Value::Uint32(static_cast<uint32_t>(number->as_uint));
      wanted = "unsigned integer";
      break;
    case 'F':
      if (number != nullptr && number->is_float) return Value::Float(number->as_float);
      wanted = "float";
      break;
    default:
      break;
  }
  std::string source;
  AppendSource(source, node);
  if (wanted.empty())
    return Fail(base::Cat("can't handle ", source, " for arg of type ", TypeText(type)));
  return Fail(base::Cat("expected ", wanted, "; found ", source));
}

Value Run::Validate(Value value, std::string_view type) {
  if (type[0] == 'R') return value;
  if (type[0] == 'A') return value.Unboxed();
  if (value.is_nil() && !value.boxed()) {
    Value zero;
    if (ZeroOf(heap_, type, zero)) return zero;
    return Fail(base::Cat("invalid value; expected ", TypeText(type)));
  }
  if (Assignable(value, type))
    return type[0] == 'M' ? value.Unboxed().WithoutName() : value.Unboxed();
  return Fail(base::Cat("wrong type for value; expected ", TypeText(type), "; got ",
                        value.is_nil() ? "interface {}" : value.TypeName()));
}

}  // namespace sluice::gotemplate::internal
