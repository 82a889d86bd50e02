// Google Cloud Storage, by its JSON API. An object is read in the generation that was listed.
#pragma once

#include <memory>
#include <string>

#include "bucket/azure.h"
#include "bucket/bucket.h"

namespace sluice::bucket {

struct GcsOptions {
  std::string endpoint;  // "" = Google's own; an emulator's URL else
  std::string bucket;
  TokenSource token;  // null: anonymous
  Access access;
};

std::unique_ptr<Bucket> MakeGcsBucket(const Tools& tools, GcsOptions options);

}  // namespace sluice::bucket
