// For tests and fuzzing: the block scanner held against libyaml.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/strings.h"
#include "block_read.h"
#include "document/yaml_members.h"

namespace sluice::document {

// The tree with all that a reader sets, a node a line.
inline void DumpTree(const Node& node, int depth, std::string& out) {
  out.append(static_cast<size_t>(depth), ' ');
  out += base::Cat(std::to_string(static_cast<int>(node.kind())), "/",
                   std::to_string(static_cast<int>(node.style())), " ", node.tag(),
                   node.tagged() ? " tagged" : "", " ", std::to_string(node.line()), ":",
                   std::to_string(node.column()), " ", node.anchor(), " ",
                   base::QuoteGo(node.value()), "\n");
  for (const Node* item : node.items()) DumpTree(*item, depth + 1, out);
  for (const Node::Pair& pair : node.pairs()) {
    DumpTree(*pair.key, depth + 1, out);
    DumpTree(*pair.value, depth + 1, out);
  }
}

inline std::string DumpTrees(const std::vector<Node*>& roots) {
  std::string out;
  for (const Node* root : roots) DumpTree(*root, 0, out);
  return out;
}

// "" where the scanner declines or agrees; otherwise what differs. `read`: whether it took the
// text.
inline std::string BlocksAgree(std::string_view text, bool* read = nullptr) {
  for (const YamlDialect dialect : {YamlDialect::kGoYaml2, YamlDialect::kGoYaml3}) {
    for (const bool first : {true, false}) {
      const YamlReadOptions options{.dialect = dialect, .first_document_only = first};
      Arena arena;
      std::vector<Node*> ours;
      const bool took = ReadBlocks(arena, text, options, ours);
      if (read != nullptr) *read = took;
      const auto theirs = took ? ReadWithLibyaml(arena, text, options)
                               : base::Result<std::vector<Node*>>(std::vector<Node*>());
      if (!theirs.ok()) return base::Cat("libyaml refuses: ", theirs.status().message());
      if (const std::string a = DumpTrees(ours), b = DumpTrees(*theirs); a != b)
        return base::Cat("ours:\n", a, "libyaml:\n", b);
    }
    const auto wanted = [](std::string_view key) {
      return key.starts_with('k') || key == "metadata";
    };
    const auto top = ReadTopMembers(text, dialect, wanted);
    if (!top.has_value()) continue;
    Arena arena;
    const auto all =
        ReadWithLibyaml(arena, text, {.dialect = dialect, .first_document_only = true});
    if (!all.ok() || all->size() != 1 || !(*all)[0]->is_mapping())
      return "members of what libyaml refuses";
    std::string a, b;
    for (const auto& pair : top->root->pairs())
      DumpTree(*pair.key, 0, a), DumpTree(*pair.value, 0, a);
    for (const auto& pair : (*all)[0]->pairs()) {
      if (wanted(pair.key->value())) DumpTree(*pair.key, 0, b), DumpTree(*pair.value, 0, b);
    }
    if (a != b) return base::Cat("members:\n", a, "libyaml:\n", b);
    if (!ToValue(
             *(*all)[0],
             {.dialect = dialect, .duplicate_keys = DuplicateKeys::kLastWins, .convert_keys = true})
             .ok()) {
      return "members of what is no data";
    }
  }
  return "";
}

}  // namespace sluice::document
