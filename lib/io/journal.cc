#include "io/journal.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/hash.h"
#include "base/strings.h"
#include "errno_status.h"
#include "fd.h"

namespace sluice::io {
namespace {

constexpr std::string_view kMagic = "SLJRNL1\n";
constexpr size_t kHeader = 4 + 4 + 1 + 8;
constexpr uint8_t kData = 1, kAck = 2;
// Below this a rewrite saves nothing worth its cost.
constexpr uint64_t kCompactAt = 256 << 10;

void PutU32(std::string& out, uint32_t v) {
  for (int i = 0; i < 4; ++i) out += static_cast<char>(v >> (8 * i));
}
void PutU64(std::string& out, uint64_t v) {
  for (int i = 0; i < 8; ++i) out += static_cast<char>(v >> (8 * i));
}
uint64_t GetLittle(std::string_view bytes) {
  uint64_t v = 0;
  for (size_t i = bytes.size(); i-- > 0;) v = v << 8 | static_cast<uint8_t>(bytes[i]);
  return v;
}

std::string Encode(uint8_t kind, uint64_t sequence, std::string_view payload) {
  std::string covered(1, static_cast<char>(kind));
  PutU64(covered, sequence);
  covered += payload;
  std::string out;
  out.reserve(kHeader + payload.size());
  PutU32(out, static_cast<uint32_t>(payload.size()));
  PutU32(out, base::Crc32(covered));
  return out + covered;
}

}  // namespace

Journal::Journal(RootedFs fs, std::string name, JournalOptions options)
    : fs_(std::move(fs)), name_(std::move(name)), options_(options) {}

base::Result<std::unique_ptr<Journal>> Journal::Open(const RootedFs& fs, const std::string& name,
                                                     const JournalOptions& options) {
  std::unique_ptr<Journal> journal(new Journal(fs, name, options));
  SLUICE_TRY(journal->fd_, fs.OpenReadWrite(name));
  SLUICE_TRY(journal->Load());
  return journal;
}

base::Status Journal::Load() {
  live_.clear();
  live_bytes_ = 0;
  const off_t length = lseek(fd_.get(), 0, SEEK_END);
  if (length < 0) return ErrnoStatus("seek", name_, errno);
  const auto size = static_cast<uint64_t>(length);
  SLUICE_TRY(const std::string magic, ReadAt(0, std::min<uint64_t>(size, kMagic.size())));
  if (!kMagic.starts_with(magic))
    return base::DataLoss(base::Cat("open ", name_, ": not a journal"));
  end_ = kMagic.size();
  while (end_ + kHeader <= size) {
    SLUICE_TRY(const std::string header, ReadAt(end_, kHeader));
    const auto length_field =
        static_cast<uint32_t>(GetLittle(std::string_view(header).substr(0, 4)));
    if (length_field > options_.max_record || end_ + kHeader + length_field > size) break;
    SLUICE_TRY(const std::string covered, ReadAt(end_ + 8, kHeader - 8 + length_field));
    if (base::Crc32(covered) != GetLittle(std::string_view(header).substr(4, 4))) break;
    const auto kind = static_cast<uint8_t>(covered[0]);
    const uint64_t sequence = GetLittle(std::string_view(covered).substr(1, 8));
    if (kind == kData) {
      live_[sequence] = {end_ + kHeader, length_field};
      live_bytes_ += kHeader + length_field;
    } else if (const auto it = live_.find(sequence); kind == kAck && it != live_.end()) {
      live_bytes_ -= kHeader + it->second.length;
      live_.erase(it);
    }
    next_ = std::max(next_, sequence + 1);
    end_ += kHeader + length_field;
  }
  dropped_bytes_ = size > end_ ? size - end_ : 0;
  if (magic.size() < kMagic.size() || dropped_bytes_ > 0) {
    if (ftruncate(fd_.get(), static_cast<off_t>(magic.size() < kMagic.size() ? 0 : end_)) != 0) {
      return ErrnoStatus("truncate", name_, errno);
    }
    if (magic.size() < kMagic.size() &&
        pwrite(fd_.get(), kMagic.data(), kMagic.size(), 0) != ssize_t{kMagic.size()}) {
      return ErrnoStatus("write", name_, errno);
    }
  }
  return base::OkStatus();
}

base::Status Journal::WriteRecord(uint8_t kind, uint64_t sequence, std::string_view payload) {
  const std::string bytes = Encode(kind, sequence, payload);
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = pwrite(fd_.get(), bytes.data() + done, bytes.size() - done,
                             static_cast<off_t>(end_ + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int error = errno;
      // A torn record in the middle would hide all that is appended after it. end_ stays, so even a
      // failure here is overwritten.
      if (ftruncate(fd_.get(), static_cast<off_t>(end_)) != 0)
        return ErrnoStatus("truncate", name_, errno);
      return ErrnoStatus("write", name_, error);
    }
    done += static_cast<size_t>(n);
  }
  end_ += bytes.size();
  if (options_.sync && fdatasync(fd_.get()) != 0) return ErrnoStatus("sync", name_, errno);
  return base::OkStatus();
}

base::Result<uint64_t> Journal::Append(std::string_view payload) {
  if (payload.size() > options_.max_record) {
    return base::InvalidArgument(base::Cat("journal ", name_, ": record of ",
                                           std::to_string(payload.size()), " bytes is larger than ",
                                           std::to_string(options_.max_record)));
  }
  if (live_bytes_ + kHeader + payload.size() > options_.max_bytes) {
    return base::ResourceExhausted(base::Cat("journal ", name_, " is full"));
  }
  const uint64_t at = end_;
  const uint64_t sequence = next_;
  SLUICE_TRY(WriteRecord(kData, sequence, payload));
  ++next_;
  live_[sequence] = {at + kHeader, static_cast<uint32_t>(payload.size())};
  live_bytes_ += kHeader + payload.size();
  return sequence;
}

base::Status Journal::Ack(uint64_t sequence) {
  const auto it = live_.find(sequence);
  if (it == live_.end()) return base::OkStatus();
  SLUICE_TRY(WriteRecord(kAck, sequence, ""));
  live_bytes_ -= kHeader + it->second.length;
  live_.erase(it);
  if (end_ > kCompactAt && end_ > 4 * (live_bytes_ + kMagic.size())) return Compact();
  return base::OkStatus();
}

base::Status Journal::ForEach(const std::function<bool(uint64_t, std::string_view)>& fn) const {
  for (const auto& [sequence, slot] : live_) {
    SLUICE_TRY(const std::string payload, ReadAt(slot.offset, slot.length));
    if (!fn(sequence, payload)) break;
  }
  return base::OkStatus();
}

base::Result<std::string> Journal::Read(uint64_t sequence) const {
  const auto it = live_.find(sequence);
  if (it == live_.end())
    return base::NotFound(base::Cat("journal ", name_, ": no record ", std::to_string(sequence)));
  return ReadAt(it->second.offset, it->second.length);
}

base::Status Journal::Compact() {
  SLUICE_TRY(AtomicFile file, fs_.StartFile(name_, {.mode = 0600, .sync = options_.sync}));
  SLUICE_TRY(file.Write(kMagic));
  for (const auto& [sequence, slot] : live_) {
    SLUICE_TRY(const std::string payload, ReadAt(slot.offset, slot.length));
    SLUICE_TRY(file.Write(Encode(kData, sequence, payload)));
  }
  // Numbers never repeat, even when nothing is live: an ack of the last one carries the counter
  // over.
  SLUICE_TRY(file.Write(Encode(kAck, next_ - 1, "")));
  SLUICE_TRY(file.Commit());
  SLUICE_TRY(fd_, fs_.OpenReadWrite(name_));
  const uint64_t dropped = dropped_bytes_;
  SLUICE_TRY(Load());
  dropped_bytes_ = dropped;
  return base::OkStatus();
}

base::Result<std::string> Journal::ReadAt(uint64_t offset, uint64_t length) const {
  std::string out(length, '\0');
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t n =
        pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ErrnoStatus("read", name_, errno);
    if (n == 0) return base::DataLoss(base::Cat("read ", name_, ": unexpected end of file"));
    done += static_cast<size_t>(n);
  }
  return out;
}

}  // namespace sluice::io
