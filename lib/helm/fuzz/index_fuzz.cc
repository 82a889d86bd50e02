// Any index: what is read can be asked for every version, and written as JSON that reads the same.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "helm/index.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::helm;
  const auto source = MakeTextSource({reinterpret_cast<const char*>(data), size});
  const auto spill = MakeMemorySpill();
  const IndexOptions options{.max_bytes = 1 << 20, .max_entries = 1000, .max_entry_bytes = 1 << 16};
  const auto index = RepositoryIndex::Read(*source, options, spill.get());
  if (!index.ok()) return 0;
  for (const std::string_view name : index->names()) {
    const auto versions = index->Versions(name);
    for (size_t i = 0; i < versions.size(); ++i)
      SLUICE_CHECK(index->At(name, i).version == versions[i] && index->Entry(name, i).ok());
    (void)index->Choose(name, "").ok();
  }
  std::string json;
  SLUICE_CHECK(index
                   ->WriteJson([&](std::string_view bytes) {
                     json += bytes;
                     return sluice::base::OkStatus();
                   })
                   .ok());
  const auto again = RepositoryIndex::Read(*MakeTextSource(json), {.max_bytes = 64 << 20});
  SLUICE_CHECK(again.ok() && again->version_count() == index->version_count());
  return 0;
}
