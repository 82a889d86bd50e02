// Planner: phase A of a stage: finds out for each object whether there is anything to write. Writes
// nothing but the deletions that recreating an object with immutable fields takes. Private to the
// library.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "apply/applier.h"
#include "ignore.h"
#include "item.h"
#include "managed_fields.h"

namespace sluice::apply {

class Planner {
 public:
  Planner(kube::Client& client, LiveObjects& live, ApplyMemory& memory,
          const ApplyOptions& options);

  base::Status CompileOptions();  // once, before Plan

  struct Outcome {
    ApplyState state = ApplyState::kDone;
    base::Status status;
    std::chrono::milliseconds retry_after{0};
  };
  // `defined`: kinds whose CRD is in the set: their absence from discovery may pass. `before_write`
  // runs before a deletion.
  Outcome Plan(const observe::Context& ctx, std::span<Item* const> items,
               const std::vector<kube::GroupKind>& defined,
               const std::function<base::Status()>& before_write);

  // Kind served, scope known: ref and manifest brought in line. Also used when only the identity is
  // wanted.
  base::Status Resolve(const observe::Context& ctx, Item& item);

 private:
  struct Question {  // what one round asks about one item
    Item* item = nullptr;
    document::Value dry_run;  // the answer, when it was ok
    base::Status error;       // the dry-run's, when it was not
    std::string reason;
    bool needs_live = false, ask_again = false, worded = false;
  };

  bool Unchanged(const Item& item) const;
  // Of an object that is as it should be: nothing was done to it, unless by the pass that this one
  // resumes.
  Action Settled(const document::Value& live) const;
  void AskDryRuns(const observe::Context& ctx, std::vector<Question>& questions);
  void AskLive(const observe::Context& ctx, std::vector<Question>& questions,
               const std::function<base::Status()>& before_write);
  void Judge(Question& question);                                 // after the dry run
  void Compare(Question& question, const document::Value& live);  // with the live object
  void JudgeFailure(const observe::Context& ctx, Question& question, const document::Value* live,
                    const std::function<base::Status()>& before_write);
  void Remember(const Item& item, const LiveState& state);
  base::Status AwaitRecreation(const observe::Context& ctx, Item& item);
  base::Status DryRunError(const Item& item, const base::Status& error,
                           std::string_view reason) const;

  kube::Client& client_;
  LiveObjects& live_;
  ApplyMemory& memory_;
  const ApplyOptions& options_;
  const ManagerRules rules_;
  IgnoreRules ignore_;
};

}  // namespace sluice::apply
