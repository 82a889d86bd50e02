#include "baseline.h"

#include <algorithm>

#include "base/digest.h"

namespace sluice::kustomization {

std::string InputsKey(const artifact::PathDigests& paths,
                      const std::vector<kustomize::Input>& inputs) {
  std::string answers;
  for (const auto& input : inputs) {
    const auto digest = paths.Of(input.path);
    answers += input.path;
    answers += '\0';
    answers += static_cast<char>(input.what);
    if (input.what == kustomize::Input::What::kDirectory && paths.Knows(input.path)) {
      // Whether it is there is all that was asked.
      answers += digest == artifact::PathDigest{} ? '0' : '1';
    } else {
      answers += '=';
      answers.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    }
  }
  return base::Digest::Sha256(answers).hex();
}

bool KnowsAll(const artifact::PathDigests& paths, const std::vector<kustomize::Input>& inputs) {
  return std::ranges::all_of(inputs, [&](const auto& input) { return paths.Knows(input.path); });
}

void Baseline::Learn(const artifact::PathDigests& table) {
  std::string key = InputsKey(table, inputs);
  table_key = key == inputs_key ? std::string() : std::move(key);
}

bool Baseline::HoldsIn(const artifact::PathDigests& table) const {
  const std::string key = InputsKey(table, inputs);
  return key == inputs_key || key == table_key;
}

}  // namespace sluice::kustomization
