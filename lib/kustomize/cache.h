// The inside of BaseCache: parsed files by their bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "document/node.h"
#include "kustfile.h"
#include "kustomize/build.h"

namespace sluice::kustomize {

struct ParsedFile {
  std::string text;
  document::Arena arena;
  std::vector<document::Node*> objects;  // never written to
};

class CacheAccess {
 public:
  // The objects of `text`, parsed now or before. Failures are not kept.
  static base::Result<std::shared_ptr<const ParsedFile>> Objects(BaseCache& cache,
                                                                 std::string_view text);
};

}  // namespace sluice::kustomize
