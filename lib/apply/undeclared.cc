#include <charconv>
#include <optional>
#include <string>
#include <vector>

#include "builtin.h"
#include "document/json.h"

namespace sluice::apply {
namespace {

using document::Value;

constexpr std::string_view kSuffix = ": field not declared in schema";

// One step of a path in the API server's notation: .name, [index], or [key=value,…] of an
// associative list.
struct Step {
  std::string field;
  std::optional<size_t> index;
  std::vector<Value::Member> keys;
};

std::optional<std::vector<Value::Member>> ParseKeys(std::string_view text) {
  std::vector<Value::Member> keys;
  while (!text.empty()) {
    const size_t equals = text.find('=');
    if (equals == text.npos) return std::nullopt;
    const std::string name(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    size_t end = 0;
    if (text.starts_with('"')) {
      for (end = 1; end < text.size() && text[end] != '"'; ++end)
        end += text[end] == '\\' ? 1u : 0u;
      end = std::min(end + 1, text.size());
    } else {
      end = std::min(text.find(','), text.size());
    }
    auto value = document::ParseJson(text.substr(0, end));
    if (!value.ok()) return std::nullopt;
    keys.emplace_back(name, *std::move(value));
    text.remove_prefix(end);
    if (text.starts_with(',')) text.remove_prefix(1);
  }
  return keys;
}

// The ']' that ends the bracket at `open`, quoted text skipped.
size_t ClosingBracket(std::string_view text, size_t open) {
  bool quoted = false;
  for (size_t i = open + 1; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ']' && !quoted) {
      return i;
    }
  }
  return text.npos;
}

std::optional<std::vector<Step>> ParsePath(std::string_view text) {
  std::vector<Step> steps;
  while (!text.empty()) {
    Step step;
    if (text.front() == '.') {
      const size_t end = std::min(text.find_first_of(".[", 1), text.size());
      step.field = text.substr(1, end - 1);
      if (step.field.empty()) return std::nullopt;
      text.remove_prefix(end);
    } else if (text.front() == '[') {
      const size_t end = ClosingBracket(text, 0);
      if (end == text.npos) return std::nullopt;
      const auto inner = text.substr(1, end - 1);
      size_t index = 0;
      const auto [at, error] = std::from_chars(inner.data(), inner.data() + inner.size(), index);
      if (error == std::errc() && at == inner.data() + inner.size()) {
        step.index = index;
      } else if (auto keys = ParseKeys(inner)) {
        step.keys = *std::move(keys);
      } else {
        return std::nullopt;
      }
      text.remove_prefix(end + 1);
    } else {
      return std::nullopt;
    }
    steps.push_back(std::move(step));
  }
  return steps;
}

Value* Descend(Value& at, const Step& step) {
  if (!step.field.empty()) return at.Find(step.field);
  if (!at.is_array()) return nullptr;
  auto& items = at.mutable_items();
  if (step.index) return *step.index < items.size() ? &items[*step.index] : nullptr;
  for (Value& item : items) {
    bool all = true;
    for (const auto& [key, value] : step.keys) all = all && item[key] == value;
    if (all) return &item;
  }
  return nullptr;
}

bool Remove(Value& root, const std::vector<Step>& steps) {
  if (steps.empty() || steps.back().field.empty()) return false;
  Value* at = &root;
  for (size_t i = 0; i + 1 < steps.size(); ++i) {
    at = Descend(*at, steps[i]);
    if (at == nullptr) return false;
  }
  return at->Erase(steps.back().field);
}

}  // namespace

bool DropUndeclaredFields(Value& object, std::string_view message) {
  bool removed = false;
  for (size_t end = message.find(kSuffix); end != message.npos;
       end = message.find(kSuffix, end + kSuffix.size())) {
    // The path runs back to the white space before it; quoted keys hold none in practice.
    const size_t begin = message.find_last_of(" \n\t", end);
    const auto path = ParsePath(message.substr(begin == message.npos ? 0 : begin + 1,
                                               end - (begin == message.npos ? 0 : begin + 1)));
    if (path) removed = Remove(object, *path) || removed;
  }
  return removed;
}

}  // namespace sluice::apply
