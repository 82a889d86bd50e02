// Git URLs as kustomize takes them apart (spec §4.4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace sluice::kustomize {

struct RepoSpec {
  std::string raw;         // as written
  std::string clone_spec;  // "https://github.com/a/b"
  std::string path;        // below the repository's root, without leading slash
  std::string ref, timeout = "27s";
  bool submodules = true;
};

std::optional<RepoSpec> ParseGitUrl(std::string_view url);
// "https://…" or "http://…" that is read as a file.
bool IsHttpUrl(std::string_view path);

}  // namespace sluice::kustomize
