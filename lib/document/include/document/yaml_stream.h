// A YAML document read piece by piece: what would not fit into memory as a whole. The visitor says
// which collections to go into; the rest is handed over in finished trees, one at a time. Pure but
// for the bytes it asks for; one reader, one thread.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "base/status.h"
#include "document/node.h"
#include "document/yaml.h"

namespace sluice::document {

// The next bytes of the text, at most into.size(); 0 = the end.
using ByteReader = std::function<base::Result<size_t>(std::span<char> into)>;

class YamlVisitor {
 public:
  virtual ~YamlVisitor() = default;
  // A collection begins at `path`: keys as text, "[]" for the item of a sequence; empty for the
  // document itself. True: its members come one by one, then Left. False: it comes whole, by Take.
  virtual bool Enter(std::span<const std::string> path, Node::Kind kind) = 0;
  // A member is about to be read: its key's line is that of its value. Called for mappings that
  // were entered.
  virtual base::Status Member(std::span<const std::string> path, uint32_t line) = 0;
  // lives until Take returns
  virtual base::Status Take(std::span<const std::string> path, const Node& value) = 0;
};

// The first document. Duplicate keys of entered mappings are the visitor's to see; within a piece
// they stand side by side. kUnimplemented where the text cannot be read so: an alias to another
// piece, a merge key or a null key in an entered mapping. Errors: as ParseYaml's, the reader's, the
// visitor's.
base::Status ReadYamlPieces(const ByteReader& read, YamlVisitor& visitor,
                            const YamlReadOptions& options = {});

}  // namespace sluice::document
