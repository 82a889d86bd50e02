// Discovery: which resource a kind is, asked of the API server one group version at a time, when a
// kind of it is first needed: a controller needs six of a cluster's sixty, and the aggregated
// document of all of them is megabytes where many CRDs are installed. Answers are kept; a kind that
// is missing re-reads its group version, at most once a second each. Thread-safe.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "kube/client.h"
#include "observe/mutex.h"
#include "session.h"

namespace sluice::kube {

class Discovery : public std::enable_shared_from_this<Discovery> {
 public:
  using Done = std::function<void(base::Result<Client::Mapping>)>;

  explicit Discovery(std::shared_ptr<Session> session) : session_(std::move(session)) {}

  // From memory, without waiting.
  std::optional<Client::Mapping> Known(const GroupVersionKind& gvk) const;
  // `done` at once on this thread when known, else on the I/O thread.
  void Resolve(const observe::Context& ctx, const GroupVersionKind& gvk, Done done);
  base::Result<Client::Mapping> ResolveAndWait(const observe::Context& ctx,
                                               const GroupVersionKind& gvk);
  base::Result<GroupVersionKind> PreferredVersion(const observe::Context& ctx, const GroupKind& gk);
  void InvalidateAll();
  // The server denied that this kind's resource exists: its group version is asked again before the
  // next use.
  void Forget(const GroupVersionKind& gvk);

 private:
  using Clock = observe::Context::Clock;
  struct GroupVersion {
    std::unordered_map<std::string, Client::Mapping> kinds;
    bool read = false, reading = false;
    Clock::time_point read_at{};
    base::Status failure;  // of the last read: kNotFound means there is no such group version
    std::vector<std::function<void()>> waiting;
  };
  struct Group {
    std::vector<std::string> versions;  // preferred first
    Clock::time_point read_at{};
  };

  void Read(const GroupVersionKind& gvk);
  void Finished(const GroupVersionKind& gvk, Answer answer);
  base::Result<Client::Mapping> Outcome(const GroupVersionKind& gvk) const;
  base::Result<std::vector<std::string>> Versions(const observe::Context& ctx,
                                                  const std::string& group);

  const std::shared_ptr<Session> session_;
  mutable observe::Mutex mu_;
  // by apiVersion
  std::map<std::string, GroupVersion, std::less<>> versions_ SLUICE_GUARDED_BY(mu_);
  std::map<std::string, Group, std::less<>> groups_ SLUICE_GUARDED_BY(mu_);
};

// The kinds of an APIResourceList. Pure.
std::unordered_map<std::string, Client::Mapping> ParseResourceList(const document::Value& list);
// The versions of an APIGroup, preferred first, or of an APIVersions. Pure.
std::vector<std::string> ParseVersions(const document::Value& group);

}  // namespace sluice::kube
