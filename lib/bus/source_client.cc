#include <algorithm>

#include "bus/source.h"
#include "source_link.h"

namespace sluice::bus {
namespace {

class SourceClientImpl final : public SourceClient {
 public:
  SourceClientImpl(Loop& loop, std::vector<std::string> kinds, RevisionHandler on_revision)
      : loop_(loop), kinds_(std::move(kinds)), on_revision_(std::move(on_revision)) {}

  ~SourceClientImpl() override { SetEndpoints({}); }

  void SetEndpoints(std::vector<std::string> endpoints) override {
    loop_.Call([&] {
      wanted_ = std::move(endpoints);
      Replace();
    });
  }

  base::Status FetchArtifact(const observe::Context& ctx, const std::string& digest,
                             const FetchOptions& options, const Sink& sink) override {
    base::Status status = base::Unavailable("no source is connected");
    bool began = false;
    const Sink counting = [&](std::string_view bytes) {
      began = true;
      return sink(bytes);
    };
    for (const auto& link : Links()) {
      if (!link->artifacts_ready()) continue;
      status = link->Fetch(ctx, digest, options, counting);
      // Another source may have it; but the sink cannot start over.
      if (status.ok() || began || status.code() != base::StatusCode::kNotFound) return status;
    }
    return status;
  }

  bool connected() const override {
    return std::ranges::any_of(Links(), [](const auto& link) { return link->connected(); });
  }

  bool all_connected() const override {
    const auto links = Links();
    return !links.empty() &&
           std::ranges::all_of(links, [](const auto& link) { return link->connected(); });
  }

 private:
  using LinkPtr = std::shared_ptr<SourceLink>;

  std::vector<LinkPtr> Links() const {
    observe::MutexLock lock(mu_);
    std::vector<LinkPtr> links;
    for (const auto& [endpoint, link] : links_) links.push_back(link);
    return links;
  }

  void Replace() {
    loop_.Cancel(retry_);
    std::map<std::string, LinkPtr> next, old;
    {
      observe::MutexLock lock(mu_);
      old = links_;
    }
    for (const std::string& endpoint : wanted_) {
      if (next.contains(endpoint)) continue;
      if (const auto it = old.find(endpoint); it != old.end()) {
        next.insert(old.extract(it));
      } else if (auto link = OpenLink(endpoint); link != nullptr) {
        next.emplace(endpoint, std::move(link));
      }
    }
    for (auto& [endpoint, link] : old) link->Close();
    observe::MutexLock lock(mu_);
    links_ = std::move(next);
  }

  LinkPtr OpenLink(const std::string& endpoint) {
    auto status = CheckEndpoint(endpoint);
    auto link = std::make_shared<SourceLink>(loop_, endpoint,
                                             [this](const RevisionEvent& event) { Tell(event); });
    if (status.ok()) status = link->Open();
    if (status.ok()) return link;
    link->Close();
    if (status.code() == base::StatusCode::kNotFound) {  // keys to come
      if (retry_ == 0) {
        retry_ = loop_.After(loop_.options().keys_retry_ms, [this] {
          retry_ = 0;
          Replace();
        });
      }
      return nullptr;
    }
    loop_.options().log.Error(status, "bus endpoint not usable", {{"endpoint", endpoint}});
    return nullptr;
  }

  void Tell(const RevisionEvent& event) {
    if (kinds_.empty() || std::ranges::find(kinds_, event.source.kind) != kinds_.end())
      on_revision_(event);
  }

  Loop& loop_;
  const std::vector<std::string> kinds_;
  const RevisionHandler on_revision_;
  // The bus thread's own.
  std::vector<std::string> wanted_;
  Loop::TimerId retry_ = 0;

  mutable observe::Mutex mu_;
  std::map<std::string, LinkPtr> links_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace

std::unique_ptr<SourceClient> SourceClient::Create(Bus& bus, std::vector<std::string> kinds,
                                                   RevisionHandler on_revision) {
  return std::make_unique<SourceClientImpl>(Loop::Of(bus), std::move(kinds),
                                            std::move(on_revision));
}

}  // namespace sluice::bus
