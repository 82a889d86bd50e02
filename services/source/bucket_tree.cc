#include "bucket_tree.h"

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/strings.h"

namespace sluice::source {
namespace {

using artifact::ContentTree;

// By parts: what lies below a folder stands behind it, before its next sibling.
bool Before(std::string_view a, std::string_view b) {
  const auto rank = [](char c) {
    return c == '/' ? 0 : static_cast<int>(static_cast<unsigned char>(c)) + 1;
  };
  return std::ranges::lexicographical_compare(a, b, {}, rank, rank);
}

ContentTree::Id Named(std::initializer_list<std::string_view> parts) {
  base::Hasher hasher;
  for (const std::string_view part : parts)
    hasher.Update(base::Cat(std::to_string(part.size()), ":", part));
  const std::string raw = hasher.FinishRaw();
  ContentTree::Id id;
  std::memcpy(id.data(), raw.data(), id.size());
  return id;
}

std::string_view Bytes(const ContentTree::Id& id) {
  return {reinterpret_cast<const char*>(id.data()), id.size()};
}

// Where the part that begins at `depth` ends: at a slash, or the end.
std::string_view PartAt(std::string_view path, size_t depth) {
  const std::string_view rest = path.substr(depth);
  return rest.substr(0, rest.find('/'));
}

}  // namespace

base::Result<BucketTree> BucketTree::Make(const BucketIndex& index, const bucket::Object* extra) {
  BucketTree tree;
  const auto& objects = index.objects();
  tree.files_.reserve(objects.size() + 1);
  const auto key_of = [&](const File& f) -> const std::string& {
    return f.object == SIZE_MAX ? extra->key : objects[f.object].key;
  };
  for (size_t i = 0; i < objects.size(); ++i) {
    auto path = BucketPath(objects[i].key);
    if (!path.ok())
      return std::move(path).status().Wrap(
          base::Cat("failed to resolve path for '", objects[i].key, "' object"));
    const Id id = Named({"f", *path, objects[i].etag});
    tree.files_.push_back({*std::move(path), id, i});
  }
  if (extra != nullptr)
    tree.files_.push_back({extra->key, Named({"f", extra->key, extra->etag}), SIZE_MAX});
  // Two keys may be one path ("a//b", "a/b"): the one that is written like it counts.
  std::ranges::stable_sort(tree.files_, [&](const File& a, const File& b) {
    if (a.path != b.path) return Before(a.path, b.path);
    return (key_of(a) == a.path) > (key_of(b) == b.path);
  });
  const auto again = std::ranges::unique(tree.files_, {}, &File::path);
  tree.files_.erase(again.begin(), again.end());
  for (size_t i = 1; i < tree.files_.size(); ++i) {
    const File &file = tree.files_[i - 1], &next = tree.files_[i];
    if (next.path.size() > file.path.size() && next.path.starts_with(file.path) &&
        next.path[file.path.size()] == '/') {
      return base::FailedPrecondition(
          base::Cat("failed to get '", key_of(file), "' object: fileName is a directory."));
    }
  }
  for (size_t i = 0; i < tree.files_.size(); ++i) tree.by_id_.emplace_back(tree.files_[i].id, i);
  std::ranges::sort(tree.by_id_);
  tree.root_ = tree.AddFolder({0, tree.files_.size(), 0});
  return tree;
}

std::vector<ContentTree::Item> BucketTree::ItemsOf(
    const Folder& folder, const std::function<Id(const Folder&)>& folder_id) const {
  std::vector<Item> items;
  for (size_t i = folder.begin; i < folder.end;) {
    const std::string_view path = files_[i].path, name = PartAt(path, folder.depth);
    if (folder.depth + name.size() == path.size()) {
      items.push_back({std::string(name), Kind::kFile, files_[i].id});
      ++i;
      continue;
    }
    Folder below{i, i, folder.depth + name.size() + 1};
    const std::string_view head = path.substr(0, below.depth);
    while (below.end < folder.end && files_[below.end].path.starts_with(head)) ++below.end;
    items.push_back({std::string(name), Kind::kDirectory, folder_id(below)});
    i = below.end;
  }
  return items;
}

// Depth is bounded by a key's length.
ContentTree::Id BucketTree::AddFolder(const Folder& folder) {
  base::Hasher hasher;
  const std::string_view path =
      files_.empty() ? std::string_view()
                     : std::string_view(files_[folder.begin].path).substr(0, folder.depth);
  for (const Item& item :
       ItemsOf(folder, [this](const Folder& below) { return AddFolder(below); })) {
    hasher.Update(base::Cat(std::to_string(item.name.size()), ":", item.name,
                            item.kind == Kind::kFile ? "f" : "d"));
    hasher.Update(Bytes(item.id));
  }
  const std::string content = hasher.FinishRaw();
  const Id id = Named({"d", path, content});
  folders_[id] = folder;
  folder_ids_[{folder.begin, folder.depth}] = id;
  return id;
}

base::Result<std::vector<ContentTree::Item>> BucketTree::List(const Id& directory) const {
  const auto it = folders_.find(directory);
  if (it == folders_.end()) return base::NotFound("no such folder");
  return ItemsOf(it->second, [this](const Folder& below) {
    return folder_ids_.at({below.begin, below.depth});
  });
}

base::Result<std::string> BucketTree::Read(const Id& file, uint64_t max_bytes) const {
  const auto it = std::ranges::lower_bound(by_id_, file, {}, &std::pair<Id, size_t>::first);
  if (it == by_id_.end() || it->first != file) return base::NotFound("no such object");
  return reader_(files_[it->second], max_bytes);
}

}  // namespace sluice::source
