// JournalFile: a journal that is this process's alone: opened by its path, locked against others,
// set aside when damaged. Thread-compatible.
#pragma once

#include <memory>
#include <string>

#include "base/status.h"
#include "io/journal.h"
#include "io/unique_fd.h"
#include "observe/log.h"

namespace sluice::bus {

class JournalFile {
 public:
  // A file that is no journal is renamed to PATH.damaged and a new one begun. kFailedPrecondition:
  // another process holds it.
  static base::Result<std::unique_ptr<JournalFile>> Open(const std::string& path,
                                                         uint64_t max_bytes,
                                                         const observe::Logger& log);

  io::Journal& log() { return *journal_; }
  const io::Journal& log() const { return *journal_; }

 private:
  JournalFile(io::UniqueFd lock, std::unique_ptr<io::Journal> journal)
      : lock_(std::move(lock)), journal_(std::move(journal)) {}
  io::UniqueFd lock_;  // on PATH.lock: the journal itself is replaced when it is compacted
  std::unique_ptr<io::Journal> journal_;
};

}  // namespace sluice::bus
