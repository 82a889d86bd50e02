#include "base/clock.h"

#include <sys/random.h>

#include <array>
#include <cerrno>

#include "base/encoding.h"
#include "base/status.h"

namespace sluice::base {
namespace {

void FillRandom(char* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t n = getrandom(out + done, size - done, 0);
    if (n < 0 && errno == EINTR) continue;
    SLUICE_CHECK(n > 0);
    done += static_cast<size_t>(n);
  }
}

class RealClock final : public Clock {
 public:
  Time Now() const override { return std::chrono::system_clock::now(); }
  SteadyTime Steady() const override { return std::chrono::steady_clock::now(); }
  uint64_t AddWaker(std::function<void()>) override { return 0; }
  void RemoveWaker(uint64_t) override {}
};

class KernelRandom final : public Random {
 public:
  uint64_t Next() override {
    uint64_t value = 0;
    FillRandom(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
};

class KernelUuids final : public UuidSource {
 public:
  std::string NewUuid() override {
    std::string b(16, '\0');
    FillRandom(b.data(), b.size());
    b[6] = static_cast<char>((b[6] & 0x0f) | 0x40);
    b[8] = static_cast<char>((b[8] & 0x3f) | 0x80);
    std::string out = HexEncode(b);
    for (const size_t at : {8u, 13u, 18u, 23u}) out.insert(at, 1, '-');
    return out;
  }
};

}  // namespace

double Random::NextUnit() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }

Clock& SystemClock() {
  static RealClock clock;
  return clock;
}
Random& SystemRandom() {
  static KernelRandom random;
  return random;
}
UuidSource& SystemUuids() {
  static KernelUuids uuids;
  return uuids;
}

}  // namespace sluice::base
