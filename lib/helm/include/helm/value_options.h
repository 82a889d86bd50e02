// The values a user gives on a command line, merged in Helm's order. Pure: files come by a
// callback. Spec: helm-engine 12.1.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/strvals.h"
#include "helm/version.h"

namespace sluice::helm {

struct ValueOptions {
  std::vector<std::string> files;      // -f
  std::vector<std::string> json;       // --set-json
  std::vector<std::string> set;        // --set
  std::vector<std::string> strings;    // --set-string
  std::vector<std::string> set_files;  // --set-file
  std::vector<std::string> literals;   // --set-literal
};

// In that order, each list in its own. `read` gives the content of files; its errors are returned
// as they are. Errors: "failed to parse values.yaml: …", `failed parsing --set data: key "a" has no
// value`, "failed parsing --set-json data a={".
base::Result<document::Value> MergeValueOptions(const ValueOptions& options, HelmVersion version,
                                                const FileReader& read);

}  // namespace sluice::helm
