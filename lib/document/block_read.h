// The fast reader of ordinary YAML. Private to the library.
#pragma once

#include <string_view>
#include <vector>

#include "document/node.h"
#include "document/yaml.h"

namespace sluice::document {

// As ParseYaml, for texts that the block scanner knows. False: it does not; `roots` is untouched,
// and libyaml is to be asked.
bool ReadBlocks(Arena& arena, std::string_view text, const YamlReadOptions& options,
                std::vector<Node*>& roots);

// As ParseYaml, by libyaml alone.
base::Result<std::vector<Node*>> ReadWithLibyaml(Arena& arena, std::string_view text,
                                                 const YamlReadOptions& options);

}  // namespace sluice::document
