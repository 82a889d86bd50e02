// FetchObjects: downloads objects of a bucket side by side into a spool.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bucket/bucket.h"
#include "bucket_spool.h"
#include "observe/context.h"

namespace sluice::source {

inline constexpr size_t kMaxParallelFetches = 32;

struct FetchResult {
  SpoolPlace place;
  std::string etag;   // of what was delivered
  bool gone = false;  // no longer in the bucket
};

// `wanted` points into an index; the results are in its order. The first failure ends all: "failed
// to get '<k>' object: …". The spool has min(kMaxParallelFetches, wanted.size()) files. Blocks.
base::Result<std::vector<FetchResult>> FetchObjects(const observe::Context& ctx,
                                                    bucket::Bucket& bucket,
                                                    std::span<const bucket::Object* const> wanted,
                                                    BucketSpool& spool);

// One object, into memory. kNotFound: it is gone.
struct FetchedText {
  std::string text, etag;
};
base::Result<FetchedText> FetchText(const observe::Context& ctx, bucket::Bucket& bucket,
                                    const bucket::Object& object, uint64_t max_bytes);

}  // namespace sluice::source
