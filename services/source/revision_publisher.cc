#include "revision_publisher.h"

#include "api/source.h"
#include "base/strings.h"
#include "kube/object.h"

namespace sluice::source {
namespace {

class StoreReader final : public bus::ArtifactReader {
 public:
  explicit StoreReader(std::shared_ptr<artifact::OpenFile> file) : file_(std::move(file)) {}
  uint64_t size() const override { return file_->size(); }
  base::Result<size_t> ReadAt(uint64_t offset, std::span<char> out) override {
    return file_->ReadAt(offset, out);
  }

 private:
  std::shared_ptr<artifact::OpenFile> file_;
};

}  // namespace

base::Status RevisionPublisher::Bind(bus::Bus& bus, const std::string& endpoint,
                                     bus::BoundHandler on_bound) {
  const auto open =
      [this](std::string_view digest) -> base::Result<std::unique_ptr<bus::ArtifactReader>> {
    SLUICE_TRY(const std::string path, store_.PathOf(digest));
    SLUICE_TRY(auto file, store_.OpenForRead(path));
    return std::unique_ptr<bus::ArtifactReader>(std::make_unique<StoreReader>(std::move(file)));
  };
  SLUICE_TRY(server_, bus::SourceServer::Bind(bus, endpoint, open, std::move(on_bound)));
  return base::OkStatus();
}

void RevisionPublisher::Stored(const document::Value& object, const api::Artifact& artifact,
                               const artifact::PathDigests* paths) {
  if (server_ == nullptr) return;
  const kube::ObjectKey key = kube::KeyOf(object);
  bus::RevisionEvent e;
  e.source = {std::string(object["kind"].AsString(api::kGitRepositoryKind)), key.ns, key.name};
  e.state = bus::RevisionEvent::State::kStored;
  {
    const observe::MutexLock lock(mu_);
    std::string& said = said_[e.source];
    std::string now = base::Cat(artifact.revision, "\n", artifact.digest, "\n", artifact.url);
    if (said == now) return;
    said = std::move(now);
  }
  e.resource_version = kube::ResourceVersionOf(object);
  e.revision = artifact.revision;
  e.digest = artifact.digest;
  e.size = static_cast<uint64_t>(artifact.size);
  e.url = artifact.url;
  e.metadata = artifact.metadata;
  e.last_update = artifact.last_update_time;
  if (paths != nullptr) e.path_table = paths->Encode();
  server_->PublishRevision(std::move(e));
}

void RevisionPublisher::Deleted(const std::string& kind, const std::string& ns,
                                const std::string& name) {
  if (server_ == nullptr) return;
  bus::RevisionEvent e;
  e.source = {kind, ns, name};
  e.state = bus::RevisionEvent::State::kDeleted;
  {
    const observe::MutexLock lock(mu_);
    said_.erase(e.source);
  }
  server_->PublishRevision(std::move(e));
}

}  // namespace sluice::source
