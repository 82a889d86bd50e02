#include <algorithm>

#include "gotemplate/function.h"

namespace sluice::gotemplate {
namespace {

const Function* FindIn(std::span<const Function> table, std::string_view name) {
  const auto it = std::ranges::lower_bound(table, name, {}, &Function::name);
  return it != table.end() && it->name == name ? &*it : nullptr;
}

}  // namespace

base::Time Environment::Now() const { return {}; }

void Environment::Random(std::span<uint8_t> out) { std::ranges::fill(out, uint8_t{0}); }

// Functions that a program registers come before text/template's own: sprig's slice hides the
// built-in one.
const Function* FunctionTable::Find(std::string_view name) const {
  for (const Function& f : extra_) {
    if (f.name == name) return &f;
  }
  if (helm_ == HelmVersion::k3 && (name == "mustToYaml" || name == "mustToToml")) return nullptr;
  for (const auto table :
       {TextFormatFunctions(), StringFunctions(), CollectionFunctions(), NumberFunctions(),
        DateFunctions(), CryptoFunctions(), BuiltinFunctions()}) {
    if (const Function* f = FindIn(table, name)) return f;
  }
  return nullptr;
}

}  // namespace sluice::gotemplate
