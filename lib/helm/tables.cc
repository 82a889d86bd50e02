#include "tables.h"

#include <algorithm>
#include <set>
#include <vector>

#include "base/strings.h"
#include "values_tables.h"

namespace sluice::helm {
namespace {

using base::Cat;
using document::Value;

constexpr size_t kMaxNodes = 2'000'000;
constexpr int kMaxDepth = 2000;

class Unfolder {
 public:
  base::Result<Value> Run(const Table& table) {
    if (++depth_ > kMaxDepth) return base::ResourceExhausted("values are nested too deeply");
    Value out = Value::Object();
    out.Reserve(table.members.size());
    for (const auto& [key, item] : table.members) {
      if (++nodes_ > kMaxNodes) return base::ResourceExhausted("values are too large");
      if (const Table* inner = AsTable(item)) {
        SLUICE_TRY(Value value, Run(*inner));
        out.Set(key, std::move(value));
      } else {
        out.Set(key, *std::get<const Value*>(item));
      }
    }
    --depth_;
    return out;
  }

 private:
  size_t nodes_ = 0;
  int depth_ = 0;
};

// Table pairs may be reached again through themselves; each is worked on once at a time.
class Coalescer {
 public:
  explicit Coalescer(const CoalesceMode& mode) : mode_(mode) {}

  void Run(Table* dst, Table* src, const std::string& path) {
    if (!active_.emplace(dst, src).second) return;
    // keys of src before dst's nulls are put into it, in order
    std::vector<std::string_view> not_null;
    for (const auto& [key, item] : src->members) {
      if (!IsNull(item)) not_null.push_back(key);
    }
    if (dst != src && mode_.v4) {
      for (const auto& [key, item] : dst->members) {
        if (IsNull(item)) src->Set(key, NullItem());
      }
    }
    std::vector<std::string_view> keys;  // what is written below may be src itself
    keys.reserve(src->members.size());
    for (const auto& [key, unused] : src->members) keys.push_back(key);
    for (const std::string_view key : keys) {
      const Item* from = src->Find(key);
      if (from != nullptr) Key(dst, key, *from, std::ranges::binary_search(not_null, key), path);
    }
    active_.erase({dst, src});
  }

 private:
  void Key(Table* dst, std::string_view key, Item from, bool from_not_null,
           const std::string& path) {
    Item* to = dst->Find(key);
    if (to == nullptr) {
      dst->Set(key, from);
    } else if (!mode_.merge && IsNull(*to) && (from_not_null || !mode_.v4)) {
      dst->Erase(key);
    } else if (AsTable(from) != nullptr && AsTable(*to) != nullptr) {
      Run(AsTable(*to), AsTable(from), mode_.warns() ? JoinKeys(path, key) : path);
    } else if (mode_.warns() && AsTable(from) != nullptr) {
      mode_.Warn("coalesce.go:298", Cat("warning: cannot overwrite table with non table for ",
                                        JoinKeys(path, key), " (", PlainText(from), ")"));
    } else if (mode_.warns() && AsTable(*to) != nullptr && !IsNull(from)) {
      mode_.Warn("coalesce.go:301",
                 Cat("warning: destination for ", JoinKeys(path, key),
                     " is a table. Ignoring non-table value (", PlainText(from), ")"));
    }
  }

  CoalesceMode mode_;
  std::set<std::pair<Table*, Table*>> active_;
};

void DropNulls(Table* table, int depth) {
  for (auto at = table->members.begin(); at != table->members.end();) {
    if (IsNull(at->second)) {
      at = table->members.erase(at);
      continue;
    }
    if (Table* inner = AsTable(at->second); inner != nullptr && depth < kMaxDepth)
      DropNulls(inner, depth + 1);
    ++at;
  }
}

}  // namespace

Item TableArena::ItemFrom(const Value& value) {
  if (value.is_object()) return FromValue(value);
  return &value;
}

Table* TableArena::FromValue(const Value& object) {
  Table* table = New();
  // Most values come sorted: the end is the place of the next.
  for (const auto& [key, value] : object.members())
    table->members.emplace_hint(table->members.end(), key, ItemFrom(value));
  return table;
}

base::Result<Value> ToValue(const Table& table) { return Unfolder().Run(table); }

void CoalesceTables(Table* dst, Table* src, const CoalesceMode& mode, const std::string& path) {
  Coalescer(mode).Run(dst, src, path);
}

std::string JoinKeys(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : Cat(path, ".", key);
}

std::string PlainText(const Item& item) {
  const Table* table = AsTable(item);
  if (table == nullptr) return PlainText(*std::get<const Value*>(item));
  const auto value = ToValue(*table);
  return value.ok() ? PlainText(*value) : "map[...]";
}

void DropNulls(Table* table) { DropNulls(table, 0); }

}  // namespace sluice::helm
