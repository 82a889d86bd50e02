// mergo's deepMerge as sprig calls it: map[string]interface {} into another, with no option or with
// override. Its rules come from reflection, hence the order of the steps below: spec helm-engine
// §7.6.
#include "base/strings.h"
#include "coerce.h"
#include "functions_dict.h"

namespace sluice::gotemplate::internal {
namespace {

class Merger {
 public:
  Merger(Heap& heap, bool overwrite) : heap_(heap), overwrite_(overwrite) {}

  base::Status Into(Map& dst, const Map& src, int depth) {
    if (depth > kMaxDepth) return base::ResourceExhausted("maps are too deep to merge");
    // By index: where maps hold each other, a step may change the one walked through.
    for (size_t i = 0; i < src.size(); ++i) {
      if (++steps_ > kMaxSteps) return base::ResourceExhausted("maps are too large to merge");
      const Map::Entry entry = src.entries()[i];
      SLUICE_TRY(Entry(dst, entry.key, entry.value, src.type().element == nullptr, depth));
    }
    return base::OkStatus();
  }

 private:
  static constexpr size_t kMaxSteps = 2'000'000;

  // `boxed`: src holds interfaces, not strings.
  base::Status Entry(Map& dst, std::string_view key, const Value& value, bool boxed, int depth) {
    if (value.is_nil()) return overwrite_ ? Store(dst, key, value, boxed) : base::OkStatus();
    const Value* found = dst.Find(key);
    const bool present = found != nullptr;
    // a copy: the map may move; what it refers to is shared
    const Value old = present ? *found : Value();
    if (value.is_map() || value.kind() == Kind::kObject) {
      if (present) SLUICE_TRY(Nested(old, value, depth));
    } else if (IsSlice(value) && present && !Boxed(dst)) {
      return base::InvalidArgument("reflect: call of reflect.Value.IsNil on string Value");
    }
    const bool empty = IsEmpty(old);  // now: merging may have filled the map
    // What is there stays beside a slice (which override has put there at once) and a map (merged).
    if (!empty && IsSlice(value))
      return overwrite_ ? Store(dst, key, value, boxed) : base::OkStatus();
    if (!empty && value.is_map() && old.is_map()) return base::OkStatus();
    if (overwrite_ || empty) return Store(dst, key, value, boxed);
    return base::OkStatus();
  }

  base::Status Nested(const Value& old, const Value& value, int depth) {
    if (old.is_map() && value.is_map() && !old.map().is_nil())
      return Into(old.map(), value.map(), depth + 1);
    // A pointer cannot take what is no pointer of its type.
    const bool pointer = old.kind() == Kind::kObject && old.object().kind_name() == "ptr";
    const bool into = value.kind() == Kind::kObject && value.object().kind_name() == "ptr";
    if (pointer && !into && !overwrite_)
      return base::InvalidArgument("src and dst must be of same type");
    return base::OkStatus();
  }

  static bool Boxed(const Map& map) { return &map.type() != &types::kStringMap; }

  base::Status Store(Map& dst, std::string_view key, const Value& value, bool boxed) {
    if (!Boxed(dst) && boxed) {
      return base::InvalidArgument(base::Cat("reflect.Value.SetMapIndex: value of type ",
                                             IsSlice(value) ? value.TypeName() : "interface {}",
                                             " is not assignable to type string"));
    }
    dst.Set(heap_, key, value);
    return base::OkStatus();
  }

  Heap& heap_;
  const bool overwrite_;
  size_t steps_ = 0;
};

base::Result<Value> MergeAll(Call& call, bool overwrite) {
  Map* dst = MapOf(call[0]);
  Value result = call[0];
  for (const Value& argument : call.args.subspan(1)) {
    const Map* src = MapOf(argument);
    if (src == nullptr || src->is_nil()) continue;
    if (dst == nullptr || dst->is_nil()) result = Value::Of(dst = call.heap.NewMap());
    SLUICE_TRY(Merger(call.heap, overwrite).Into(*dst, *src, 0));
  }
  return dst == nullptr ? Value::Of(call.heap.NilMap()) : result;
}

// sprig swallows mergo's errors, but neither Go's panics nor our limits.
base::Result<Value> Lenient(base::Result<Value> result) {
  if (!result.ok() && result.status().message() == "src and dst must be of same type")
    return Value::String("");
  return result;
}

}  // namespace

base::Result<Value> Merge(Call& call) { return Lenient(MergeAll(call, false)); }
base::Result<Value> MergeOverwrite(Call& call) { return Lenient(MergeAll(call, true)); }
base::Result<Value> MustMerge(Call& call) { return MergeAll(call, false); }
base::Result<Value> MustMergeOverwrite(Call& call) { return MergeAll(call, true); }

}  // namespace sluice::gotemplate::internal
