// What a TOML document has defined so far, under the rules by which BurntSushi/toml lets keys be
// defined again. Private to the library.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/status.h"
#include "gotemplate/function.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {

struct TomlTable;

// A defined value: finished data, a table, or the tables of [[name]].
struct TomlNode {
  enum class Kind : uint8_t { kValue, kArray, kTable, kTables } kind = Kind::kValue;
  Value value;
  TomlTable* table = nullptr;
  std::vector<TomlNode>* array = nullptr;     // kArray
  std::vector<TomlTable*>* tables = nullptr;  // kTables, not empty
};

struct TomlTable {
  std::map<std::string, TomlNode, std::less<>> members;
};

using TomlKey = std::vector<std::string>;
std::string TomlKeyText(const TomlKey& key);  // "a.\"b c\".d"

// The tree, the table in scope and the key being read. Errors are bare messages ("Key 'a' has
// already been defined."); the reader adds line and key.
class TomlTree {
 public:
  TomlTree(HelmVersion helm, size_t max_depth, size_t max_steps)
      : helm_(helm), max_depth_(max_depth), steps_left_(max_steps), root_(NewTable()) {}

  TomlTable* NewTable() { return &tables_.emplace_back(); }
  std::vector<TomlNode>* NewArray() { return &arrays_.emplace_back(); }

  // [a.b] and [[a.b]], and the tables that dotted and inline keys open.
  base::Status Open(TomlKey key, bool array);
  // Opens context.part as a table that another definition may complete.
  base::Status OpenImplicit(const std::string& part);
  base::Status Set(const std::string& key, TomlNode value);

  // The key that errors name: the table in scope and, where one is being read, its member.
  std::string Current() const;
  void MarkArray(const std::string& member, bool array) {
    array ? void(array_paths_.insert(PathOf(member))) : void(array_paths_.erase(PathOf(member)));
  }
  void MarkImplicit(const TomlKey& path) { implicit_.insert(TomlKeyText(path)); }

  TomlKey context;
  std::string key;

  Value ToValue(Heap& heap) const { return Value::Of(TableValue(heap, *root_)); }

 private:
  std::string PathOf(const std::string& key) const;
  base::Status Walk(const TomlKey& path);
  TomlTable* Descend(TomlNode& node) const {
    return node.kind == TomlNode::Kind::kTables ? node.tables->back() : node.table;
  }
  static Map* TableValue(Heap& heap, const TomlTable& table);
  static Value NodeValue(Heap& heap, const TomlNode& node);

  const HelmVersion helm_;
  const size_t max_depth_;
  size_t steps_left_;
  std::deque<TomlTable> tables_;
  std::deque<std::vector<TomlNode>> arrays_;
  std::deque<std::vector<TomlTable*>> table_lists_;
  TomlTable* root_;
  // By path, whichever of the tables of an array it lies in, as the library keeps them.
  std::unordered_set<std::string> array_paths_, implicit_;
};

}  // namespace sluice::gotemplate
