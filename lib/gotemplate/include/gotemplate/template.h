// Templates: parsing, sets of associated templates, execution. Text is parsed once into an
// immutable ParsedText (a compact tree that any number of threads execute); a TemplateSet joins
// several under Go's redefinition rules; Execute runs one by name.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {

namespace internal {
class Arena;
struct Tree;
}  // namespace internal

struct ParseLimits {
  size_t max_bytes = 16 << 20;
  int max_depth = 1000;  // parentheses and blocks within each other
};

// One text: its own template and those it defines. Immutable, thread-safe.
class ParsedText {
 public:
  // `name` is the file in error texts ("template: <name>:<line>: …"). Errors in Go's words (spec
  // §2, §4.1). The functions' table must outlive the result.
  static base::Result<std::shared_ptr<const ParsedText>> Parse(std::string_view name,
                                                               std::string text,
                                                               const FunctionTable& functions,
                                                               const ParseLimits& limits = {});
  // `text` lies in what `owner` keeps: it is not copied.
  static base::Result<std::shared_ptr<const ParsedText>> ParseIn(std::string_view name,
                                                                 std::shared_ptr<const void> owner,
                                                                 std::string_view text,
                                                                 const FunctionTable& functions,
                                                                 const ParseLimits& limits = {});
  ~ParsedText();

  const std::string& name() const { return name_; }
  // Every template of the text with its canonical source (spec §2.3, last lines), sorted by name;
  // empty bodies too.
  std::vector<std::pair<std::string, std::string>> Dump() const;

 private:
  friend class TemplateSet;
  ParsedText();
  std::string name_;
  std::shared_ptr<const void> owner_;  // of the text, which the trees view
  std::unique_ptr<internal::Arena> arena_;
  std::vector<std::unique_ptr<internal::Tree>> trees_;  // sorted by name
};

// Associated templates. A later Add replaces an earlier definition, but an empty body never
// replaces one that is not (spec §2.3). A copy shares its trees and costs a map of pointers;
// `base`, where given, is looked into for names that are not here: what tpl needs. Thread-safe once
// built.
class TemplateSet {
 public:
  explicit TemplateSet(const TemplateSet* base = nullptr) : base_(base) {}
  // `own`: the text's own template replaces what the base has even where its body is empty, as a
  // fresh template of that name does (tpl).
  void Add(std::shared_ptr<const ParsedText> text, bool own = false);
  bool Has(std::string_view name) const { return Find(name) != nullptr; }
  const internal::Tree* Find(std::string_view name) const;
  std::vector<std::string> Names() const;  // sorted

 private:
  const TemplateSet* base_;
  std::vector<std::shared_ptr<const ParsedText>> texts_;
  std::vector<std::pair<std::string_view, const internal::Tree*>> trees_;  // sorted by name
};

enum class MissingKey : uint8_t { kDefault, kZero, kError };  // Helm: kZero; strict: kError

struct ExecuteLimits {
  size_t max_output = 128 << 20;     // bytes, of one Execute with everything it includes
  uint64_t max_steps = 200'000'000;  // nodes visited
  int max_depth = 100'000;           // {{template}} within {{template}}: Go's
  // bytes of C++ stack below Execute; past it the run fails as past max_depth
  size_t max_stack = 4 << 20;
};

struct ExecuteOptions {
  MissingKey missing_key = MissingKey::kDefault;
  ExecuteLimits limits;
  Environment* environment = nullptr;  // null = the pure default
  void* user = nullptr;                // handed to functions as Execution::user()
};

// A failure with what errors.Unwrap would show: `chain` holds the offsets in status.message() at
// which each wrapped error's own text begins, the outermost (0) first. Helm 4 rewrites messages
// along it (spec §4.2).
struct ExecuteError {
  base::Status status;
  std::vector<size_t> chain;
};

// A run. Functions reach it by Call::execution to run further templates (include, tpl) under the
// same limits.
class Execution {
 public:
  virtual ~Execution() = default;
  virtual const TemplateSet& templates() const = 0;  // of the template being executed
  virtual void* user() const = 0;
  virtual const ExecuteOptions& options() const = 0;
  // Appends the template's text to `out`. Fails as Go's ExecuteTemplate does ("template: no
  // template "x" associated with template "y"" is the caller's to say); the failure's chain is kept
  // for the function's own error that wraps it at its end.
  virtual base::Status ExecuteTemplate(const TemplateSet& set, std::string_view name,
                                       const Value& dot, std::string& out) = 0;
  // Work that the run does not see, such as a key's, counted as that many nodes: the limit on steps
  // covers it.
  virtual void Spend(uint64_t /*steps*/) {}
};

// Runs template `name` of `set` with `dot` as data, appending to `out` (which keeps what was
// written before a failure, as Go's writer does). `error` may be null.
base::Status Execute(const TemplateSet& set, std::string_view name, const Value& dot, Heap& heap,
                     const ExecuteOptions& options, std::string& out,
                     ExecuteError* error = nullptr);

}  // namespace sluice::gotemplate
