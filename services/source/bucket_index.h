// BucketIndex: which objects of a bucket an artifact is made of, by key, with their ETags; its
// digest is the revision (source.md §11.2). A value; thread-compatible.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/status.h"
#include "bucket/bucket.h"

namespace sluice::source {

class BucketIndex {
 public:
  // Any order; of a key that comes twice the last counts.
  void Add(bucket::Object object) { objects_.push_back(std::move(object)); }
  // Once all are added: sorted by the bytes of their keys.
  void Seal();
  const std::vector<bucket::Object>& objects() const { return objects_; }
  // What a fetch brought: another ETag, or the object is gone. Gone ones leave with Seal.
  void Update(size_t i, std::string etag) { objects_[i].etag = std::move(etag); }
  void Drop(size_t i) { objects_[i].key.clear(); }

  // "sha256:…" over a line "<key> <etag>" per object.
  std::string Digest(base::DigestAlgorithm algorithm) const;
  // Whether `revision` is this index's digest, by the revision's own algorithm.
  bool Is(std::string_view revision) const;

 private:
  std::vector<bucket::Object> objects_;
};

// Where an object lies in the artifact: its key as a path below the root, which ".." does not
// leave. An error for a key that names no file there: "file name too long", "…names a directory",
// and what no archive may hold.
base::Result<std::string> BucketPath(std::string_view key);

}  // namespace sluice::source
