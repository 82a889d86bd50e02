// Any bytes as a journal file: opening never crashes, what is live can be read, and the file works
// afterwards.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "io/journal.h"
#include "io/temp_dir.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  auto dir = io::TempDir::Create("/tmp", "journal-fuzz-");
  SLUICE_CHECK(dir.ok());
  SLUICE_CHECK(dir->fs().WriteFile("j", {reinterpret_cast<const char*>(data), size}).ok());
  auto journal = io::Journal::Open(dir->fs(), "j", {.max_bytes = 1 << 20, .max_record = 4096});
  if (!journal.ok()) return 0;
  SLUICE_CHECK((*journal)->ForEach([](uint64_t, std::string_view) { return true; }).ok());
  const auto sequence = (*journal)->Append("x");
  if (!sequence.ok()) return 0;
  SLUICE_CHECK((*journal)->Read(*sequence).value_or("") == "x");
  SLUICE_CHECK((*journal)->Compact().ok());
  SLUICE_CHECK((*journal)->Ack(*sequence).ok());
  return 0;
}
