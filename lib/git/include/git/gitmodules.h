// .gitmodules: which repositories a commit's submodules come from. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace sluice::git {

struct Submodule {
  std::string name, path, url;  // the URL as written
};

// Sections `[submodule "name"]` in git's configuration format, with a clean relative path (no "..",
// no ".git" part, no backslash, nothing absolute) and a URL that ResolveSubmoduleUrl could take.
// kInvalidArgument for anything else that claims to be a submodule; at most 1 000.
base::Result<std::vector<Submodule>> ParseGitmodules(std::string_view text);

// http, https, ssh and scp-form ("git@h:p" → "ssh://git@h/p") as they are; "./x" and "../x" against
// the parent repository's URL. kInvalidArgument for other schemes, a leading "-" and control
// characters.
base::Result<std::string> ResolveSubmoduleUrl(std::string_view parent_url, std::string_view url);

}  // namespace sluice::git
