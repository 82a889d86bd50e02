#include "toml_tree.h"

#include "base/strings.h"
#include "toml.h"

namespace sluice::gotemplate {
namespace {

using base::Status;

constexpr Type kTableList = {"[]map[string]interface {}", Kind::kList, &types::kMap};

Status Message(std::string_view a, std::string_view key, std::string_view b) {
  return base::InvalidArgument(base::Cat(a, key, b));
}
Status AlreadyDefined(const TomlKey& key) {
  return Message("Key '", TomlKeyText(key), "' has already been defined.");
}

}  // namespace

std::string TomlKeyText(const TomlKey& key) {
  std::string out;
  for (size_t i = 0; i < key.size(); ++i) {
    if (i > 0) out += '.';
    AppendTomlKeyPart(out, key[i]);
  }
  return out;
}

std::string TomlTree::PathOf(const std::string& member) const {
  TomlKey path = context;
  if (!member.empty()) path.push_back(member);
  if (path.empty()) path.emplace_back();  // the empty key
  return TomlKeyText(path);
}

std::string TomlTree::Current() const {
  if (key.empty()) return TomlKeyText(context);
  return context.empty() ? key : base::Cat(TomlKeyText(context), ".", key);
}

// Every level of every key counts, and its bytes: work and memory are bounded whatever the
// document's shape.
Status TomlTree::Walk(const TomlKey& path) {
  if (path.size() > max_depth_) return base::ResourceExhausted("toml: keys are nested too deeply");
  size_t cost = 1;
  for (const std::string& part : path) cost += 1 + part.size() / 4;
  if (cost > steps_left_) return base::ResourceExhausted("toml: document exceeds the limit");
  steps_left_ -= cost;
  return {};
}

Status TomlTree::OpenImplicit(const std::string& part) {
  TomlKey path = context;
  path.push_back(part);
  MarkImplicit(path);
  return Open(std::move(path), false);
}

Status TomlTree::Open(TomlKey path, bool array) {
  SLUICE_TRY(Walk(path));
  TomlTable* table = root_;
  TomlKey parents;
  for (size_t i = 0; i + 1 < path.size(); ++i) {
    parents.push_back(path[i]);
    auto it = table->members.find(path[i]);
    if (it == table->members.end()) {
      MarkImplicit(parents);
      it = table->members
               .emplace(path[i],
                        TomlNode{.kind = TomlNode::Kind::kTable, .value = {}, .table = NewTable()})
               .first;
    }
    table = Descend(it->second);
    if (table == nullptr)
      return Message("Key '", TomlKeyText(parents), "' was already created as a hash.");
  }
  context = std::move(parents);
  const std::string last = path.empty() ? std::string() : path.back();
  if (array) {
    const auto [it, added] = table->members.try_emplace(last);
    if (added)
      it->second = TomlNode{
          .kind = TomlNode::Kind::kTables, .value = {}, .tables = &table_lists_.emplace_back()};
    if (it->second.kind != TomlNode::Kind::kTables)
      return Message("Key '", TomlKeyText(path),
                     "' was already created and cannot be used as an array.");
    it->second.tables->push_back(NewTable());
  } else {
    SLUICE_TRY(
        Set(last, TomlNode{.kind = TomlNode::Kind::kTable, .value = {}, .table = NewTable()}));
  }
  context.push_back(last);
  return {};
}

Status TomlTree::Set(const std::string& member, TomlNode value) {
  SLUICE_TRY(Walk(context));
  TomlTable* table = root_;
  TomlKey path;
  for (const std::string& part : context) {
    path.push_back(part);
    const auto it = table->members.find(part);
    if (it == table->members.end()) {
      return base::Status(base::StatusCode::kInternal,
                          base::Cat("BUG: Context for key '", TomlKeyText(path),
                                    "' has not been established.\n\n"));
    }
    table = Descend(it->second);
    if (table == nullptr) return AlreadyDefined(path);
  }
  path.push_back(member);
  const auto it = table->members.find(member);
  if (it == table->members.end()) {
    table->members.emplace(member, std::move(value));
    return {};
  }
  // What was only implied may be defined once; an array is stored over the tables that its elements
  // left here.
  const std::string text = TomlKeyText(path);
  const bool implied = implicit_.erase(text) > 0;
  if (array_paths_.contains(text)) {
    if (!implied && helm_ == HelmVersion::k4) return AlreadyDefined(path);
    it->second = std::move(value);
    return {};
  }
  return implied ? Status() : AlreadyDefined(path);
}

Map* TomlTree::TableValue(Heap& heap, const TomlTable& table) {
  Map* map = heap.NewMap(table.members.size());
  for (const auto& [key, node] : table.members)
    map->Set(heap, heap.Copy(key), NodeValue(heap, node));
  return map;
}

Value TomlTree::NodeValue(Heap& heap, const TomlNode& node) {
  switch (node.kind) {
    case TomlNode::Kind::kValue:
      return node.value;
    case TomlNode::Kind::kTable:
      return Value::Of(TableValue(heap, *node.table));
    case TomlNode::Kind::kArray: {
      List* list = heap.NewList(node.array->size());
      for (const TomlNode& item : *node.array) list->Append(heap, NodeValue(heap, item));
      return Value::Of(list);
    }
    case TomlNode::Kind::kTables:
      break;
  }
  List* list = heap.NewList(node.tables->size(), kTableList);
  for (const TomlTable* table : *node.tables)
    list->Append(heap, Value::Of(TableValue(heap, *table)));
  return Value::Of(list);
}

}  // namespace sluice::gotemplate
