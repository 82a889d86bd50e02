#include "cache.h"

#include <list>
#include <mutex>
#include <unordered_map>

#include "base/hash.h"
#include "reader.h"

namespace sluice::kustomize {

// Files by the hash of their bytes; the bytes themselves are compared, so a collision, made or met,
// shares nothing.
struct BaseCache::Impl {
  explicit Impl(uint64_t max) : max_bytes(max) {}

  struct Entry {
    uint64_t hash;
    std::shared_ptr<const ParsedFile> file;
  };
  using Order = std::list<Entry>;  // most recently used first

  std::shared_ptr<const ParsedFile> Find(uint64_t hash, std::string_view text) {
    const std::lock_guard lock(mu);
    const auto [first, last] = by_hash.equal_range(hash);
    for (auto it = first; it != last; ++it) {
      if (it->second->file->text != text) continue;
      order.splice(order.begin(), order, it->second);
      ++stats.hits;
      return it->second->file;
    }
    ++stats.misses;
    return nullptr;
  }

  void Insert(uint64_t hash, std::shared_ptr<const ParsedFile> file) {
    const std::lock_guard lock(mu);
    if (file->text.size() > max_bytes) return;
    stats.bytes += file->text.size();
    order.push_front({hash, std::move(file)});
    by_hash.emplace(hash, order.begin());
    while (stats.bytes > max_bytes) DropLast();
    stats.files = order.size();
  }

  void DropLast() {
    const auto last = std::prev(order.end());
    const auto [first, end] = by_hash.equal_range(last->hash);
    for (auto it = first; it != end; ++it) {
      if (it->second != last) continue;
      by_hash.erase(it);
      break;
    }
    stats.bytes -= last->file->text.size();
    order.erase(last);
  }

  const uint64_t max_bytes;
  mutable std::mutex mu;
  Order order;
  std::unordered_multimap<uint64_t, Order::iterator> by_hash;
  Stats stats;
};

BaseCache::BaseCache(uint64_t max_bytes) : impl_(std::make_unique<Impl>(max_bytes)) {}
BaseCache::~BaseCache() = default;

BaseCache::Stats BaseCache::stats() const {
  const std::lock_guard lock(impl_->mu);
  return impl_->stats;
}

void BaseCache::Clear() {
  const std::lock_guard lock(impl_->mu);
  impl_->by_hash.clear();
  impl_->order.clear();
  impl_->stats.files = impl_->stats.bytes = 0;
}

base::Result<std::shared_ptr<const ParsedFile>> CacheAccess::Objects(BaseCache& cache,
                                                                     std::string_view text) {
  const uint64_t hash = base::Hash64(text);
  if (auto file = cache.impl_->Find(hash, text)) return file;
  auto file = std::make_shared<ParsedFile>();
  file->text = text;
  SLUICE_TRY(file->objects, ParseObjects(file->arena, file->text));
  std::shared_ptr<const ParsedFile> shared = std::move(file);
  cache.impl_->Insert(hash, shared);
  return shared;
}

}  // namespace sluice::kustomize
