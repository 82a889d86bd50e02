#include "object_database.h"

#include <git2.h>
#include <git2/sys/alloc.h>
#include <git2/sys/config.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>

#include "base/owned.h"

namespace sluice::git {
namespace {

// libgit2's last error as a status; corrupt data and a full disk are told apart by class where it
// can be.
base::Status GitError(std::string_view doing, int rc) {
  const git_error* e = git_error_last();
  const std::string text = std::string(doing) + ": " +
                           (e != nullptr && e->message != nullptr ? e->message : "unknown error");
  if (rc == GIT_ENOTFOUND) return base::NotFound(text);
  if (e != nullptr && e->klass == GIT_ERROR_OS) return base::Internal(text);
  if (e != nullptr && e->klass == GIT_ERROR_NOMEMORY) return base::ResourceExhausted(text);
  return base::DataLoss(text);
}

git_oid ToGit(const ObjectId& oid) {
  git_oid out;
  std::memcpy(out.id, oid.data(), ObjectId::kSize);
  return out;
}

// libgit2 allocates what a delta says its result will have, before it looks at the delta: so no
// allocation of its may be larger than the largest object that is taken at all.
constexpr size_t kMaxAllocation = size_t{2} << 30;

constexpr size_t kMaxPackObjects = 20'000'000;  // room is made for as many as the pack's head says

bool Allowed(size_t count, size_t size) {
  if (size == 0 || count <= kMaxAllocation / size) return true;
  git_error_set_oom();
  return false;
}

void* AllocateArray(size_t count, size_t size, const char* /*file*/, int /*line*/) {
  return Allowed(count, size) ? std::malloc(count * size) : nullptr;
}
void* Reallocate(void* old, size_t count, size_t size, const char* /*file*/, int /*line*/) {
  return Allowed(count, size) ? std::realloc(old, count * size) : nullptr;
}
char* Duplicate(const char* text, size_t size) {
  auto* out = Allowed(size, 1) ? static_cast<char*>(std::malloc(size + 1)) : nullptr;
  if (out == nullptr) return nullptr;
  std::memcpy(out, text, size);
  out[size] = '\0';
  return out;
}

void LimitAllocations() {
  git_allocator a{};
  a.gmalloc = [](size_t n, const char* file, int line) { return AllocateArray(n, 1, file, line); };
  a.gmallocarray = AllocateArray;
  a.gcalloc = [](size_t n, size_t size, const char*, int) -> void* {
    return Allowed(n, size) ? std::calloc(n, size) : nullptr;
  };
  a.gstrdup = [](const char* text, const char*, int) { return Duplicate(text, std::strlen(text)); };
  a.gstrndup = [](const char* text, size_t n, const char*, int) {
    return Duplicate(text, strnlen(text, n));
  };
  a.gsubstrdup = [](const char* text, size_t n, const char*, int) { return Duplicate(text, n); };
  a.grealloc = [](void* old, size_t n, const char* file, int line) {
    return Reallocate(old, n, 1, file, line);
  };
  a.greallocarray = Reallocate;
  a.gfree = [](void* p) { std::free(p); };
  git_libgit2_opts(GIT_OPT_SET_ALLOCATOR, &a);
}

}  // namespace

LibGit2::LibGit2() {
  static std::once_flag once;
  std::call_once(once, LimitAllocations);  // before the first of them
  SLUICE_CHECK(git_libgit2_init() > 0);
  // Packs are mapped in small windows, and no more of them than this at a time: the mirror must not
  // fill the memory.
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_SIZE, size_t{1} << 20);
  git_libgit2_opts(GIT_OPT_SET_MWINDOW_MAPPED_LIMIT, size_t{64} << 20);
  git_libgit2_opts(GIT_OPT_ENABLE_CACHING, 0);  // trees are cached by their reader
  git_libgit2_opts(GIT_OPT_ENABLE_STRICT_HASH_VERIFICATION, 1);
  git_libgit2_opts(GIT_OPT_SET_PACK_MAX_OBJECTS, kMaxPackObjects);
}
LibGit2::~LibGit2() { git_libgit2_shutdown(); }

struct ObjectDatabase::Impl {
  LibGit2 library;
  base::Owned<git_odb, git_odb_free> odb;
  mutable std::atomic<bool> corrupt = false, incomplete = false;

  // Takes note of what an object's reading met.
  base::Status Failed(int rc) const {
    if (rc == GIT_ENOTFOUND) {
      incomplete = true;
      return base::NotFound("object not found");
    }
    auto status = GitError("failed to read object", rc);
    if (status.code() == base::StatusCode::kDataLoss) corrupt = true;
    return status;
  }
};

ObjectDatabase::ObjectDatabase(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ObjectDatabase::~ObjectDatabase() = default;

base::Result<std::unique_ptr<ObjectDatabase>> ObjectDatabase::Open(const std::string& objects) {
  auto impl = std::make_unique<Impl>();
  git_odb* odb = nullptr;
  if (const int rc = git_odb_open(&odb, objects.c_str()); rc != 0)
    return GitError("failed to open the mirror", rc);
  impl->odb.reset(odb);
  return std::unique_ptr<ObjectDatabase>(new ObjectDatabase(std::move(impl)));
}

bool ObjectDatabase::Has(const ObjectId& oid) const {
  const git_oid id = ToGit(oid);
  return git_odb_exists_ext(impl_->odb.get(), &id, GIT_ODB_LOOKUP_NO_REFRESH) == 1;
}

bool ObjectDatabase::corrupt() const { return impl_->corrupt; }
bool ObjectDatabase::incomplete() const { return impl_->incomplete; }

base::Result<uint64_t> ObjectDatabase::SizeOf(const ObjectId& oid) const {
  const git_oid id = ToGit(oid);
  size_t size = 0;
  git_object_t type = GIT_OBJECT_INVALID;
  const int rc = git_odb_read_header(&size, &type, impl_->odb.get(), &id);
  if (rc != 0) return impl_->Failed(rc);
  return size;
}

base::Result<RawObject> ObjectDatabase::Read(const ObjectId& oid, uint64_t max_bytes) const {
  SLUICE_TRY(const uint64_t size, SizeOf(oid));
  if (size > max_bytes) {
    return base::ResourceExhausted("object " + oid.ToString() + " is larger than " +
                                   std::to_string(max_bytes) + " bytes");
  }
  const git_oid id = ToGit(oid);
  git_odb_object* raw = nullptr;
  const int rc = git_odb_read(&raw, impl_->odb.get(), &id);
  if (rc != 0) return impl_->Failed(rc);
  const base::Owned<git_odb_object, git_odb_object_free> object(raw);
  RawObject out;
  switch (git_odb_object_type(raw)) {
    case GIT_OBJECT_COMMIT:
      out.type = ObjectType::kCommit;
      break;
    case GIT_OBJECT_TREE:
      out.type = ObjectType::kTree;
      break;
    case GIT_OBJECT_BLOB:
      out.type = ObjectType::kBlob;
      break;
    case GIT_OBJECT_TAG:
      out.type = ObjectType::kTag;
      break;
    default:
      return base::DataLoss("object " + oid.ToString() + " has an unknown type");
  }
  out.bytes.assign(static_cast<const char*>(git_odb_object_data(raw)), git_odb_object_size(raw));
  return out;
}

base::Status JoinPacks(const std::string& objects, const std::vector<std::string>& indexes,
                       const std::string& target) {
  const LibGit2 library;
  const auto fail = [](int rc) { return GitError("failed to join packs", rc); };
  git_odb* raw_small = nullptr;
  if (const int rc = git_odb_new(&raw_small); rc != 0) return fail(rc);
  const base::Owned<git_odb, git_odb_free> small(raw_small);
  for (const std::string& index : indexes) {
    git_odb_backend* backend = nullptr;
    if (const int rc = git_odb_backend_one_pack(&backend, (objects + "/pack/" + index).c_str());
        rc != 0)
      return fail(rc);
    if (const int rc = git_odb_add_backend(small.get(), backend, 1); rc != 0) {
      backend->free(backend);
      return fail(rc);
    }
  }
  // A repository in name only, with an empty configuration: nothing of the machine's or the user's
  // is read.
  git_repository* raw_repository = nullptr;
  if (const int rc = git_repository_wrap_odb(&raw_repository, small.get()); rc != 0)
    return fail(rc);
  const base::Owned<git_repository, git_repository_free> repository(raw_repository);
  git_config* raw_config = nullptr;
  if (const int rc = git_config_new(&raw_config); rc != 0) return fail(rc);
  const base::Owned<git_config, git_config_free> config(raw_config);
  if (const int rc = git_repository_set_config(repository.get(), config.get()); rc != 0)
    return fail(rc);
  git_packbuilder* raw_builder = nullptr;
  if (const int rc = git_packbuilder_new(&raw_builder, repository.get()); rc != 0) return fail(rc);
  const base::Owned<git_packbuilder, git_packbuilder_free> builder(raw_builder);
  git_packbuilder_set_threads(builder.get(), 1);
  const auto insert = [](const git_oid* id, void* to) {
    return git_packbuilder_insert(static_cast<git_packbuilder*>(to), id, nullptr);
  };
  if (const int rc = git_odb_foreach(small.get(), insert, builder.get()); rc != 0) return fail(rc);
  if (const int rc =
          git_packbuilder_write(builder.get(), (target + "/pack").c_str(), 0600, nullptr, nullptr);
      rc != 0)
    return fail(rc);
  return base::OkStatus();
}

struct PackWriter::Impl {
  explicit Impl(const observe::Context& c) : ctx(c) {}

  // Asked between objects and between deltas, whose results may be gigabytes each.
  static int Progress(const git_indexer_progress*, void* self) {
    return static_cast<const Impl*>(self)->ctx.Check().ok() ? 0 : GIT_EUSER;
  }
  base::Status Failed(int rc) const {
    SLUICE_TRY(ctx.Check());
    return GitError("invalid pack", rc);
  }

  const observe::Context ctx;
  LibGit2 library;
  base::Owned<git_indexer, git_indexer_free> indexer;
  git_indexer_progress progress{};
  std::string head;  // the pack's first 12 bytes: an empty pack is no pack to libgit2
};

PackWriter::PackWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PackWriter::~PackWriter() = default;

base::Result<std::unique_ptr<PackWriter>> PackWriter::Create(const observe::Context& ctx,
                                                             const std::string& objects,
                                                             const ObjectDatabase& base) {
  auto impl = std::make_unique<Impl>(ctx);
  git_indexer_options options = GIT_INDEXER_OPTIONS_INIT;
  options.progress_cb = &Impl::Progress;
  options.progress_cb_payload = impl.get();
  git_indexer* indexer = nullptr;
  const int rc =
      git_indexer_new(&indexer, (objects + "/pack").c_str(), 0600, base.impl_->odb.get(), &options);
  if (rc != 0) return GitError("failed to start a pack", rc);
  impl->indexer.reset(indexer);
  return std::unique_ptr<PackWriter>(new PackWriter(std::move(impl)));
}

base::Status PackWriter::Append(std::string_view bytes) {
  constexpr size_t kHead = 12;
  if (impl_->head.size() < kHead) impl_->head += bytes.substr(0, kHead - impl_->head.size());
  const int rc =
      git_indexer_append(impl_->indexer.get(), bytes.data(), bytes.size(), &impl_->progress);
  return rc == 0 ? base::OkStatus() : impl_->Failed(rc);
}

base::Result<uint64_t> PackWriter::Finish() {
  if (impl_->head.size() == 12 && impl_->head.starts_with("PACK") &&
      impl_->head.substr(8) == std::string(4, '\0'))
    return uint64_t{0};
  const int rc = git_indexer_commit(impl_->indexer.get(), &impl_->progress);
  if (rc != 0) return impl_->Failed(rc);
  return uint64_t{impl_->progress.total_objects};
}

}  // namespace sluice::git
