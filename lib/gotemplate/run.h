// One run of templates: text/template's exec (spec helm-engine §3, §4.1).
//
// Values carry in their "boxed" mark whether Go would hold them in an interface {}; a nil that is
// not boxed is no value at all (reflect's zero Value). A failure is sticky: it stands in error_,
// evaluation returns nil and walking kFail until the frame of Execute is reached. The node that
// error texts cite is the last one visited: as in Go it is not put back when an operand is done.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gotemplate/template.h"
#include "tree.h"

namespace sluice::gotemplate::internal {

class Run final : public Execution {
 public:
  Run(Heap& heap, const ExecuteOptions& options);

  const TemplateSet& templates() const override { return *frame_->set; }
  void* user() const override { return options_.user; }
  const ExecuteOptions& options() const override { return options_; }
  base::Status ExecuteTemplate(const TemplateSet& set, std::string_view name, const Value& dot,
                               std::string& out) override;
  void Spend(uint64_t steps) override { steps_ += steps; }

  // Of the failure that ExecuteTemplate returned last.
  const std::vector<size_t>& chain() const { return nested_chain_; }

 private:
  enum class Flow : uint8_t { kNext, kBreak, kContinue, kFail };
  struct Frame {
    const TemplateSet* set;
    const Tree* tree;
    const Node* node;  // for errors
    size_t variables;  // where its own begin
    int depth;         // {{template}} within {{template}}
  };
  struct Variable {
    uint32_t id;
    Value value;
  };
  using Words = std::span<Node* const>;
  using Names = std::span<const std::string_view>;

  // What is called: a function of a table or an object's method.
  struct Callee {
    std::string_view name;
    const Signature& signature;
    const Function* function;
    Object* object;
    Special special;
    const Value* receiver = nullptr;  // of a method of its type
  };

  void At(const Node& node) { frame_->node = &node; }
  // Records the failure with its place; always nil.
  Value Fail(std::string_view message);
  Value Fail(base::StatusCode code, std::string_view message);
  void FailCall(std::string_view name, const base::Status& status);
  bool failed() const { return failed_; }
  bool Step();  // false, having failed, when a limit is reached
  bool StepSlowly();
  bool StackLeft() const;

  Flow Walk(const ListNode& list, Value dot);
  Flow WalkAction(const ActionNode& node, Value dot);
  Flow WalkBranch(const BranchNode& node, Value dot);
  Flow WalkRange(const BranchNode& node, Value dot);
  Flow Iterate(const BranchNode& node, Value operand, bool& iterated);
  Flow IterateInts(const BranchNode& node, Value operand, bool& iterated);
  Flow IterateMap(const BranchNode& node, std::span<const Map::Entry> entries, const Type* element);
  Flow Iteration(const BranchNode& node, Value key, Value element, size_t mark);
  Flow WalkTemplate(const TemplateNode& node, Value dot);
  bool Write(std::string_view text);
  bool Print(Value value);

  void Push(uint32_t id, Value value) { variables_.push_back({id, value}); }
  void SetVariable(const VariableNode& variable, Value value);
  Value* FindVariable(uint32_t id);
  void Pop(size_t mark) { variables_.resize(mark); }

  // `final` is the value of the stage before in a pipeline, null in the first.
  Value Pipe(const PipeNode& pipe, Value dot);
  Value Command(const CommandNode& command, Value dot, const Value* final);
  void RefuseArguments(Words words, const Value* final);
  Value Constant(const NumberNode& number);
  Value Field(const FieldNode& node, Value dot, Words words, const Value* final);
  Value Chain(const ChainNode& node, Value dot, Words words, const Value* final);
  Value VariableChain(const VariableNode& node, Value dot, Words words, const Value* final);
  Value FieldChain(Value receiver, const Node& node, Names fields, Value dot, Words words,
                   const Value* final);
  Value OneField(Value receiver, const Node& node, std::string_view name, Value dot, Words words,
                 const Value* final);
  bool TypeMethod(Value receiver, const Node& node, std::string_view name, Value dot, Words words,
                  const Value* final, Value& out);
  Value MapField(const Map& map, std::string_view name);
  Value ObjectField(Value receiver, const Node& node, std::string_view name, Value dot, Words words,
                    const Value* final);

  Value CallFunction(const IdentifierNode& node, const Node& whole, Value dot, Words words,
                     const Value* final);
  Value CallAny(const Callee& callee, const Node& whole, Value dot, Words words,
                const Value* final);
  bool CheckArity(const Callee& callee, size_t words, size_t values);
  Value ShortCircuit(const Callee& callee, Value dot, Words words, const Value* final);
  Value CallValue(const Node& whole, Words words, const Value* final, std::span<const Value> args);
  Value Invoke(const Callee& callee, const Node& whole, std::span<const Value> args);
  Value Argument(std::string_view type, const Node& node, Value dot);
  Value Literal(std::string_view type, const Node& node);
  Value Validate(Value value, std::string_view type);

  Heap& heap_;
  const ExecuteOptions& options_;
  Environment pure_;
  Environment& environment_;
  std::string* out_ = nullptr;
  Frame* frame_ = nullptr;
  std::vector<Variable> variables_;
  uint64_t steps_ = 0, next_check_ = 0;
  size_t written_ = 0;
  const char* stack_;
  bool failed_ = false;
  base::Status error_;
  std::vector<size_t> chain_;         // of error_
  std::vector<size_t> nested_chain_;  // of nested_, what ExecuteTemplate returned last
  std::string nested_;
};

// A signature's letter as Go names the type.
std::string_view TypeText(std::string_view letter);

}  // namespace sluice::gotemplate::internal
