#include "artifact/unpack.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
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
  return base::InvalidArgument("tar contained invalid name error " +
                               base::QuoteGo(base::TruncateUtf8(name, 256)));
}

// "./a/b/" → "a/b"; "" for the root. Flux cleans names, too, but refuses what climbs.
base::Result<std::string> CleanName(std::string_view name) {
  if (name.empty() || name.find_first_of(std::string_view("\\\0", 2)) != name.npos ||
      name.starts_with('/'))
    return InvalidName(name);
  std::string out;
  for (const std::string_view part : base::Split(name, "/")) {
    if (part == "..") return InvalidName(name);
    if (part.empty() || part == ".") continue;
    if (!out.empty()) out += '/';
    out += part;
  }
  return out;
}

base::Status NotGzip(base::Status why) {
  return why.code() == base::StatusCode::kInvalidArgument
             ? std::move(why).Wrap("requires gzip-compressed body")
             : why;
}

// Reads the tar that `tree` holds into it.
base::Status Fill(UnpackedTree& tree, const UnpackLimits& limits) {
  archive::TarReader reader(tree.bytes());
  uint64_t entries = 0;
  for (;;) {
    SLUICE_TRY(const auto entry, reader.Next());
    if (!entry) break;
    if (++entries > limits.max_entries) {
      return base::ResourceExhausted("archive has more than " + std::to_string(limits.max_entries) +
                                     " entries");
    }
    if (entry->type == archive::TarType::kSymlink) {
      if (limits.skip_links) continue;
      return base::InvalidArgument("tar file entry " + entry->name +
                                   " is a symlink, which is not allowed in this context");
    }
    if (entry->type == archive::TarType::kOther) {
      return base::InvalidArgument("tar file entry " + entry->name +
                                   " contained unsupported file type " + entry->mode_text);
    }
    SLUICE_TRY(const std::string name, CleanName(entry->name));
    if (entry->type == archive::TarType::kDirectory) {
      SLUICE_TRY(tree.AddDirectory(name));
    } else {
      if (name.empty()) return InvalidName(entry->name);
      SLUICE_TRY(tree.AddFile(name, entry->content, entry->executable));
    }
  }
  tree.Seal();
  return base::OkStatus();
}

}  // namespace

base::Result<std::shared_ptr<const io::FileTree>> UnpackTarGz(std::string_view bytes,
                                                              const UnpackLimits& limits) {
  auto inflated =
      archive::InflateGzip(bytes, {.max_bytes = limits.max_bytes, .max_ratio = limits.max_ratio});
  if (!inflated.ok()) return NotGzip(std::move(inflated).status());
  auto tree = std::make_shared<UnpackedTree>(*std::move(inflated));
  SLUICE_TRY(Fill(*tree, limits));
  return std::shared_ptr<const io::FileTree>(std::move(tree));
}

struct TarGzSpool::Impl {
  Impl(io::UniqueFd to, const UnpackLimits& l)
      : file(std::move(to)),
        limits(l),
        reader([this](std::string_view b) { return Append(b); },
               {.max_bytes = l.max_bytes, .max_ratio = l.max_ratio}) {}

  base::Status Append(std::string_view bytes) {
    size += bytes.size();
    while (!bytes.empty()) {
      const ssize_t n = write(file.get(), bytes.data(), bytes.size());
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return base::ResourceExhausted(base::Cat("write: ", std::strerror(errno)));
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return base::OkStatus();
  }

  io::UniqueFd file;
  const UnpackLimits limits;
  uint64_t size = 0;
  archive::GzipReader reader;
};

TarGzSpool::TarGzSpool(io::UniqueFd file, const UnpackLimits& limits)
    : impl_(std::make_unique<Impl>(std::move(file), limits)) {}
TarGzSpool::~TarGzSpool() = default;

base::Status TarGzSpool::Write(std::string_view bytes) {
  return NotGzip(impl_->reader.Write(bytes));
}

base::Result<std::shared_ptr<const io::FileTree>> TarGzSpool::Finish() {
  if (auto s = impl_->reader.Finish(); !s.ok()) return NotGzip(std::move(s));
  const size_t size = static_cast<size_t>(impl_->size);
  if (size == 0)
    return std::shared_ptr<const io::FileTree>(std::make_shared<UnpackedTree>(std::string()));
  void* at = mmap(nullptr, size, PROT_READ, MAP_SHARED, impl_->file.get(), 0);
  if (at == MAP_FAILED) return base::ResourceExhausted(base::Cat("mmap: ", std::strerror(errno)));
  std::shared_ptr<const void> mapped(at, [size](void* p) { munmap(p, size); });
  madvise(at, size, MADV_RANDOM);  // headers lie far apart: no reading around them
  const auto drop = [](std::string_view read) {
    const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
    const auto from = (reinterpret_cast<uintptr_t>(read.data()) + page - 1) / page * page;
    const auto to = reinterpret_cast<uintptr_t>(read.data() + read.size()) / page * page;
    // the file has them
    if (to > from) madvise(reinterpret_cast<void*>(from), to - from, MADV_DONTNEED);
  };
  auto tree = std::make_shared<UnpackedTree>(std::string_view(static_cast<const char*>(at), size),
                                             std::move(mapped), drop);
  SLUICE_TRY(Fill(*tree, impl_->limits));
  return std::shared_ptr<const io::FileTree>(std::move(tree));
}

base::Status VerifyDigest(std::string_view bytes, std::string_view digest) {
  if (digest.empty()) return base::DataLoss("artifact has no digest");
  auto want = base::Digest::Parse(digest);
  if (!want.ok()) {
    return base::DataLoss("failed to parse artifact digest '" + std::string(digest) +
                          "': " + want.status().message());
  }
  SLUICE_TRY(const base::Digest got, base::Digest::Of(want->algorithm(), bytes));
  if (got == *want) return base::OkStatus();
  return base::DataLoss("computed digest doesn't match '" + want->ToString() + "'");
}

}  // namespace sluice::artifact
