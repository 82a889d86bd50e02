// Mirror: a bare object database on disk that caches what was fetched of one repository. It has no
// refs, no configuration, no hooks: packs, and a list of the commits that are complete. Losing it
// costs one full shallow fetch. libgit2 indexes packs and reads objects; trees and commits are
// parsed by us. Open files and mappings are held only while a Session lives, so an idle mirror
// costs no memory.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/status.h"
#include "git/object_id.h"
#include "git/signature.h"
#include "io/file_tree.h"
#include "observe/context.h"

namespace sluice::git {

class Remote;

struct CommitInfo {
  ObjectId oid, tree;
  std::vector<ObjectId> parents;
  std::chrono::sys_seconds committed;
  std::string message;

  std::string Subject() const;  // the first line
};

enum class TreeMode : uint8_t { kFile, kExecutable, kSymlink, kDirectory, kSubmodule };
struct TreeItem {
  std::string name;
  TreeMode mode;
  ObjectId oid;
};

// One use of the mirror: its object database, open. Thread-compatible; trees made from it must not
// outlive it.
class MirrorSession {
 public:
  virtual ~MirrorSession() = default;
  // True once something that should be here was not to be read: the mirror is fetched afresh by the
  // next Fetch after this session's end.
  virtual bool damaged() const = 0;
  virtual bool Has(const ObjectId& oid) const = 0;
  // Follows annotated tags. kNotFound "object not found".
  virtual base::Result<CommitInfo> ReadCommit(const ObjectId& oid) const = 0;
  // The commit or annotated tag with its signature apart; of a tag the tag itself.
  virtual base::Result<SignedObject> ReadSigned(const ObjectId& oid) const = 0;
  // One tree object, sorted by name; one blob. As OpenTree reads them, without the paths.
  virtual base::Result<std::vector<TreeItem>> ReadTree(const ObjectId& tree) const = 0;
  virtual base::Result<std::string> ReadBlob(const ObjectId& blob, uint64_t max_bytes) const = 0;
  // The commit's files, read straight from its trees. Directory listings carry no sizes (0); Stat
  // does. A submodule is an empty directory. Entries named "", ".", "..", ".git" in any case or
  // containing a slash are an error (kDataLoss).
  virtual base::Result<std::unique_ptr<io::FileTree>> OpenTree(const ObjectId& commit) const = 0;
};

struct MirrorFetch {
  int depth = 1;      // 0 = whole history
  bool blobs = true;  // false: commits and trees will do, if the server can leave the blobs out
};

class Mirror {
 public:
  virtual ~Mirror() = default;
  // Makes sure that `wants` and everything below their trees is here: nothing if it is, else one
  // shallow fetch that sends only what the newest complete commits lack. Fetches of one mirror are
  // serialised. A damaged mirror is started afresh; one of many packs has its small ones joined,
  // and is started afresh when those outweigh the large one: so it never holds much more than twice
  // what is needed.
  virtual base::Status Fetch(const observe::Context& ctx, Remote& remote,
                             const std::vector<ObjectId>& wants,
                             const MirrorFetch& options = {}) = 0;
  // Blobs by their names, in as few requests as their number allows.
  virtual base::Status FetchBlobs(const observe::Context& ctx, Remote& remote,
                                  const std::vector<ObjectId>& blobs) = 0;
  virtual base::Result<std::unique_ptr<MirrorSession>> Open() = 0;
  // What is here cannot be trusted: the next Fetch starts afresh.
  virtual void Distrust() = 0;
};

// Opens or creates the mirror in `directory`. A damaged one is started afresh.
base::Result<std::unique_ptr<Mirror>> OpenMirror(const std::string& directory);

}  // namespace sluice::git
