#include "helm/parse_cache.h"

#include <algorithm>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/strings.h"
#include "engine_functions.h"
#include "engine_order.h"
#include "io/file_tree.h"

namespace sluice::helm {
namespace {

constexpr size_t kMaxSets = 64;

// The pointer's bytes, as part of a key.
void AppendPointer(std::string& key, const void* pointer) {
  key.append(reinterpret_cast<const char*>(&pointer), sizeof pointer);
}

}  // namespace

struct ParseCache::Impl {
  struct Entry {
    std::string key;
    SharedText text;  // keeps the bytes where they are, and so the key true
    Text parsed;
  };
  struct SetEntry {
    std::string key;
    std::vector<Text> texts;  // likewise
    Set set;
  };
  using Entries = std::list<Entry>;  // most recently used first
  using Sets = std::list<SetEntry>;

  size_t max_bytes = 0;
  mutable std::mutex mutex;
  size_t bytes = 0;
  Entries entries;
  std::unordered_map<std::string_view, Entries::iterator> index;  // views of the entries' keys
  Sets sets;
  std::unordered_map<std::string_view, Sets::iterator> set_index;

  Text Find(std::string_view key) {
    const std::lock_guard lock(mutex);
    const auto it = index.find(key);
    if (it == index.end()) return nullptr;
    entries.splice(entries.begin(), entries, it->second);
    return it->second->parsed;
  }

  void Put(std::string key, const SharedText& text, const Text& parsed) {
    const std::lock_guard lock(mutex);
    if (index.contains(key)) return;  // another thread was faster
    entries.push_front({std::move(key), text, parsed});
    index.emplace(entries.front().key, entries.begin());
    bytes += text.size();
    while (bytes > max_bytes && entries.size() > 1) {
      bytes -= entries.back().text.size();
      index.erase(entries.back().key);
      entries.pop_back();
    }
  }
};

ParseCache::ParseCache(size_t max_bytes) : impl_(std::make_unique<Impl>()) {
  impl_->max_bytes = max_bytes;
}
ParseCache::~ParseCache() = default;

base::Result<ParseCache::Text> ParseCache::Parse(std::string_view path, const SharedText& text,
                                                 HelmVersion version) {
  std::string key;
  key.reserve(path.size() + 24);
  AppendPointer(key, text.view().data());
  AppendPointer(key, text.view().data() + text.size());
  key += version == HelmVersion::kV3 ? '3' : '4';
  key += path;
  if (Text known = impl_->Find(key); known != nullptr) return known;
  SLUICE_TRY(Text parsed, gotemplate::ParsedText::ParseIn(path, text.owner(), text.view(),
                                                          EngineFunctions(version)));
  impl_->Put(std::move(key), text, parsed);
  return parsed;
}

ParseCache::Set ParseCache::Associate(std::span<const Text> texts) {
  std::string key;
  key.reserve(texts.size() * sizeof(void*));
  for (const Text& text : texts) AppendPointer(key, text.get());
  {
    const std::lock_guard lock(impl_->mutex);
    if (const auto it = impl_->set_index.find(key); it != impl_->set_index.end()) {
      impl_->sets.splice(impl_->sets.begin(), impl_->sets, it->second);
      return it->second->set;
    }
  }
  auto set = std::make_shared<gotemplate::TemplateSet>();
  for (const Text& text : texts) set->Add(text);
  const std::lock_guard lock(impl_->mutex);
  if (impl_->set_index.contains(key)) return set;
  impl_->sets.push_front({std::move(key), {texts.begin(), texts.end()}, set});
  impl_->set_index.emplace(impl_->sets.front().key, impl_->sets.begin());
  if (impl_->sets.size() > kMaxSets) {
    impl_->set_index.erase(impl_->sets.back().key);
    impl_->sets.pop_back();
  }
  return set;
}

size_t ParseCache::bytes() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->bytes;
}

namespace {

struct Ahead {
  std::string path;
  const SharedText* text;
};

void Collect(const Chart& chart, std::vector<Ahead>& out) {
  const std::string path = chart.full_path();
  for (const File& file : chart.templates())
    out.push_back({io::JoinPath(path, file.name), &file.data});
  for (const auto& below : chart.dependencies()) Collect(*below, out);
}

}  // namespace

void ParseAhead(const Chart& chart, HelmVersion version, ParseCache& cache,
                const std::stop_token& stop) {
  std::vector<Ahead> files;
  Collect(chart, files);
  std::ranges::sort(files,
                    [](const Ahead& a, const Ahead& b) { return RendersBefore(b.path, a.path); });
  for (const Ahead& file : files) {
    if (stop.stop_requested()) return;
    (void)cache.Parse(file.path, *file.text, version);
  }
}

size_t TemplateBytes(const Chart& chart) {
  size_t bytes = 0;
  for (const File& file : chart.templates()) bytes += file.data.size();
  for (const auto& below : chart.dependencies()) bytes += TemplateBytes(*below);
  return bytes;
}

}  // namespace sluice::helm
