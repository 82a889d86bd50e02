// Values as Go holds them while they are merged: tables are references, so that one table reached
// by two ways changes for both. Helm's results depend on it (a global's nested table is shared by
// parent and subchart), hence no document::Value here. All tables live in their arena: what refers
// to itself costs nothing to free. Keys, scalars and lists are the values' own, not copied until
// ToValue: what a table is made of outlives it unchanged.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <memory_resource>
#include <new>
#include <string>
#include <string_view>
#include <variant>

#include "base/status.h"
#include "document/value.h"
#include "helm/warning.h"

namespace sluice::helm {

class Table;
// A scalar or list of the values, or a table of the arena.
using Item = std::variant<const document::Value*, Table*>;

inline Item NullItem() { return &document::Value::Null(); }
inline bool IsNull(const Item& item) { return item.index() == 0 && std::get<0>(item)->is_null(); }
inline Table* AsTable(const Item& item) { return item.index() == 1 ? std::get<1>(item) : nullptr; }

class Table {
 public:
  using Members = std::pmr::map<std::string_view, Item>;
  explicit Table(std::pmr::memory_resource* memory) : members(memory) {}
  Table(const Table& other, std::pmr::memory_resource* memory) : members(other.members, memory) {}
  Table(const Table&) = delete;
  Table& operator=(const Table&) = delete;

  Item* Find(std::string_view key) {
    const auto at = members.find(key);
    return at == members.end() ? nullptr : &at->second;
  }
  Item& Set(std::string_view key, Item item) {
    return members.insert_or_assign(key, item).first->second;
  }  // REQUIRES: `key` outlives the table
  void Erase(std::string_view key) {
    if (const auto at = members.find(key); at != members.end()) members.erase(at);
  }
  Members members;
};

// Nothing in it is destroyed one by one: tables hold references and memory of the arena, no more.
class TableArena {
 public:
  Table* New() { return Make(); }
  // A table of an object (null: an empty one); its tables are its own.
  Table* FromValue(const document::Value& object);
  Item ItemFrom(const document::Value& value);
  Table* ShallowCopy(const Table& table) { return Make(table); }
  std::string_view Keep(std::string_view key) {
    return keys_.emplace_back(key);
  }  // one that would not live as long

 private:
  template <class... Args>
  Table* Make(const Args&... args) {
    return new (memory_.allocate(sizeof(Table), alignof(Table))) Table(args..., &memory_);
  }

  static constexpr size_t kFirstBlock = 16 << 10;
  std::pmr::monotonic_buffer_resource memory_{kFirstBlock};
  std::deque<std::string> keys_;
};

// Back to plain data. kResourceExhausted where sharing unfolds into too much, or where a table
// contains itself.
base::Result<document::Value> ToValue(const Table& table);

// The rules of tables (spec 12.3), as both CoalesceTables and MergeTables of Helm.
struct CoalesceMode {
  bool merge = false;  // nulls are kept
  bool v4 = true;      // a user's null where the chart has none stays; a chart's own nulls go
  const WarningSink* warn = nullptr;  // null or empty: nobody wants to know

  bool warns() const { return warn != nullptr && *warn; }
  void Warn(std::string_view place, std::string text) const {
    (*warn)({.place = place, .text = std::move(text)});
  }
};
// Lays `dst` over `src` in place; tables of `src` become part of `dst`. `path` is theirs, for
// warnings.
void CoalesceTables(Table* dst, Table* src, const CoalesceMode& mode, const std::string& path = {});
std::string JoinKeys(std::string_view path, std::string_view key);  // "a.b"
std::string PlainText(const Item& item);                            // fmt's %v
void DropNulls(Table* table);

}  // namespace sluice::helm
