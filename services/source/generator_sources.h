// GeneratorSources: what an ArtifactGenerator is made of: the artifacts its sources have now, and
// their files: from our own store where they lie there, else from their URL. Thread-safe; what it
// is given outlives it.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "api/external_artifact.h"
#include "artifact/store.h"
#include "generator_builder.h"
#include "http/client.h"
#include "io/rooted_fs.h"
#include "kube/informer.h"
#include "observe/context.h"

namespace sluice::source {

class GeneratorSources {
 public:
  // The source as the caches have it; null if absent. Of the kinds that Supports knows.
  using Find = std::function<kube::ObjectPtr(std::string_view kind, const kube::ObjectKey& key)>;
  // `localhost`: SOURCE_CONTROLLER_LOCALHOST, replaces the host of URLs; "" = none.
  GeneratorSources(artifact::ArtifactStore& store, http::Client& http, Find find,
                   std::string localhost)
      : store_(store), http_(http), find_(std::move(find)), localhost_(std::move(localhost)) {}

  static bool Supports(std::string_view kind);

  // By alias. kNotFound: a source is absent; kFailedPrecondition: has no artifact. In Flux's words.
  base::Result<std::map<std::string, api::ObservedSource>> Observe(
      const api::GeneratorSpec& spec) const;
  // By alias; what they hold is spooled into `spool`, one file each, unlinked at once.
  base::Result<SourceTrees> Fetch(const observe::Context& ctx,
                                  const std::map<std::string, api::ObservedSource>& sources,
                                  const io::RootedFs& spool) const;

 private:
  base::Result<std::shared_ptr<const io::FileTree>> FetchOne(const observe::Context& ctx,
                                                             const api::ObservedSource& source,
                                                             io::UniqueFd file) const;
  base::Result<bool> ReadStored(const observe::Context& ctx, const std::string& digest,
                                const archive::ByteSink& sink) const;
  base::Status Download(const observe::Context& ctx, const api::ObservedSource& source,
                        const archive::ByteSink& sink) const;

  artifact::ArtifactStore& store_;
  http::Client& http_;
  const Find find_;
  const std::string localhost_;
};

}  // namespace sluice::source
