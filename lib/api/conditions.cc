#include "api/conditions.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::api {
namespace {

using document::Value;

const std::vector<Value>& List(const Value& object) {
  return object.At({"status", "conditions"}).items();
}

int Rank(std::string_view type) {
  if (type == kStalled) return 0;
  if (type == kReconciling) return 1;
  if (type == kReady) return 2;
  return 3;
}

bool Before(const Value& a, const Value& b) {
  const std::string_view ta = a["type"].AsString(), tb = b["type"].AsString();
  const int ra = Rank(ta), rb = Rank(tb);
  if (ra != rb) return ra < rb;
  const int64_t ga = a["observedGeneration"].AsInt(), gb = b["observedGeneration"].AsInt();
  if (ga != gb) return ga > gb;
  return ta < tb;
}

const Value* Find(const Value& object, std::string_view type) {
  for (const Value& c : List(object)) {
    if (c["type"].AsString() == type) return &c;
  }
  return nullptr;
}

std::vector<Value>& MutableList(Value& object) {
  return object.Mutable("status").Mutable("conditions").mutable_items();
}

}  // namespace

std::optional<Condition> GetCondition(const Value& object, std::string_view type) {
  const Value* c = Find(object, type);
  if (c == nullptr) return std::nullopt;
  const auto text = [&](std::string_view key) { return std::string((*c)[key].AsString()); };
  return Condition{text("type"),
                   text("status"),
                   text("reason"),
                   text("message"),
                   (*c)["observedGeneration"].AsInt(),
                   text("lastTransitionTime")};
}

bool HasCondition(const Value& object, std::string_view type) {
  return Find(object, type) != nullptr;
}

bool ConditionIs(const Value& object, std::string_view type, std::string_view status) {
  const Value* c = Find(object, type);
  return c != nullptr && (*c)["status"].AsString() == status;
}

bool IsReady(const Value& object) {
  return ConditionIs(object, kReady, kTrue) && !ConditionIs(object, kReconciling, kTrue) &&
         !ConditionIs(object, kStalled, kTrue);
}

void SetCondition(Value& object, std::string_view type, std::string_view status,
                  std::string_view reason, std::string_view message, base::Time now) {
  if (type == kReconciling) RemoveCondition(object, kStalled);
  if (type == kStalled) RemoveCondition(object, kReconciling);
  const std::string text = TrimMessage(message);
  std::string moved = base::FormatRfc3339(now);
  if (const Value* old = Find(object, type)) {
    const bool same = (*old)["status"].AsString() == status &&
                      (*old)["reason"].AsString() == reason && (*old)["message"].AsString() == text;
    if (same && (*old)["lastTransitionTime"].is_string())
      moved = (*old)["lastTransitionTime"].AsString();
  }
  Value condition = Value::Object({{"type", type}, {"status", status}});
  condition.Set("observedGeneration", object.At({"metadata", "generation"}).AsInt());
  condition.Set("lastTransitionTime", moved);
  condition.Set("reason", reason);
  condition.Set("message", text);
  auto& list = MutableList(object);
  const auto it =
      std::ranges::find_if(list, [&](const Value& c) { return c["type"].AsString() == type; });
  if (it != list.end()) {
    *it = std::move(condition);
  } else {
    list.push_back(std::move(condition));
  }
  SortConditions(object);
}

void MarkReconciling(Value& object, std::string_view reason, std::string_view message,
                     base::Time now) {
  SetCondition(object, kReconciling, kTrue, reason, message, now);
}

void MarkStalled(Value& object, std::string_view reason, std::string_view message, base::Time now) {
  SetCondition(object, kStalled, kTrue, reason, message, now);
}

bool RemoveCondition(Value& object, std::string_view type) {
  if (Find(object, type) == nullptr) return false;
  std::erase_if(MutableList(object), [&](const Value& c) { return c["type"].AsString() == type; });
  return true;
}

void SortConditions(Value& object) {
  if (!List(object).empty()) std::ranges::stable_sort(MutableList(object), Before);
}

void SummarizeReady(Value& object, std::span<const SummarySource> order, base::Time now) {
  const auto group = [](const Value& c, bool negative) {
    const std::string_view status = c["status"].AsString();
    if (status == kTrue) return negative ? 0 : 2;
    if (status == kFalse) return negative ? 3 : 1;
    return 4;
  };
  const Value* best = nullptr;
  int best_group = 5;
  for (const SummarySource& source : order) {
    const Value* c = Find(object, source.type);
    if (c == nullptr) continue;
    if (const int g = group(*c, source.negative); g < best_group) {
      best = c;
      best_group = g;
    }
  }
  if (best == nullptr) return;
  const std::string reason((*best)["reason"].AsString()), message((*best)["message"].AsString());
  const std::string_view status = best_group <= 1 ? kFalse : best_group <= 3 ? kTrue : kUnknown;
  SetCondition(object, kReady, status, reason, message, now);
}

std::string TrimMessage(std::string_view message, size_t limit) {
  if (message.size() <= limit) return std::string(message);
  constexpr std::string_view kDots = "...";
  return base::Cat(base::TruncateUtf8(message, limit - kDots.size()), kDots);
}

}  // namespace sluice::api
