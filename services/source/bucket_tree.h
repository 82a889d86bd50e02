// BucketTree: the objects of an index as a tree of files with names by content, for
// ArchiveIncrementally: an object is named by its path and ETag, a folder by what lies in it.
// Immutable but for Read's source; lives for one pass.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "artifact/incremental.h"
#include "bucket_index.h"

namespace sluice::source {

class BucketTree final : public artifact::ContentTree {
 public:
  struct File {
    std::string path;
    Id id;
    size_t object = 0;  // in the index
  };
  // `extra`: a file beside the index's objects (.sourceignore), named by (path, ETag) as well; its
  // object is SIZE_MAX. An error names the key: "failed to resolve path for '<k>' object: …",
  // "failed to get '<k>' object: fileName is a directory."
  static base::Result<BucketTree> Make(const BucketIndex& index, const bucket::Object* extra);

  const std::vector<File>& files() const { return files_; }  // in the archive's order
  using Reader = std::function<base::Result<std::string>(const File&, uint64_t max_bytes)>;
  void ReadWith(Reader reader) { reader_ = std::move(reader); }

  Id root() const override { return root_; }
  base::Result<std::vector<Item>> List(const Id& directory) const override;
  base::Result<std::string> Read(const Id& file, uint64_t max_bytes) const override;

 private:
  struct Folder {
    size_t begin = 0, end = 0;  // of files_
    size_t depth = 0;           // bytes of its path with the slash behind it
  };
  Id AddFolder(const Folder& folder);
  std::vector<Item> ItemsOf(const Folder& folder,
                            const std::function<Id(const Folder&)>& folder_id) const;
  std::vector<File> files_;
  std::map<Id, Folder> folders_;
  std::map<std::pair<size_t, size_t>, Id> folder_ids_;  // by (begin, depth)
  std::vector<std::pair<Id, size_t>> by_id_;            // sorted
  Id root_{};
  Reader reader_;
};

}  // namespace sluice::source
