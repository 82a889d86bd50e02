#include "run.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::gotemplate {

base::Status Execute(const TemplateSet& set, std::string_view name, const Value& dot, Heap& heap,
                     const ExecuteOptions& options, std::string& out, ExecuteError* error) {
  internal::Run run(heap, options);
  base::Status status = run.ExecuteTemplate(set, name, dot, out);
  if (error != nullptr && !status.ok()) *error = {status, run.chain()};
  return status;
}

namespace internal {
namespace {

constexpr uint64_t kStepsBetweenChecks = 4096;
constexpr std::string_view kTooDeep = "exceeded maximum template depth (100000)";

}  // namespace

Run::Run(Heap& heap, const ExecuteOptions& options)
    : heap_(heap),
      options_(options),
      environment_(options.environment == nullptr ? pure_ : *options.environment),
      stack_(static_cast<const char*>(__builtin_frame_address(0))) {
  variables_.reserve(32);
}

bool Run::StackLeft() const {
  return static_cast<size_t>(stack_ - static_cast<const char*>(__builtin_frame_address(0))) <
         options_.limits.max_stack;
}

base::Status Run::ExecuteTemplate(const TemplateSet& set, std::string_view name, const Value& dot,
                                  std::string& out) {
  const Tree* tree = set.Find(name);
  nested_.clear();
  nested_chain_.assign(1, 0);
  if (tree == nullptr)
    return base::NotFound(base::Cat("template: no template ", base::QuoteGo(name)));
  if (!StackLeft()) return base::ResourceExhausted(std::string(kTooDeep));
  Frame* const caller = frame_;
  std::string* const caller_out = out_;
  Frame frame{&set, tree, tree->root, variables_.size(), 0};
  frame_ = &frame;
  out_ = &out;
  Push(0, dot.Unboxed());
  Walk(*tree->root, dot.Unboxed());
  variables_.resize(frame.variables);
  frame_ = caller;
  out_ = caller_out;
  if (!failed_) return base::OkStatus();
  failed_ = false;
  nested_chain_ = std::move(chain_);
  chain_.clear();
  base::Status status = std::move(error_);
  error_ = {};
  nested_ = status.message();
  return status;
}

Value Run::Fail(std::string_view message) {
  return Fail(base::StatusCode::kInvalidArgument, message);
}

Value Run::Fail(base::StatusCode code, std::string_view message) {
  if (failed_) return {};
  failed_ = true;
  const Tree& tree = *frame_->tree;
  const std::string_view before = tree.text.substr(0, frame_->node->position);
  const size_t newline = before.rfind('\n');
  const size_t column = newline == before.npos ? before.size() : before.size() - newline - 1;
  std::string context;
  AppendSource(context, *frame_->node);
  error_ =
      base::Status(code, base::Cat("template: ", tree.file, ":",
                                   std::to_string(1 + std::ranges::count(before, '\n')), ":",
                                   std::to_string(column), ": executing ", base::QuoteGo(tree.name),
                                   " at <", context, ">: ", message));
  chain_.assign(1, 0);
  return {};
}

// Go's errors.Unwrap goes on from here to the function's own error, and from that to one of
// ExecuteTemplate that it ends with.
void Run::FailCall(std::string_view name, const base::Status& status) {
  const std::string& message = status.message();
  if (failed_) return;
  Fail(status.code(), base::Cat("error calling ", name, ": ", message));
  const size_t at = error_.message().size() - message.size();
  chain_.push_back(at);
  if (nested_.empty() || !message.ends_with(nested_)) return;
  const size_t nested_at = error_.message().size() - nested_.size();
  for (const size_t offset : nested_chain_) {
    if (nested_at + offset != chain_.back()) chain_.push_back(nested_at + offset);
  }
}

bool Run::Step() { return ++steps_ < next_check_ || StepSlowly(); }

bool Run::StepSlowly() {
  next_check_ = std::min(steps_ + kStepsBetweenChecks, options_.limits.max_steps);
  if (steps_ >= options_.limits.max_steps) {
    Fail(base::StatusCode::kResourceExhausted,
         base::Cat("the template takes more than ", std::to_string(options_.limits.max_steps),
                   " steps"));
  } else if (heap_.exhausted()) {
    Fail(base::StatusCode::kResourceExhausted, "the template's values take too much memory");
  } else if (environment_.Expired()) {
    Fail(base::StatusCode::kDeadlineExceeded, "the template takes too long");
  }
  return !failed_;
}

bool Run::Write(std::string_view text) {
  written_ += text.size();
  if (written_ > options_.limits.max_output) {
    Fail(base::StatusCode::kResourceExhausted,
         base::Cat("the output is larger than ", std::to_string(options_.limits.max_output),
                   " bytes"));
    return false;
  }
  out_->append(text);
  return true;
}

bool Run::Print(Value value) {
  if (value.is_string()) return Write(value.text());
  if (value.is_nil()) return Write("<no value>");
  const size_t before = out_->size();
  AppendGoValue(*out_, value);
  written_ += out_->size() - before;
  return Write({});
}

Run::Flow Run::Walk(const ListNode& list, Value dot) {
  for (const Node* node : list.nodes) {
    At(*node);
    if (!Step()) return Flow::kFail;
    Flow flow = Flow::kNext;
    switch (node->kind) {
      case NodeKind::kText:
        if (!Write(static_cast<const TextNode*>(node)->text)) flow = Flow::kFail;
        break;
      case NodeKind::kAction:
        flow = WalkAction(*static_cast<const ActionNode*>(node), dot);
        break;
      case NodeKind::kIf:
      case NodeKind::kWith:
        flow = WalkBranch(*static_cast<const BranchNode*>(node), dot);
        break;
      case NodeKind::kRange:
        flow = WalkRange(*static_cast<const BranchNode*>(node), dot);
        break;
      case NodeKind::kTemplate:
        flow = WalkTemplate(*static_cast<const TemplateNode*>(node), dot);
        break;
      case NodeKind::kBreak:
        return Flow::kBreak;
      case NodeKind::kContinue:
        return Flow::kContinue;
      default:
        break;
    }
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

// Variables that an action declares live until the end of the block around it.
Run::Flow Run::WalkAction(const ActionNode& node, Value dot) {
  const Value value = Pipe(*node.pipe, dot);
  if (failed()) return Flow::kFail;
  if (!node.pipe->variables.empty()) return Flow::kNext;
  At(node);
  return Print(value) ? Flow::kNext : Flow::kFail;
}

Run::Flow Run::WalkBranch(const BranchNode& node, Value dot) {
  const size_t mark = variables_.size();
  const Value value = Pipe(*node.pipe, dot);
  Flow flow = failed() ? Flow::kFail : Flow::kNext;
  if (failed()) {
  } else if (value.Truth()) {
    flow = Walk(*node.body, node.kind == NodeKind::kWith ? value : dot);
  } else if (node.otherwise != nullptr) {
    flow = Walk(*node.otherwise, dot);
  }
  Pop(mark);
  return flow;
}

Run::Flow Run::WalkRange(const BranchNode& node, Value dot) {
  const size_t mark = variables_.size();
  const Value operand = Pipe(*node.pipe, dot);
  bool iterated = false;
  Flow flow = failed() ? Flow::kFail : Iterate(node, operand, iterated);
  // A break in the else of a range ends that range, as its text does anyway; a continue is the
  // outer range's.
  if (flow == Flow::kNext && !iterated && node.otherwise != nullptr)
    flow = Walk(*node.otherwise, dot);
  Pop(mark);
  return flow == Flow::kBreak ? Flow::kNext : flow;
}

Run::Flow Run::Iterate(const BranchNode& node, Value operand, bool& iterated) {
  const size_t mark = variables_.size();
  switch (operand.kind()) {
    case Kind::kNil:
      return Flow::kNext;
    case Kind::kInt:
    case Kind::kInt64:
    case Kind::kUint8:
    case Kind::kUint32:
    case Kind::kUint64:
      return IterateInts(node, operand, iterated);
    case Kind::kList: {
      const auto items = operand.list().items();
      const bool boxed = operand.list().type().element == nullptr;
      iterated = !items.empty();
      for (size_t i = 0; i < items.size(); ++i) {
        const Flow flow = Iteration(node, Value::Int(static_cast<int64_t>(i)),
                                    boxed ? items[i].Boxed() : items[i], mark);
        if (flow != Flow::kNext) return flow;
      }
      return Flow::kNext;
    }
    case Kind::kBytes: {
      const std::string_view bytes = operand.text();
      iterated = !bytes.empty();
      for (size_t i = 0; i < bytes.size(); ++i) {
        const Flow flow = Iteration(node, Value::Int(static_cast<int64_t>(i)),
                                    Value::Uint8(static_cast<uint8_t>(bytes[i])), mark);
        if (flow != Flow::kNext) return flow;
      }
      return Flow::kNext;
    }
    case Kind::kMap:
      iterated = !operand.map().empty();
      return IterateMap(node, operand.map().Snapshot(), operand.map().type().element);
    case Kind::kObject:
      if (const Map* map = operand.object().AsMap()) {
        iterated = !map->empty();
        return IterateMap(node, map->entries(), map->type().element);
      }
      break;
    default:
      break;
  }
  std::string text = "range can't iterate over ";
  AppendGoValue(text, operand);
  Fail(text);
  return Flow::kFail;
}

Run::Flow Run::IterateInts(const BranchNode& node, Value operand, bool& iterated) {
  if (node.pipe->variables.size() > 1) {
    std::string text;
    AppendGoValue(text, operand);
    Fail(base::Cat("can't use ", text, " to iterate over more than one variable"));
    return Flow::kFail;
  }
  const size_t mark = variables_.size();
  const uint64_t end = operand.is_signed()
                           ? static_cast<uint64_t>(std::max<int64_t>(operand.int_value(), 0))
                           : operand.uint_value();
  iterated = end > 0;
  for (uint64_t i = 0; i < end; ++i) {
    Value element;
    switch (operand.kind()) {
      case Kind::kInt:
        element = Value::Int(static_cast<int64_t>(i));
        break;
      case Kind::kInt64:
        element = Value::Int64(static_cast<int64_t>(i));
        break;
      case Kind::kUint8:
        element = Value::Uint8(static_cast<uint8_t>(i));
        break;
      case Kind::kUint32:
        element = Value::Uint32(static_cast<uint32_t>(i));
        break;
      default:
        element = Value::Uint64(i);
        break;
    }
    const Flow flow = Iteration(node, {}, element, mark);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

Run::Flow Run::IterateMap(const BranchNode& node, std::span<const Map::Entry> entries,
                          const Type* element) {
  const size_t mark = variables_.size();
  for (const Map::Entry& entry : entries) {
    const Flow flow = Iteration(node, Value::String(entry.key),
                                element == nullptr ? entry.value.Boxed() : entry.value, mark);
    if (flow != Flow::kNext) return flow;
  }
  return Flow::kNext;
}

// kBreak ends the range; a continue ends here.
Run::Flow Run::Iteration(const BranchNode& node, Value key, Value element, size_t mark) {
  const auto names = node.pipe->variables;
  if (!Step()) return Flow::kFail;
  if (node.pipe->assigns) {
    if (names.size() > 1) SetVariable(*names[0], key);
    if (!names.empty()) SetVariable(*names[names.size() - 1], element);
    if (failed()) return Flow::kFail;
  } else if (!names.empty()) {  // the pipeline pushed them, the last on top
    variables_[mark - 1].value = element;
    if (names.size() > 1) variables_[mark - 2].value = key;
  }
  const Flow flow = Walk(*node.body, element);
  Pop(mark);
  return flow == Flow::kContinue ? Flow::kNext : flow;
}

Run::Flow Run::WalkTemplate(const TemplateNode& node, Value dot) {
  const Tree* tree = frame_->set->Find(node.name);
  if (tree == nullptr) {
    Fail(base::Cat("template ", base::QuoteGo(node.name), " not defined"));
    return Flow::kFail;
  }
  if (frame_->depth >= options_.limits.max_depth || !StackLeft()) {
    Fail(base::StatusCode::kResourceExhausted, kTooDeep);
    return Flow::kFail;
  }
  const Value argument = node.pipe == nullptr ? Value() : Pipe(*node.pipe, dot);
  if (failed()) return Flow::kFail;
  Frame frame{frame_->set, tree, tree->root, variables_.size(), frame_->depth + 1};
  Frame* const caller = frame_;
  frame_ = &frame;
  Push(0, argument);
  const Flow flow = Walk(*tree->root, argument);
  variables_.resize(frame.variables);
  frame_ = caller;
  return flow;
}

void Run::SetVariable(const VariableNode& variable, Value value) {
  if (Value* place = FindVariable(variable.id)) {
    *place = value;
  } else {
    Fail(base::Cat("undefined variable: ", variable.name));
  }
}

Value* Run::FindVariable(uint32_t id) {
  for (size_t i = variables_.size(); i > frame_->variables; --i) {
    if (variables_[i - 1].id == id) return &variables_[i - 1].value;
  }
  return nullptr;
}

}  // namespace internal
}  // namespace sluice::gotemplate
