#include "runtime/environment.h"

#include "base/strings.h"

namespace sluice::runtime {

Environment::Environment(const char* const* envp) {
  for (; envp != nullptr && *envp != nullptr; ++envp) {
    if (const auto pair = base::Cut(*envp, "=")) values_.emplace(pair->first, pair->second);
  }
}

std::string Environment::Get(std::string_view name, std::string_view fallback) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::string(fallback) : it->second;
}

}  // namespace sluice::runtime
