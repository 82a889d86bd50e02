#include "functions_list.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "coerce.h"

namespace sluice::gotemplate::internal {
namespace {

// `refusal` is what stands before the kind's name.
base::Status CheckSlice(const Value& value, std::string_view refusal) {
  if (value.is_nil()) return NilDereference();
  if (!IsSlice(value)) return base::InvalidArgument(base::Cat(refusal, value.KindName()));
  return base::OkStatus();
}

// Elements [from, to) as a []interface {}.
base::Result<Value> Copy(Heap& heap, const Value& slice, size_t from, size_t to) {
  SLUICE_TRY(CheckFits(heap, (to - from) * sizeof(Value)));
  List* list = heap.NewList(to - from);
  for (size_t i = from; i < to; ++i) list->Append(heap, SliceElement(slice, i));
  return Value::Of(list);
}

// Values by DeepEqual. Looks through few one by one, through many by hash.
class ValueSet {
 public:
  bool Contains(const Value& value) const {
    if (values_.size() <= kFew) {
      return std::ranges::any_of(values_, [&](const Value& v) { return DeepEqual(value, v); });
    }
    const auto [begin, end] = by_hash_.equal_range(DeepHash(value));
    return std::any_of(begin, end,
                       [&](const auto& e) { return DeepEqual(value, values_[e.second]); });
  }
  void Add(const Value& value) {
    values_.push_back(value);
    if (values_.size() == kFew + 1) {
      for (size_t i = 0; i < values_.size(); ++i) by_hash_.emplace(DeepHash(values_[i]), i);
    } else if (values_.size() > kFew) {
      by_hash_.emplace(DeepHash(value), values_.size() - 1);
    }
  }

 private:
  static constexpr size_t kFew = 16;
  std::vector<Value> values_;
  std::unordered_multimap<size_t, size_t> by_hash_;
};

}  // namespace

base::Result<Value> NewList(Call& call) {
  List* list = call.heap.NewList(call.size());
  for (const Value& value : call.args) list->Append(call.heap, value);
  return Value::Of(list);
}

base::Result<Value> First(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find first on type "));
  return SliceLength(call[0]) == 0 ? Value() : SliceElement(call[0], 0);
}

base::Result<Value> Last(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find last on type "));
  const size_t n = SliceLength(call[0]);
  return n == 0 ? Value() : SliceElement(call[0], n - 1);
}

base::Result<Value> Rest(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find rest on type "));
  const size_t n = SliceLength(call[0]);
  if (n == 0) return Value::Of(call.heap.NilList());
  return Copy(call.heap, call[0], 1, n);
}

base::Result<Value> Initial(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find initial on type "));
  const size_t n = SliceLength(call[0]);
  if (n == 0) return Value::Of(call.heap.NilList());
  return Copy(call.heap, call[0], 0, n - 1);
}

base::Result<Value> Append(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot push on type "));
  const size_t n = SliceLength(call[0]);
  SLUICE_TRY(CheckFits(call.heap, (n + 1) * sizeof(Value)));
  List* list = call.heap.NewList(n + 1);
  for (size_t i = 0; i < n; ++i) list->Append(call.heap, SliceElement(call[0], i));
  list->Append(call.heap, call[1]);
  return Value::Of(list);
}

base::Result<Value> Prepend(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot prepend on type "));
  const size_t n = SliceLength(call[0]);
  SLUICE_TRY(CheckFits(call.heap, (n + 1) * sizeof(Value)));
  List* list = call.heap.NewList(n + 1);
  list->Append(call.heap, call[1]);
  for (size_t i = 0; i < n; ++i) list->Append(call.heap, SliceElement(call[0], i));
  return Value::Of(list);
}

base::Result<Value> Concat(Call& call) {
  size_t total = 0;
  for (const Value& value : call.args) {
    if (value.is_nil()) return NilDereference();
    if (!IsSlice(value))
      return base::InvalidArgument(base::Cat("Cannot concat type ", value.KindName(), " as list"));
    total += SliceLength(value);
  }
  if (total == 0) return Value::Of(call.heap.NilList());
  SLUICE_TRY(CheckFits(call.heap, total * sizeof(Value)));
  List* list = call.heap.NewList(total);
  for (const Value& value : call.args) {
    for (size_t i = 0; i < SliceLength(value); ++i) list->Append(call.heap, SliceElement(value, i));
  }
  return Value::Of(list);
}

base::Result<Value> Reverse(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find reverse on type "));
  const size_t n = SliceLength(call[0]);
  SLUICE_TRY(CheckFits(call.heap, n * sizeof(Value)));
  List* list = call.heap.NewList(n);
  for (size_t i = n; i > 0; --i) list->Append(call.heap, SliceElement(call[0], i - 1));
  return Value::Of(list);
}

base::Result<Value> Uniq(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find uniq on type "));
  List* list = call.heap.NewList();
  ValueSet seen;
  for (size_t i = 0; i < SliceLength(call[0]); ++i) {
    const Value element = SliceElement(call[0], i);
    if (seen.Contains(element)) continue;
    seen.Add(element);
    list->Append(call.heap, element);
  }
  return Value::Of(list);
}

base::Result<Value> Compact(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot compact on type "));
  List* list = call.heap.NewList();
  for (size_t i = 0; i < SliceLength(call[0]); ++i) {
    if (const Value element = SliceElement(call[0], i); !IsEmpty(element))
      list->Append(call.heap, element);
  }
  return Value::Of(list);
}

base::Result<Value> Without(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "Cannot find without on type "));
  ValueSet omitted;
  for (const Value& value : call.args.subspan(1)) omitted.Add(value);
  List* list = call.heap.NewList();
  for (size_t i = 0; i < SliceLength(call[0]); ++i) {
    if (const Value element = SliceElement(call[0], i); !omitted.Contains(element))
      list->Append(call.heap, element);
  }
  return Value::Of(list);
}

base::Result<Value> Has(Call& call) {
  if (call[1].is_nil()) return Value::Bool(false);
  SLUICE_TRY(CheckSlice(call[1], "Cannot find has on type "));
  for (size_t i = 0; i < SliceLength(call[1]); ++i) {
    if (DeepEqual(call[0], SliceElement(call[1], i))) return Value::Bool(true);
  }
  return Value::Bool(false);
}

base::Result<Value> Slice(Call& call) {
  SLUICE_TRY(CheckSlice(call[0], "list should be type of slice or array but "));
  const auto n = static_cast<int64_t>(SliceLength(call[0]));
  if (n == 0) return Value();
  const int64_t start = call.size() > 1 ? ToInt64(call[1]) : 0;
  const int64_t end = call.size() > 2 ? ToInt64(call[2]) : n;
  if (start < 0 || end < start || end > n) {
    return base::InvalidArgument("reflect.Value.Slice: slice index out of bounds");
  }
  const auto from = static_cast<size_t>(start), count = static_cast<size_t>(end - start);
  if (!call[0].is_list()) return Value::Bytes(call[0].text().substr(from, count));
  SLUICE_TRY(CheckFits(call.heap, count * sizeof(Value)));
  List* list = call.heap.NewList(count, call[0].list().type());
  for (const Value& value : call[0].list().items().subspan(from, count))
    list->Append(call.heap, value);
  return Value::Of(list);
}

base::Result<Value> Chunk(Call& call) {
  SLUICE_TRY(CheckSlice(call[1], "Cannot chunk type "));
  const int64_t size = call[0].int_value();
  const auto length = static_cast<int64_t>(SliceLength(call[1]));
  const auto makeslice = [] {
    return base::InvalidArgument("runtime error: makeslice: len out of range");
  };
  // In sprig's own floating-point arithmetic, which sizes of 0 and less bend.
  const double chunks = std::floor(static_cast<double>(length - 1) / static_cast<double>(size)) + 1;
  if (!(chunks >= 0)) return makeslice();
  if (chunks > static_cast<double>(length) + 2) return makeslice();
  List* out = call.heap.NewList(static_cast<size_t>(chunks), types::kListList);
  const auto count = static_cast<int64_t>(chunks);
  for (int64_t i = 0; i < count; ++i) {
    int64_t part = size;
    if (i == count - 1) {
      part = TruncateToInt64(
          std::floor(std::fmod(static_cast<double>(length), static_cast<double>(size))));
      if (part == 0) part = size;
    }
    if (part < 0) return makeslice();
    const int64_t from = i * size;
    if (from < 0 || from + part > length)
      return base::InvalidArgument("reflect: slice index out of range");
    SLUICE_TRY(const Value piece, Copy(call.heap, call[1], static_cast<size_t>(from),
                                       static_cast<size_t>(from + part)));
    out->Append(call.heap, piece);
  }
  return Value::Of(out);
}

base::Result<Value> SortAlpha(Call& call) {
  std::vector<std::string_view> texts;
  if (IsSlice(call[0])) {
    texts = Strslice(call.heap, call[0]);
    std::ranges::sort(texts);
  } else {
    texts.push_back(StrvalValue(call.heap, call[0]).text());
  }
  return StringList(call.heap, texts);
}

base::Result<Value> ToStrings(Call& call) {
  if (call[0].is_list() && &call[0].list().type() == &types::kStringList) return call[0];
  return StringList(call.heap, Strslice(call.heap, call[0]));
}

base::Result<Value> Join(Call& call) {
  const std::string_view separator = call[0].text();
  const auto texts = Strslice(call.heap, call[1]);
  if (texts.size() == 1) return Value::String(texts[0]);
  uint64_t total = texts.empty() ? 0 : (texts.size() - 1) * separator.size();
  for (const std::string_view text : texts) total += text.size();
  SLUICE_TRY(CheckFits(call.heap, total));
  char* const out = call.heap.AllocateBytes(total);
  char* next = out;
  for (size_t i = 0; i < texts.size(); ++i) {
    if (i > 0) next = std::ranges::copy(separator, next).out;
    next = std::ranges::copy(texts[i], next).out;
  }
  return Value::String({out, total});
}

}  // namespace sluice::gotemplate::internal
