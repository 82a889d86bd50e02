// BucketKind: a Bucket's own steps (source.md §11): list, compare, download what changed, archive.
// Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/bucket.h"
#include "archive_memory.h"
#include "artifact_step.h"
#include "bucket_access.h"
#include "bucket_index.h"
#include "bucket_spool.h"
#include "bucket_tree.h"
#include "observe/mutex.h"
#include "source_kind.h"

namespace sluice::source {

class BucketKind final : public SourceKind {
 public:
  // env's parts and `cloud` outlive this. `client`: of the HTTP client that Buckets have for
  // themselves, since stores are asked side by side.
  BucketKind(const SourceEnv& env, CloudAccess& cloud, http::ClientOptions client);

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status,
                 Made& made) override;
  void Forget(const kube::ObjectKey& key) override;
  base::Status Sweep() override;

 private:
  struct IgnoreFile {
    std::optional<bucket::Object> object;  // .sourceignore; none: the bucket has none
    std::string text;
  };
  struct Listing {
    BucketIndex index;
    IgnoreFile ignore;  // goes in beside the index
  };
  // One pass, from the listing to the archive.
  struct Pass {
    const kube::ObjectKey& key;
    const api::BucketSpec& spec;
    bucket::Bucket& bucket;
    Listing listing{};
    ArchiveMemory::Former former{};  // what the last archive holds need not be downloaded
    std::unique_ptr<BucketSpool> spool{};
    std::map<std::string, SpoolPlace> places{};  // of what was downloaded, by key
  };
  base::Status List(const observe::Context& ctx, Pass& pass);
  // With these patterns; `seen`: the ETag of the .sourceignore that was listed.
  base::Status ListWith(const observe::Context& ctx, Pass& pass, IgnoreFile ignore,
                        std::optional<std::string>& seen);
  base::Status Fetch(const observe::Context& ctx, Pass& pass);
  base::Result<std::string> ReadFile(const observe::Context& ctx, const Pass& pass,
                                     const BucketTree::File& file, uint64_t max_bytes) const;
  StepResult Store(const observe::Context& ctx, const Pass& pass, SourceStatus& status, Made& made);
  bucket::Tools ToolsOf();

  const SourceEnv env_;
  BucketAccess access_;
  ArtifactStep artifact_;
  const ArchiveMemory memory_;
  const http::ClientOptions client_options_;
  observe::Mutex mu_;
  std::unique_ptr<http::Client> client_ SLUICE_GUARDED_BY(mu_);  // made for the first Bucket
  std::optional<http::PatientClient> patient_ SLUICE_GUARDED_BY(mu_);
  // The .sourceignore of the last pass, by object; the name of the bucket before it.
  std::map<kube::ObjectKey, std::pair<std::string, IgnoreFile>> ignores_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
