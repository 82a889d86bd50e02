// RemoteBases: what a build fetches over the network. http(s) repositories and files come through
// sluice-remote, a program beside this one; ssh and file URLs, submodules and repositories whose
// credentials git's helpers hold come through git itself, as with kustomize. What was fetched lies
// in temporary folders that go with this object. Thread-compatible.
#pragma once

#include <string>
#include <vector>

#include "base/status.h"
#include "io/temp_dir.h"
#include "kustomize/build.h"
#include "process.h"

namespace sluice::cli {

class RemoteBases {
 public:
  struct Surroundings {
    std::string program;    // sluice-remote
    std::string path;       // $PATH, where git is looked for
    std::string temporary;  // "/tmp"
  };
  RemoteBases(Processes& processes, Surroundings surroundings)
      : processes_(processes), around_(std::move(surroundings)) {}

  // Errors are kustomize's: "failed to run '/usr/bin/git fetch --depth=1 URL REF': fatal: …: exit
  // status 128".
  base::Result<kustomize::RemoteTree> Fetch(const kustomize::RemoteBase& base);
  // kUnavailable "HTTP Error: status code 404 (Not Found)".
  base::Result<std::string> Get(const std::string& url);

 private:
  // false: git must
  base::Result<bool> FetchOverHttp(const kustomize::RemoteBase& base, const std::string& directory);
  base::Status FetchWithGit(const kustomize::RemoteBase& base, const std::string& directory);
  std::string Git() const;

  Processes& processes_;
  Surroundings around_;
  std::vector<io::TempDir> folders_;
};

}  // namespace sluice::cli
