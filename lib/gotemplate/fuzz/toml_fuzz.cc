// What is read as TOML is written, and read again to the same text.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/status.h"
#include "toml.h"

using namespace sluice::gotemplate;  // NOLINT(google-build-using-namespace)

namespace {

class World : public Environment {
 public:
  explicit World(HelmVersion helm) : helm_(helm) {}
  HelmVersion helm() const override { return helm_; }

 private:
  HelmVersion helm_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const HelmVersion helm : {HelmVersion::k3, HelmVersion::k4}) {
    World world(helm);
    Heap heap;
    const auto value = ParseToml(heap, text, world);
    if (!value.ok()) continue;
    std::string written;
    if (!AppendToml(written, *value, helm).ok()) continue;
    // An inline table with a nil member cannot come out of a document; its text may end in a comma.
    // Nothing else is not TOML.
    const auto again = ParseToml(heap, written, world);
    SLUICE_CHECK(again.ok());
    std::string rewritten;
    SLUICE_CHECK(AppendToml(rewritten, *again, helm).ok());
    SLUICE_CHECK(rewritten == written);
  }
  return 0;
}
