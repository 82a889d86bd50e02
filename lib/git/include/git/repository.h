// RepositoryPool: the repositories a process follows, one per URL and credentials, shared by every
// object that names them. Listings asked for at the same time become one request (a listing never
// answers a question asked after it was sent), fetches of a repository are serialised, mirrors no
// one uses are removed. Thread-safe.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/duration.h"
#include "base/status.h"
#include "git/mirror.h"
#include "git/reference.h"
#include "git/remote.h"
#include "observe/context.h"

namespace sluice::git {

class Repository {
 public:
  virtual ~Repository() = default;
  // ls-refs, batched with other callers of this repository, then ResolveReference. A tie between
  // tags is settled by fetching. `max_age`: a listing that was asked for no longer ago will do.
  virtual base::Result<ResolvedReference> Resolve(const observe::Context& ctx,
                                                  const ReferenceSpec& spec,
                                                  base::Duration max_age = {}) = 0;
  // The commit's objects, fetched if missing. A server that refuses a bare hash is asked for its
  // branches instead.
  virtual base::Result<std::unique_ptr<MirrorSession>> Checkout(const observe::Context& ctx,
                                                                const ReferenceSpec& spec,
                                                                const ResolvedReference& ref) = 0;
  // The same for a part: of the commit's blobs those whose path starts with one of `prefixes` (as
  // text). Fetches no others where the server can leave them out.
  virtual base::Result<std::unique_ptr<MirrorSession>> CheckoutPart(
      const observe::Context& ctx, const ReferenceSpec& spec, const ResolvedReference& ref,
      const std::vector<std::string>& prefixes) = 0;
};

class RepositoryPool {
 public:
  virtual ~RepositoryPool() = default;
  // The caller keeps what it gets for as long as it follows the repository: the pool itself does
  // not.
  virtual base::Result<std::shared_ptr<Repository>> Get(std::string_view url,
                                                        const RemoteAuth& auth) = 0;
  // Removes the mirrors of repositories that nobody holds. Call it once every holder is known again
  // after a start, and now and then.
  virtual base::Status Sweep() = 0;
};

// Mirrors live below `directory`, one folder each. `client` outlives the pool.
base::Result<std::unique_ptr<RepositoryPool>> MakeRepositoryPool(http::Client& client,
                                                                 const std::string& directory);

}  // namespace sluice::git
