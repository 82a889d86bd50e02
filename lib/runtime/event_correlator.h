// EventCorrelator: client-go's rules for core/v1 Events: equal ones are counted in one object, past
// ten similar ones in ten minutes they are combined, and an object may cause 25 in a burst, then
// one in five minutes. Bounded memory. Thread-compatible.
#pragma once

#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "base/time.h"
#include "kube/event.h"

namespace sluice::runtime {

// The `max` keys used last. Thread-compatible.
template <class T>
class LruMap {
 public:
  explicit LruMap(size_t max) : max_(max) {}
  T* Find(uint64_t key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    order_.splice(order_.begin(), order_, it->second);
    return &it->second->second;
  }
  T& Get(uint64_t key) {  // made if absent
    if (T* found = Find(key)) return *found;
    order_.emplace_front(key, T{});
    index_[key] = order_.begin();
    if (order_.size() > max_) {
      index_.erase(order_.back().first);
      order_.pop_back();
    }
    return order_.front().second;
  }
  void Erase(uint64_t key) {
    const auto it = index_.find(key);
    if (it == index_.end()) return;
    order_.erase(it->second);
    index_.erase(it);
  }

 private:
  const size_t max_;
  std::list<std::pair<uint64_t, T>> order_;
  std::unordered_map<uint64_t, typename std::list<std::pair<uint64_t, T>>::iterator> index_;
};

class EventCorrelator {
 public:
  // Completes name_suffix, first, last, count and perhaps the message. nullopt: dropped as spam.
  // count > 1: the event object exists under that name and is to be patched.
  std::optional<kube::EventFields> Correlate(kube::EventFields event, base::Time now);

 private:
  struct Similar {
    std::unordered_set<uint64_t> messages;
    base::Time last{};
  };
  struct Seen {
    int count = 0;
    base::Time first{};
    std::string name_suffix;
  };
  struct Bucket {
    bool used = false;
    double tokens = 0;
    base::Time last{};
  };
  bool TakeToken(uint64_t object, base::Time now);

  static constexpr size_t kMax = 4096;
  LruMap<Similar> similar_{kMax};
  LruMap<Seen> seen_{kMax};
  LruMap<Bucket> buckets_{kMax};
};

}  // namespace sluice::runtime
