// Item: one object on its way through an apply pass. Private to the library.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "apply/applier.h"
#include "base/strings.h"

namespace sluice::apply {

struct Item {
  enum class State : uint8_t {
    kPending,     // nothing decided
    kRecreating,  // deleted to get past an immutable field; waiting until it is gone
    kPlanned,     // `write` says whether there is something to do
    kDone,
  };
  document::Value desired;
  ObjectRef ref;
  Stage stage = Stage::kRest;
  std::string id, manifest;
  State state = State::kPending;
  Action action = Action::kUnknown;
  bool resolved = false;  // the kind is served; ref and desired agree with its scope
  bool exists = false, write = false, stripped = false;
  document::Value cleanup;  // JSON patch to send before the apply
  std::vector<std::string> ignored;
  std::chrono::steady_clock::time_point recreate_until;

  void Decide(Action a, bool needs_write) {
    action = a;
    write = needs_write;
    state = State::kPlanned;
  }
};

// "<group>/<key>" as a label or an annotation with this value, compared without case.
inline bool HasControl(const document::Value& object, const std::string& group,
                       std::string_view key, std::string_view value) {
  const std::string name = base::Cat(group, "/", key);
  const document::Value& metadata = object["metadata"];
  return base::EqualFold(metadata["annotations"][name].AsString(), value) ||
         base::EqualFold(metadata["labels"][name].AsString(), value);
}
inline bool IsLeftAlone(const document::Value& object, const std::string& group) {
  return HasControl(object, group, "reconcile", "disabled") ||
         HasControl(object, group, "ssa", "Ignore");
}

}  // namespace sluice::apply
