#include "journal_file.h"

#include <sys/file.h>

#include "envelope.h"
#include "io/rooted_fs.h"

namespace sluice::bus {

base::Result<std::unique_ptr<JournalFile>> JournalFile::Open(const std::string& path,
                                                             uint64_t max_bytes,
                                                             const observe::Logger& log) {
  const size_t slash = path.rfind('/');
  const std::string dir = slash == path.npos ? "." : path.substr(0, slash);
  const std::string name = slash == path.npos ? path : path.substr(slash + 1);
  SLUICE_TRY(auto fs, io::RootedFs::OpenOrCreate(dir.empty() ? "/" : dir));
  SLUICE_TRY(auto lock, fs.OpenReadWrite(name + ".lock"));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
    return base::FailedPrecondition("another process holds it");
  const io::JournalOptions options{.max_bytes = max_bytes,
                                   .max_record = static_cast<uint32_t>(kEventLimit)};
  auto journal = io::Journal::Open(fs, name, options);
  if (journal.status().code() == base::StatusCode::kDataLoss) {
    log.Error(journal.status(), "event journal damaged: set aside", {{"path", path}});
    SLUICE_TRY(fs.Rename(name, name + ".damaged"));
    journal = io::Journal::Open(fs, name, options);
  }
  if (!journal.ok()) return journal.status();
  return std::unique_ptr<JournalFile>(new JournalFile(std::move(lock), *std::move(journal)));
}

}  // namespace sluice::bus
