#include "document/patch.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/strings.h"
#include "document/go_kind.h"

namespace sluice::document {
namespace {

using base::InvalidArgument;
using base::Result;
using base::Status;

// evanphx's decoder: "~1" and "~0" in one pass, other tildes stay.
std::string DecodeToken(std::string_view token) {
  std::string out;
  out.reserve(token.size());
  for (size_t i = 0; i < token.size(); ++i) {
    if (token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1')) {
      out += token[++i] == '0' ? '~' : '/';
    } else {
      out += token[i];
    }
  }
  return out;
}

// strconv.Atoi and its words.
Result<int64_t> Atoi(std::string_view text) {
  const std::string_view digits =
      !text.empty() && (text[0] == '+' || text[0] == '-') ? text.substr(1) : text;
  const bool valid = !digits.empty() && digits.find_first_not_of("0123456789") == digits.npos;
  if (!valid)
    return InvalidArgument("strconv.Atoi: parsing " + base::QuoteGo(text) + ": invalid syntax");
  const std::string_view number = text[0] == '+' ? digits : text;
  int64_t value = 0;
  if (std::from_chars(number.data(), number.data() + number.size(), value).ec != std::errc()) {
    return InvalidArgument("strconv.Atoi: parsing " + base::QuoteGo(text) + ": value out of range");
  }
  return value;
}

Status InvalidIndex(int64_t index) {
  return InvalidArgument("Unable to access invalid index: " + std::to_string(index) +
                         ": invalid index referenced");
}

// The position in an array of `size` that `token` names; from the end where negative.
Result<size_t> ArrayIndex(std::string_view token, size_t size) {
  SLUICE_TRY(const int64_t index, Atoi(token));
  const auto count = static_cast<int64_t>(size);
  if (index < -count || index >= count) return InvalidIndex(index);
  return static_cast<size_t>(index < 0 ? index + count : index);
}

// One operation's target: the container that holds it and the last token.
struct Place {
  Value* container = nullptr;  // null: the path leads nowhere
  std::string key;
};

Place FindPlace(Value& root, std::string_view path) {
  size_t slash = path.find('/');
  if (slash == path.npos) return {};
  Value* at = &root;
  while (true) {
    const size_t next = path.find('/', slash + 1);
    const std::string token =
        DecodeToken(path.substr(slash + 1, next == path.npos ? path.npos : next - slash - 1));
    if (!at->is_object() && !at->is_array()) return {};
    if (next == path.npos) return {at, token};
    if (at->is_array()) {
      const auto index = ArrayIndex(token, at->size());
      if (!index.ok()) return {};
      at = &at->mutable_items()[*index];
    } else {
      at = at->Find(token);
      if (at == nullptr) return {};
    }
    slash = next;
  }
}

// What stands at the place: null pointer where an object lacks the key, an error where an array
// lacks the index.
Result<Value*> Get(const Place& place) {
  if (place.container->is_object()) return place.container->Find(place.key);
  SLUICE_TRY(const size_t index, ArrayIndex(place.key, place.container->size()));
  return &place.container->mutable_items()[index];
}

Status Add(const Place& place, Value value) {
  if (place.container->is_object()) {
    place.container->Set(place.key, std::move(value));
    return {};
  }
  auto& items = place.container->mutable_items();
  if (place.key == "-") {
    items.push_back(std::move(value));
    return {};
  }
  const auto parsed = Atoi(place.key);
  if (!parsed.ok())
    return parsed.status().Wrap("value was not a proper array index: '" + place.key + "'");
  const auto slots = static_cast<int64_t>(items.size()) + 1;
  if (*parsed >= slots || *parsed < -slots) return InvalidIndex(*parsed);
  items.insert(items.begin() + (*parsed < 0 ? *parsed + slots : *parsed), std::move(value));
  return {};
}

Status Remove(const Place& place) {
  if (place.container->is_object()) {
    if (place.container->Erase(place.key)) return {};
    return InvalidArgument("Unable to remove nonexistent key: " + place.key + ": missing value");
  }
  SLUICE_TRY(const size_t index, ArrayIndex(place.key, place.container->size()));
  auto& items = place.container->mutable_items();
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(index));
  return {};
}

class JsonPatch {
 public:
  explicit JsonPatch(Value& root) : root_(root) {}

  Status Apply(const Value& operation) {
    op_ = &operation;
    const std::string_view kind = operation["op"].AsString("unknown");
    if (kind == "add") return AddOp();
    if (kind == "remove") return RemoveOp();
    if (kind == "replace") return ReplaceOp();
    if (kind == "move") return MoveOp();
    if (kind == "test") return TestOp();
    if (kind == "copy") return CopyOp();
    return InvalidArgument("Unexpected kind: " + std::string(kind));
  }

 private:
  // The text of "path" or "from"; a missing one is an error, one that is no text reads "unknown".
  Result<std::string> PathField(std::string_view name) const {
    const Value* field = op_->Find(name);
    if (field == nullptr || field->is_null()) {
      return InvalidArgument(name == "path" ? "operation missing path field: missing value"
                                            : "operation, missing from field: missing value");
    }
    if (field->is_string()) return std::string(field->AsString());
    return InvalidArgument("json: cannot unmarshal " + std::string(GoKind(*field)) +
                           " into Go value of type string");
  }
  const Value& OpValue() const { return (*op_)["value"]; }
  bool HasValue() const { return op_->Find("value") != nullptr; }
  static Status Missing(const std::string& what) {
    return InvalidArgument(what + ": missing value");
  }

  Status AddOp() {
    const auto path = PathField("path");
    if (!path.ok()) return Missing("add operation failed to decode path");
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("add operation does not apply: doc is missing path: \"" + *path + "\"");
    return Add(place, OpValue()).Wrap("error in add for path: '" + *path + "'");
  }

  Status RemoveOp() {
    const auto path = PathField("path");
    if (!path.ok()) return Missing("remove operation failed to decode path");
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("remove operation does not apply: doc is missing path: \"" + *path + "\"");
    return Remove(place).Wrap("error in remove for path: '" + *path + "'");
  }

  Status ReplaceOp() {
    const auto path = PathField("path");
    if (!path.ok()) return path.status().Wrap("replace operation failed to decode path");
    if (path->empty()) {
      if (!OpValue().is_object() && !OpValue().is_array())
        return InvalidArgument("replace operation value must be object or array: %!w(<nil>)");
      root_ = OpValue();
      return {};
    }
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("replace operation does not apply: doc is missing path: " + *path);
    // An object that lacks the key gets it: upstream looks for an error, and objects give none.
    const auto old = Get(place);
    if (!old.ok()) return Missing("replace operation does not apply: doc is missing key: " + *path);
    if (*old != nullptr) {
      **old = OpValue();
    } else {
      place.container->Set(place.key, OpValue());
    }
    return {};
  }

  Status MoveOp() {
    const auto from = PathField("from");
    if (!from.ok()) return from.status().Wrap("move operation failed to decode from");
    const Place source = FindPlace(root_, *from);
    if (source.container == nullptr)
      return Missing("move operation does not apply: doc is missing from path: " + *from);
    const std::string words = "error in move for path: '" + source.key + "'";
    const auto found = Get(source);
    if (!found.ok()) return found.status().Wrap(words);
    Value moving = *found == nullptr ? Value() : std::move(**found);
    SLUICE_TRY(Remove(source).Wrap(words));
    const auto path = PathField("path");
    if (!path.ok()) return path.status().Wrap("move operation failed to decode path");
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("move operation does not apply: doc is missing destination path: " + *path);
    return Add(place, std::move(moving)).Wrap("error in move for path: '" + *path + "'");
  }

  Status TestOp() {
    const auto path = PathField("path");
    if (!path.ok()) return path.status().Wrap("test operation failed to decode path");
    const Status failed = InvalidArgument("testing value " + *path + " failed: test failed");
    if (path->empty()) return root_ == OpValue() ? Status() : failed;
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("test operation does not apply: is missing path: " + *path);
    const auto found = Get(place);
    if (!found.ok()) return found.status().Wrap("error in test for path: '" + *path + "'");
    if (*found == nullptr || (*found)->is_null()) return OpValue().is_null() ? Status() : failed;
    return HasValue() && **found == OpValue() ? Status() : failed;
  }

  Status CopyOp() {
    const auto from = PathField("from");
    if (!from.ok()) return from.status().Wrap("copy operation failed to decode from");
    const Place source = FindPlace(root_, *from);
    if (source.container == nullptr)
      return Missing("copy operation does not apply: doc is missing from path: " + *from);
    const auto found = Get(source);
    if (!found.ok()) return found.status().Wrap("error in copy for from: '" + *from + "'");
    const auto path = PathField("path");
    if (!path.ok()) return Missing("copy operation failed to decode path");
    Value copy = *found == nullptr ? Value() : **found;
    const Place place = FindPlace(root_, *path);
    if (place.container == nullptr)
      return Missing("copy operation does not apply: doc is missing destination path: " + *path);
    copied_ += copy.HeapBytes() + sizeof(Value);
    if (copied_ > kMostCopied) {
      return InvalidArgument(
          "Unable to complete the copy, the accumulated size increase of copy is " +
          std::to_string(copied_) + ", exceeding the limit " + std::to_string(kMostCopied));
    }
    return Add(place, std::move(copy)).Wrap("error while adding value during copy");
  }

  // a chain of copies doubles the document at each step
  static constexpr size_t kMostCopied = 64 << 20;
  Value& root_;
  const Value* op_ = nullptr;
  size_t copied_ = 0;
};

}  // namespace

Result<std::vector<std::string>> ParsePointer(std::string_view pointer) {
  std::vector<std::string> tokens;
  if (pointer.empty()) return tokens;
  if (pointer[0] != '/') return InvalidArgument("JSON pointer must be empty or start with a \"/\"");
  for (size_t begin = 1; begin <= pointer.size();) {
    const size_t end = std::min(pointer.find('/', begin), pointer.size());
    tokens.push_back(DecodeToken(pointer.substr(begin, end - begin)));
    begin = end + 1;
  }
  return tokens;
}

std::string EscapePointerToken(std::string_view token) {
  std::string out;
  AppendPointerToken(out, token);
  return out.substr(1);
}

void AppendPointerToken(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (;;) {
    const size_t special = token.find_first_of("~/");
    pointer += token.substr(0, special);
    if (special == token.npos) return;
    pointer += token[special] == '~' ? "~0" : "~1";
    token.remove_prefix(special + 1);
  }
}

namespace {

// RFC 6901's array index: digits without leading zeros.
std::optional<size_t> StrictIndex(std::string_view token, size_t size) {
  if (token.empty() || (token.size() > 1 && token[0] == '0')) return std::nullopt;
  size_t index = 0;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), index);
  if (error != std::errc() || end != token.data() + token.size() || index >= size)
    return std::nullopt;
  return index;
}

const Value* Step(const Value& value, std::string_view token) {
  if (value.is_object()) return value.Find(token);
  const auto index = StrictIndex(token, value.size());
  return index ? &value.items()[*index] : nullptr;
}

}  // namespace

const Value* FindPointer(const Value& root, std::string_view pointer) {
  const auto tokens = ParsePointer(pointer);
  if (!tokens.ok()) return nullptr;
  const Value* at = &root;
  for (const std::string& token : *tokens) {
    at = Step(*at, token);
    if (at == nullptr) return nullptr;
  }
  return at;
}

bool RemovePointer(Value& root, std::string_view pointer) {
  const size_t slash = pointer.rfind('/');
  if (slash == pointer.npos) return false;
  auto* parent = const_cast<Value*>(FindPointer(root, pointer.substr(0, slash)));
  if (parent == nullptr) return false;
  const std::string token = DecodeToken(pointer.substr(slash + 1));
  if (parent->is_object()) return parent->Erase(token);
  const auto index = StrictIndex(token, parent->size());
  if (!index) return false;
  auto& items = parent->mutable_items();
  items.erase(items.begin() + static_cast<std::ptrdiff_t>(*index));
  return true;
}

base::Result<Value> JsonPatched(Value target, const Value& operations) {
  if (!operations.is_array()) {
    return InvalidArgument("json: cannot unmarshal " + std::string(GoKind(operations)) +
                           " into Go value of type jsonpatch.Patch");
  }
  if (!target.is_object() && !target.is_array()) {
    return InvalidArgument("json: cannot unmarshal " + std::string(GoKind(target)) +
                           " into Go value of type jsonpatch.partialDoc");
  }
  for (const Value& operation : operations.items()) {
    if (!operation.is_object() && !operation.is_null()) {
      return InvalidArgument("json: cannot unmarshal " + std::string(GoKind(operation)) +
                             " into Go value of type jsonpatch.Operation");
    }
  }
  JsonPatch patch(target);
  for (const Value& operation : operations.items()) SLUICE_TRY(patch.Apply(operation));
  return target;
}

Status ApplyJsonPatch(Value& target, const Value& operations) {
  SLUICE_TRY(Value patched, JsonPatched(target, operations));
  target = std::move(patched);
  return {};
}

void ApplyMergePatch(Value& target, const Value& patch) {
  if (!patch.is_object()) {
    target = patch;
    return;
  }
  if (!target.is_object()) target = Value::Object();
  for (const auto& [key, change] : patch.members()) {
    if (change.is_null()) {
      target.Erase(key);
    } else {
      ApplyMergePatch(target.Mutable(key), change);
    }
  }
}

Value MakeMergePatch(const Value& from, const Value& to) {
  if (!from.is_object() || !to.is_object()) return to;
  Value patch = Value::Object();
  for (const auto& [key, old] : from.members()) {
    if (to.Find(key) == nullptr) patch.Set(key, nullptr);
  }
  for (const auto& [key, value] : to.members()) {
    const Value* old = from.Find(key);
    if (old == nullptr) {
      patch.Set(key, value);
    } else if (old->is_object() && value.is_object()) {
      Value inner = MakeMergePatch(*old, value);
      if (!inner.empty()) patch.Set(key, std::move(inner));
    } else if (!(*old == value) || old->kind() != value.kind()) {
      patch.Set(key, value);
    }
  }
  return patch;
}

}  // namespace sluice::document
