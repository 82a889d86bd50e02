// What object stores answer, taken apart: pages of a listing and errors, in S3's and Azure's XML.
// Linear time; the caller bounds the size. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "bucket/bucket.h"

namespace sluice::bucket {

inline constexpr size_t kMaxPageObjects = 100'000;  // stores give a thousand, or five

struct ListPage {
  std::vector<Object> objects;
  bool truncated = false;
  std::string next;  // token or marker of the next page; "" = none
};

// ListBucketResult of the second version of the call, or the first, where the next page follows the
// last key. Keys are decoded where the page says they are encoded; ETags have no quotes.
base::Result<ListPage> ParseS3Page(std::string_view xml, bool first_version);
// EnumerationResults. ETags get the quotes that the header has.
base::Result<ListPage> ParseAzurePage(std::string_view xml);

struct StoreError {
  std::string code, message, region;
};
// The root element Error; kInvalidArgument for anything else.
base::Result<StoreError> ParseStoreError(std::string_view xml);

// The region in a LocationConstraint.
base::Result<std::string> ParseS3Location(std::string_view xml);

}  // namespace sluice::bucket
