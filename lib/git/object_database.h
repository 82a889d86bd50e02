// ObjectDatabase: libgit2's object database over one folder of packs, and its pack indexer. Nothing
// else of libgit2 is used: no repository, no configuration, no refs. Reading is thread-safe.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "git/object_id.h"
#include "observe/context.h"

namespace sluice::git {

enum class ObjectType : uint8_t { kCommit, kTree, kBlob, kTag };

struct RawObject {
  ObjectType type;
  std::string bytes;
};

// Keeps libgit2 initialised; counted by the library itself.
class LibGit2 {
 public:
  LibGit2();
  ~LibGit2();
  LibGit2(const LibGit2&) = delete;
  LibGit2& operator=(const LibGit2&) = delete;
};

class ObjectDatabase {
 public:
  // `objects`: a folder with pack/ in it.
  static base::Result<std::unique_ptr<ObjectDatabase>> Open(const std::string& objects);
  ~ObjectDatabase();

  bool Has(const ObjectId& oid) const;
  // kNotFound "object not found"; kResourceExhausted past max_bytes, before the object is unpacked.
  // The bytes' hash is checked.
  base::Result<RawObject> Read(const ObjectId& oid, uint64_t max_bytes) const;
  base::Result<uint64_t> SizeOf(const ObjectId& oid) const;
  // What reading met so far: bytes that are not the object's, objects that are not here.
  bool corrupt() const;
  bool incomplete() const;

 private:
  friend class PackWriter;
  struct Impl;
  explicit ObjectDatabase(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// One pack with the objects of several: of `objects`/pack those whose index files are named, into
// `target`/pack.
base::Status JoinPacks(const std::string& objects, const std::vector<std::string>& indexes,
                       const std::string& target);

// Writes one pack into `objects`/pack from its stream; deltas against objects of `base` are
// completed. Without Finish nothing stays.
class PackWriter {
 public:
  // `base` outlives it. Once the context has ended, Append and Finish end with its status.
  static base::Result<std::unique_ptr<PackWriter>> Create(const observe::Context& ctx,
                                                          const std::string& objects,
                                                          const ObjectDatabase& base);
  ~PackWriter();
  base::Status Append(std::string_view bytes);
  base::Result<uint64_t> Finish();  // objects received; checks the trailer

 private:
  struct Impl;
  explicit PackWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::git
