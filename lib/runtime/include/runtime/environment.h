// Environment: the process's environment variables as a value, read once in main (its third
// parameter), so that nothing below main asks the process for them. Thread-compatible.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace sluice::runtime {

class Environment {
 public:
  Environment() = default;
  explicit Environment(const char* const* envp);  // main's envp
  explicit Environment(std::map<std::string, std::string, std::less<>> values)
      : values_(std::move(values)) {}
  std::string Get(std::string_view name, std::string_view fallback = "") const;
  bool Has(std::string_view name) const { return values_.find(name) != values_.end(); }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

}  // namespace sluice::runtime
