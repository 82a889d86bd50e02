#include "event_correlator.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/hash.h"
#include "base/strings.h"

namespace sluice::runtime {
namespace {

constexpr size_t kMaxSimilar = 10;
constexpr auto kSimilarWindow = std::chrono::seconds(600);
constexpr double kBurst = 25, kTokensPerSecond = 1.0 / 300;

uint64_t Combine(uint64_t seed, std::string_view text) { return base::Hash64(text, seed); }

uint64_t ObjectHash(const kube::EventFields& e) {
  uint64_t h = Combine(0, e.component);
  for (const std::string_view part : {std::string_view(e.gvk.kind), std::string_view(e.key.ns),
                                      std::string_view(e.key.name), std::string_view(e.uid)}) {
    h = Combine(h, part);
  }
  return Combine(h, e.gvk.ApiVersion());
}

std::string HexNanos(base::Time t) {
  std::array<char, 24> buf{};
  std::snprintf(buf.data(), buf.size(), "%llx",
                static_cast<unsigned long long>(t.time_since_epoch().count()));
  return buf.data();
}

}  // namespace

std::optional<kube::EventFields> EventCorrelator::Correlate(kube::EventFields event,
                                                            base::Time now) {
  const uint64_t object = ObjectHash(event);
  const uint64_t group = Combine(Combine(object, event.type), event.reason);
  uint64_t key = Combine(group, event.message);

  Similar& similar = similar_.Get(group);
  if (now - similar.last > kSimilarWindow) similar.messages.clear();
  similar.last = now;
  similar.messages.insert(key);
  if (similar.messages.size() >= kMaxSimilar) {
    similar.messages.erase(similar.messages.begin());
    event.message = base::Cat("(combined from similar events): ", event.message);
    key = group;
  }

  Seen& seen = seen_.Get(key);
  if (seen.count == 0) {
    seen.first = now;
    seen.name_suffix = HexNanos(now);
  }
  ++seen.count;  // also of one that is dropped: the next count tells
  if (!TakeToken(object, now)) return std::nullopt;
  event.count = seen.count;
  event.first = std::chrono::time_point_cast<std::chrono::system_clock::duration>(seen.first);
  event.last = std::chrono::time_point_cast<std::chrono::system_clock::duration>(now);
  event.name_suffix = seen.name_suffix;
  return event;
}

bool EventCorrelator::TakeToken(uint64_t object, base::Time now) {
  Bucket& bucket = buckets_.Get(object);
  if (!bucket.used) {
    bucket = {true, kBurst, now};
  } else {
    const double seconds = std::chrono::duration<double>(now - bucket.last).count();
    bucket.tokens = std::min(kBurst, bucket.tokens + std::max(0.0, seconds) * kTokensPerSecond);
    bucket.last = now;
  }
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

}  // namespace sluice::runtime
