// Journal: a bounded append-only file of records, each kept until it is acknowledged: what an
// outbox needs for delivery at least once over crashes. A record that Append reported as stored is
// replayed by every later Open until its Ack is stored; an Ack that a crash swallowed shows the
// record once more. A torn or damaged tail is cut off at the last whole record.
//
//   file   := "SLJRNL1\n" record*
//   record := length u32 | crc32 u32 | kind u8 (1 data, 2 ack) | sequence u64 | payload   (little
//   endian; length counts the
//             payload, the crc covers kind, sequence and payload)
//
// A move-only-by-pointer resource, thread-compatible: one thread at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"
#include "io/rooted_fs.h"

namespace sluice::io {

struct JournalOptions {
  uint64_t max_bytes = 8 << 20;   // of the live records with their headers
  uint32_t max_record = 1 << 20;  // payload bytes
  bool sync = false;              // fsync each append and ack
};

class Journal {
 public:
  // Opens or creates `name` in `fs` and reads what is live. kDataLoss only if the file is not a
  // journal at all.
  static base::Result<std::unique_ptr<Journal>> Open(const RootedFs& fs, const std::string& name,
                                                     const JournalOptions& options = {});

  // Stores a record and returns its sequence number (rising from 1, never used again while the file
  // lives). kResourceExhausted: the bound is reached; acknowledge something first.
  // kInvalidArgument: larger than max_record.
  base::Result<uint64_t> Append(std::string_view payload);
  // Forgets a record; unknown numbers are ignored. The file shrinks by itself when most of it is
  // dead.
  base::Status Ack(uint64_t sequence);
  // Live records, oldest first. `fn` returns false to stop. The journal must not be changed
  // meanwhile.
  base::Status ForEach(
      const std::function<bool(uint64_t sequence, std::string_view payload)>& fn) const;
  base::Result<std::string> Read(uint64_t sequence) const;  // kNotFound if not live
  // Rewrites the file with the live records only.
  base::Status Compact();

  size_t size() const { return live_.size(); }  // live records
  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t file_bytes() const { return end_; }
  uint64_t dropped_bytes() const { return dropped_bytes_; }  // cut off by Open

 private:
  struct Slot {
    uint64_t offset;  // of the payload
    uint32_t length;
  };
  Journal(RootedFs fs, std::string name, JournalOptions options);
  base::Status Load();
  base::Status WriteRecord(uint8_t kind, uint64_t sequence, std::string_view payload);
  base::Result<std::string> ReadAt(uint64_t offset, uint64_t length) const;

  RootedFs fs_;
  std::string name_;
  JournalOptions options_;
  UniqueFd fd_;
  std::map<uint64_t, Slot> live_;
  uint64_t next_ = 1, end_ = 0, live_bytes_ = 0, dropped_bytes_ = 0;
};

}  // namespace sluice::io
