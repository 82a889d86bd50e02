// A state file of any bytes: refused, or read and written as the same state, whose folder is one of
// the mirror's.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "mirror_state.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using sluice::git::MirrorState;
  const auto state = MirrorState::Parse({reinterpret_cast<const char*>(data), size});
  if (!state.ok()) return 0;
  SLUICE_CHECK(state->generation.starts_with("objects-") &&
               state->generation.find('/') == std::string::npos);
  const auto again = MirrorState::Parse(state->ToString());
  SLUICE_CHECK(again.ok() && again->ToString() == state->ToString());
  return 0;
}
