#include "artifact/unpack.h"

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "tar_reader.h"
#include "unpacked_tree.h"

namespace sluice::artifact {
namespace {

constexpr uint64_t kRatioGrace = 10 << 20;

base::Status NotGzip(std::string_view why) {
  return base::InvalidArgument("requires gzip-compressed body: " + std::string(why));
}

// Inflates every member of a gzip file. The budget is checked before the buffer grows.
class Inflater {
 public:
  Inflater(std::string_view in, const UnpackLimits& limits) : in_(in), limits_(limits) {
    limits_.max_bytes = std::min(limits_.max_bytes, uint64_t{1} << 40);
    limits_.max_ratio = std::max<uint64_t>(limits_.max_ratio, 1);
  }
  ~Inflater() {
    if (open_) inflateEnd(&z_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  base::Result<std::string> Run() {
    if (in_.size() < 2) return NotGzip("unexpected EOF");
    if (!in_.starts_with("\x1f\x8b")) return NotGzip("gzip: invalid header");
    if (in_.size() > UINT32_MAX) return base::ResourceExhausted("archive is larger than 4 GiB");
    if (inflateInit2(&z_, 16 + MAX_WBITS) != Z_OK) return base::ResourceExhausted("out of memory");
    open_ = true;
    z_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(in_.data()));
    z_.avail_in = static_cast<uInt>(in_.size());
    // Manifests shrink about five times: one allocation in the usual case.
    out_.resize(std::min<uint64_t>(limits_.max_bytes + 1, std::max<uint64_t>(in_.size() * 6, 16 << 10)));
    for (;;) {
      SLUICE_TRY(Room());
      z_.next_out = reinterpret_cast<Bytef*>(out_.data() + used_);
      z_.avail_out = static_cast<uInt>(std::min<size_t>(out_.size() - used_, 1 << 30));
      const uInt before = z_.avail_out;
      const int rc = inflate(&z_, Z_NO_FLUSH);
      used_ += before - z_.avail_out;
      SLUICE_TRY(CheckBudget());
      if (rc == Z_STREAM_END) {
        if (z_.avail_in == 0) break;
        if (inflateReset(&z_) != Z_OK) return base::Internal("inflateReset failed");
        continue;  // a further member
      }
      if (rc == Z_BUF_ERROR && z_.avail_in == 0) return base::DataLoss("unexpected EOF");
      if (rc != Z_OK && rc != Z_BUF_ERROR) return base::DataLoss("gzip: invalid data");
    }
    out_.resize(used_);
    if (out_.capacity() > out_.size() * 2) out_.shrink_to_fit();
    return std::move(out_);
  }

 private:
  base::Status Room() {
    if (used_ < out_.size()) return base::OkStatus();
    out_.resize(std::min<uint64_t>(limits_.max_bytes + 1, out_.size() * 2));
    return base::OkStatus();
  }

  base::Status CheckBudget() const {
    if (used_ > limits_.max_bytes) {
      return base::ResourceExhausted("archive is larger than " + std::to_string(limits_.max_bytes) + " bytes when unpacked");
    }
    const uint64_t read = in_.size() - z_.avail_in;
    if (used_ > kRatioGrace && used_ / limits_.max_ratio > read) {
      return base::ResourceExhausted("archive expands more than " + std::to_string(limits_.max_ratio) + " times");
    }
    return base::OkStatus();
  }

  std::string_view in_;
  UnpackLimits limits_;
  z_stream z_{};
  bool open_ = false;
  std::string out_;
  size_t used_ = 0;
};

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

base::Result<std::shared_ptr<const io::FileTree>> UnpackTarGz(std::string_view archive, const UnpackLimits& limits) {
  SLUICE_TRY(std::string bytes, Inflater(archive, limits).Run());
  auto tree = std::make_shared<UnpackedTree>(std::move(bytes));
  TarReader reader(tree->bytes());
  uint64_t entries = 0;
  for (;;) {
    SLUICE_TRY(const auto entry, reader.Next());
    if (!entry) break;
    if (++entries > limits.max_entries) {
      return base::ResourceExhausted("archive has more than " + std::to_string(limits.max_entries) + " entries");
    }
    if (entry->type == TarType::kSymlink) {
      if (limits.skip_links) continue;
      return base::InvalidArgument("tar file entry " + entry->name +
                                   " is a symlink, which is not allowed in this context");
    }
    if (entry->type == TarType::kOther) {
      return base::InvalidArgument("tar file entry " + entry->name + " contained unsupported file type " + entry->mode_text);
    }
    SLUICE_TRY(const std::string name, CleanName(entry->name));
    if (entry->type == TarType::kDirectory) {
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
