// BucketKind: a Bucket's own steps (source.md §11): list, compare, download what changed, archive. Thread-safe.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "api/bucket.h"
#include "artifact_step.h"
#include "bucket_access.h"
#include "bucket_index.h"
#include "bucket_spool.h"
#include "bucket_tree.h"
#include "source_kind.h"

namespace sluice::source {

class BucketKind final : public SourceKind {
 public:
  // env's parts and `cloud` outlive this.
  BucketKind(const SourceEnv& env, CloudAccess& cloud);

  const KindTraits& traits() const override;
  base::Result<SpecHead> Head(const document::Value& object) const override;
  StepResult Run(const observe::Context& ctx, const kube::ObjectKey& key, SourceStatus& status, Made& made) override;

 private:
  struct Listing {
    BucketIndex index;
    std::optional<bucket::Object> ignore_file;  // .sourceignore, which goes in beside the index
    std::string ignore_text;
  };
  // What is downloaded of it, where it lies.
  struct Download {
    std::unique_ptr<BucketSpool> spool;
    std::map<std::string, SpoolPlace> places;  // by key
  };
  base::Status List(const observe::Context& ctx, const api::BucketSpec& spec, bucket::Bucket& bucket, Listing& out);
  base::Status Fetch(const observe::Context& ctx, const kube::ObjectKey& key, const api::BucketSpec& spec, bucket::Bucket& bucket,
                     Listing& listing, Download& out);
  StepResult Store(const observe::Context& ctx, const kube::ObjectKey& key, const Listing& listing, const Download& download,
                   SourceStatus& status, Made& made);

  const SourceEnv env_;
  BucketAccess access_;
  ArtifactStep artifact_;
};

}  // namespace sluice::source
