// A hostile server's pack: indexed or refused, and what was indexed reads or not. The trailer is
// made to fit, so that more than checksums is tried.
#include <filesystem>
#include <string>

#include "base/digest.h"
#include "object_database.h"

namespace {

namespace fs = std::filesystem;

struct TempFolder {
  TempFolder() : path(fs::temp_directory_path() / "git-pack-fuzz-XXXXXX") {
    SLUICE_CHECK(mkdtemp(path.data()) != nullptr);
    fs::create_directory(path + "/pack");
  }
  ~TempFolder() {
    fs::remove(path + "/pack");
    fs::remove(path);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  std::string path;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::git;
  static const LibGit2 library;
  static const TempFolder temp;
  const std::string& folder = temp.path;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  sluice::base::Hasher hasher(sluice::base::DigestAlgorithm::kSha1);
  hasher.Update(bytes);
  bytes += hasher.FinishRaw();
  {
    const auto odb = ObjectDatabase::Open(folder);
    SLUICE_CHECK(odb.ok());
    const auto writer = PackWriter::Create(sluice::observe::Context(), folder, **odb);
    SLUICE_CHECK(writer.ok());
    const size_t half = bytes.size() / 2;
    if ((*writer)->Append(std::string_view(bytes).substr(0, half)).ok() &&
        (*writer)->Append(std::string_view(bytes).substr(half)).ok()) {
      static_cast<void>((*writer)->Finish());
    }
  }
  for (const auto& e : fs::directory_iterator(folder + "/pack")) fs::remove(e.path());
  return 0;
}
