#include "path_tables.h"

#include <algorithm>
#include <utility>

namespace sluice::kustomization {

void PathTables::Put(const std::string& source, const std::string& digest,
                     std::string_view encoded) {
  PathTablePtr table;
  if (!encoded.empty()) {
    auto read = artifact::PathDigests::Decode(encoded);
    if (read.ok()) table = std::make_shared<const artifact::PathDigests>(*std::move(read));
  }
  const observe::MutexLock lock(mu_);
  const auto former = entries_.find(source);
  if (former != entries_.end()) {
    if (encoded.empty() && former->second.digest == digest) return;
    Erase(former);
  }
  if (table == nullptr || table->bytes() > max_bytes_) return;
  bytes_ += table->bytes();
  entries_[source] = {digest, std::move(table), ++puts_};
  while (bytes_ > max_bytes_) {
    Erase(std::ranges::min_element(entries_, {}, [](const auto& e) { return e.second.put; }));
  }
}

void PathTables::Drop(const std::string& source) {
  const observe::MutexLock lock(mu_);
  if (const auto it = entries_.find(source); it != entries_.end()) Erase(it);
}

void PathTables::Erase(std::map<std::string, Entry>::iterator it) {
  bytes_ -= it->second.table->bytes();
  entries_.erase(it);
}

PathTablePtr PathTables::Of(const std::string& source, std::string_view digest) const {
  const observe::MutexLock lock(mu_);
  const auto it = entries_.find(source);
  return it == entries_.end() || it->second.digest != digest ? nullptr : it->second.table;
}

}  // namespace sluice::kustomization
