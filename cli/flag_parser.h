// Flags as spf13/pflag reads them: --name=value, --name value, -n value, -nvalue, switches with or
// without =bool, words between them.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::cli {

enum class FlagKind : uint8_t {
  kSwitch,
  kText,   // the last one counts
  kTexts,  // each one counts (StringArray)
  kList,   // each one counts, and is comma-separated (StringSlice)
  kBare,   // a text that may stand without value: "unset" then (NoOptDefVal)
  kInt,
  kFloat,
  kDuration,  // texts that must read as one
  kPairs,     // each one counts; key=value, comma-separated (StringToString)
};

struct FlagSpec {
  std::string_view name;
  FlagKind kind = FlagKind::kSwitch;
  char shorthand = 0;
};

class ParsedFlags {
 public:
  bool Has(std::string_view name) const { return values_.contains(name); }
  bool On(std::string_view name) const { return Text(name) == "true"; }
  std::string Text(std::string_view name, std::string_view fallback = "") const;
  std::vector<std::string> Texts(std::string_view name) const;
  const std::vector<std::string>& words() const { return words_; }

 private:
  friend class FlagParser;
  std::map<std::string, std::vector<std::string>, std::less<>> values_;
  std::vector<std::string> words_;
};

// Errors in pflag's words: "unknown flag: --x", "flag needs an argument: --values".
base::Result<ParsedFlags> ParseFlags(std::span<const std::string> args,
                                     std::span<const FlagSpec> specs);

}  // namespace sluice::cli
