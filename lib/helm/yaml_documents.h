// The documents of a text as Kubernetes' YAML reader cuts it. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"
#include "base/strings.h"

namespace sluice::helm {

// Cuts a text at lines that begin with "---"; only a comment may follow those. A line's carriage
// return is dropped.
class DocumentReader {
 public:
  explicit DocumentReader(std::string_view text) : rest_(text) {}

  // False at the end.
  base::Result<bool> Next(std::string* out) {
    out->clear();
    while (!rest_.empty()) {
      const size_t end = rest_.find('\n');
      std::string_view line = rest_.substr(0, end);
      rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
      if (line.ends_with('\r') && end != line.npos) line.remove_suffix(1);
      if (line.starts_with("---")) {
        const std::string_view after = base::TrimSpace(line.substr(3));
        if (!after.empty() && !after.starts_with('#'))
          return base::InvalidArgument(base::Cat("invalid Yaml document separator: ", after));
        if (!out->empty()) return true;
      }
      out->append(line).append(1, '\n');
    }
    return !out->empty();
  }

 private:
  std::string_view rest_;
};

}  // namespace sluice::helm
