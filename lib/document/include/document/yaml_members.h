// Some members of a document's top-level mapping, for readers that need no more of it: a manifest's
// kind and metadata.
#pragma once

#include <optional>
#include <string_view>

#include "document/node.h"
#include "document/yaml.h"

namespace sluice::document {

// Of the text's first document the pairs whose keys are `wanted`, in order, duplicates included.
// The rest is checked but not built. Nothing where the text is not of the kind whose whole reading
// cannot fail: then ParseYamlDocument tells what it is. Where something comes, the document has no
// alias, anchor, tag or merge key, each key of it is a string, and no number is infinite or NaN.
std::optional<Document> ReadTopMembers(std::string_view text, YamlDialect dialect,
                                       bool (*wanted)(std::string_view key));

}  // namespace sluice::document
