#include "artifact/unpack.h"

#include <utility>
#include <vector>

#include "archive/gzip.h"
#include "archive/tar.h"
#include "base/digest.h"
#include "base/strings.h"
#include "unpacked_tree.h"

namespace sluice::artifact {
namespace {

base::Status InvalidName(std::string_view name) {
  return base::InvalidArgument("tar contained invalid name error " + base::QuoteGo(base::TruncateUtf8(name, 256)));
}

// "./a/b/" → "a/b"; "" for the root. Flux cleans names, too, but refuses what climbs.
base::Result<std::string> CleanName(std::string_view name) {
  if (name.empty() || name.find_first_of(std::string_view("\\\0", 2)) != name.npos || name.starts_with('/')) return InvalidName(name);
  std::string out;
  for (const std::string_view part : base::Split(name, "/")) {
    if (part == "..") return InvalidName(name);
    if (part.empty() || part == ".") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

}  // namespace

base::Result<std::shared_ptr<const io::FileTree>> UnpackTarGz(std::string_view bytes, const UnpackLimits& limits) {
  auto inflated = archive::InflateGzip(bytes, {.max_bytes = limits.max_bytes, .max_ratio = limits.max_ratio});
  if (!inflated.ok() && inflated.status().code() == base::StatusCode::kInvalidArgument) {
    return std::move(inflated).status().Wrap("requires gzip-compressed body");
  }
  SLUICE_TRY(std::string tar, std::move(inflated));
  auto tree = std::make_shared<UnpackedTree>(std::move(tar));
  archive::TarReader reader(tree->bytes());
  uint64_t entries = 0;
  for (;;) {
    SLUICE_TRY(const auto entry, reader.Next());
    if (!entry) break;
    if (++entries > limits.max_entries) {
      return base::ResourceExhausted("archive has more than " + std::to_string(limits.max_entries) + " entries");
    }
    if (entry->type == archive::TarType::kSymlink) {
      if (limits.skip_links) continue;
      return base::InvalidArgument("tar file entry " + entry->name +
                                   " is a symlink, which is not allowed in this context");
    }
    if (entry->type == archive::TarType::kOther) {
      return base::InvalidArgument("tar file entry " + entry->name + " contained unsupported file type " + entry->mode_text);
    }
    SLUICE_TRY(const std::string name, CleanName(entry->name));
    if (entry->type == archive::TarType::kDirectory) {
      SLUICE_TRY(tree->AddDirectory(name));
    } else {
      if (name.empty()) return InvalidName(entry->name);
      SLUICE_TRY(tree->AddFile(name, entry->content, entry->executable));
    }
  }
  tree->Seal();
  return std::shared_ptr<const io::FileTree>(std::move(tree));
}

base::Status VerifyDigest(std::string_view bytes, std::string_view digest) {
  if (digest.empty()) return base::DataLoss("artifact has no digest");
  auto want = base::Digest::Parse(digest);
  if (!want.ok()) {
    return base::DataLoss("failed to parse artifact digest '" + std::string(digest) + "': " + want.status().message());
  }
  SLUICE_TRY(const base::Digest got, base::Digest::Of(want->algorithm(), bytes));
  if (got == *want) return base::OkStatus();
  return base::DataLoss("computed digest doesn't match '" + want->ToString() + "'");
}

}  // namespace sluice::artifact
