#include "bucket_index.h"

#include <algorithm>

#include "archive/tar.h"
#include "base/strings.h"

namespace sluice::source {
namespace {

constexpr size_t kMaxName = 255, kMaxPath = 4096;

}  // namespace

void BucketIndex::Seal() {
  std::erase_if(objects_, [](const bucket::Object& o) { return o.key.empty(); });
  std::ranges::stable_sort(objects_, {}, &bucket::Object::key);
  // The last of each key stays.
  const auto same = [](const bucket::Object& a, const bucket::Object& b) { return a.key == b.key; };
  const auto first = std::unique(objects_.rbegin(), objects_.rend(), same).base();
  objects_.erase(objects_.begin(), first);
}

std::string BucketIndex::Digest(base::DigestAlgorithm algorithm) const {
  base::Hasher hasher(algorithm);
  for (const bucket::Object& o : objects_) hasher.Update(base::Cat(o.key, " ", o.etag, "\n"));
  return hasher.Finish().ToString();
}

bool BucketIndex::Is(std::string_view revision) const {
  const auto digest = base::Digest::Parse(revision);
  if (!digest.ok() || digest->algorithm() == base::DigestAlgorithm::kBlake3 ||
      digest->ToString() != revision)
    return false;
  return Digest(digest->algorithm()) == revision;
}

base::Result<std::string> BucketPath(std::string_view key) {
  std::vector<std::string_view> parts;
  for (const std::string_view part : base::Split(key, "/")) {
    if (part.empty() || part == ".") continue;
    if (part != "..") {
      if (part.size() > kMaxName) return base::InvalidArgument("file name too long");
      parts.push_back(part);
    } else if (!parts.empty()) {
      parts.pop_back();
    }
  }
  std::string path = base::Join(parts, "/");
  if (path.empty()) return base::InvalidArgument("it names a directory");
  if (path.size() > kMaxPath) return base::InvalidArgument("file name too long");
  if (!archive::IsCleanRelativePath(path))
    return base::InvalidArgument("no archive may hold that name");
  return path;
}

}  // namespace sluice::source
