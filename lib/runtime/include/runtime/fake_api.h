// FakeApi: for tests, a Kubernetes API that holds objects in memory, knows merge
// patches, resource versions and conflicts, and can be told to fail. Everything the code under test
// must see of the real one is tested in tests/e2e.
#pragma once

#include <map>
#include <vector>

#include "document/patch.h"
#include "kube/client.h"
#include "kube/fake_informer.h"
#include "observe/mutex.h"

namespace sluice::runtime {

using kube::FakeInformer;

class FakeApi final : public kube::Client {
 public:
  using Value = document::Value;
  template <class T>
  using Result = base::Result<T>;
  using Context = observe::Context;

  struct Call {
    std::string verb, key, subresource;
    Value body;
  };

  void Put(Value object) {
    const observe::MutexLock lock(mu_);
    const auto key = kube::KeyOf(object);
    Store(key, std::move(object));
  }
  Value Live(const kube::ObjectKey& key) const {
    const observe::MutexLock lock(mu_);
    const auto it = objects_.find(key);
    return it == objects_.end() ? Value() : it->second;
  }
  std::vector<Call> calls() const {
    const observe::MutexLock lock(mu_);
    return calls_;
  }
  // The next `n` writes fail so.
  void FailWrites(int n, base::Status status) {
    const observe::MutexLock lock(mu_);
    failures_ = n;
    failure_ = std::move(status);
  }

  Result<Value> Get(const Context&, const kube::GroupVersionKind&,
                    const kube::ObjectKey& key) override {
    const observe::MutexLock lock(mu_);
    calls_.push_back({"get", key.ToString(), "", {}});
    const auto it = objects_.find(key);
    if (it == objects_.end()) return base::NotFound("\"" + key.name + "\" not found");
    return it->second;
  }
  Result<std::vector<Value>> List(const Context&, const kube::GroupVersionKind&,
                                  const kube::ListOptions&) override {
    return base::Unimplemented("list");
  }
  Result<Value> Create(const Context&, const Value& object, const kube::WriteOptions&) override {
    const observe::MutexLock lock(mu_);
    const auto key = kube::KeyOf(object);
    calls_.push_back({"create", key.ToString(), "", object});
    if (failures_ > 0 && failures_-- > 0) return failure_;
    if (objects_.contains(key)) return base::AlreadyExists("exists");
    return Store(key, object);
  }
  Result<Value> Update(const Context&, const Value&, const kube::WriteOptions&) override {
    return base::Unimplemented("update");
  }
  Result<Value> Patch(const Context&, const kube::GroupVersionKind&, const kube::ObjectKey& key,
                      kube::PatchType, const Value& body,
                      const kube::WriteOptions& options) override {
    const observe::MutexLock lock(mu_);
    calls_.push_back({"patch", key.ToString(), options.subresource, body});
    if (failures_ > 0 && failures_-- > 0) return failure_;
    const auto it = objects_.find(key);
    if (it == objects_.end()) return base::NotFound("\"" + key.name + "\" not found");
    const Value& lock_version = body.At({"metadata", "resourceVersion"});
    if (!lock_version.is_null() && lock_version != it->second.At({"metadata", "resourceVersion"})) {
      return base::Conflict(
          "the object has been modified; please apply your changes to the latest version and try "
          "again");
    }
    Value next = it->second;
    if (options.subresource == "status") {
      document::ApplyMergePatch(next.Mutable("status"), body["status"]);
    } else {
      Value without = body;
      without.Erase("status");
      document::ApplyMergePatch(next, without);
    }
    const bool gone = kube::IsBeingDeleted(next) && next.At({"metadata", "finalizers"}).empty();
    Value stored = Store(key, std::move(next));
    if (gone) objects_.erase(key);
    return stored;
  }
  base::Status Delete(const Context&, const kube::GroupVersionKind&, const kube::ObjectKey&,
                      const kube::DeleteOptions&) override {
    return base::Unimplemented("delete");
  }
  void StartPatch(const Context& ctx, const kube::GroupVersionKind& gvk, const kube::ObjectKey& key,
                  kube::PatchType type, const Value& body, const kube::WriteOptions& options,
                  Done done) override {
    done(Patch(ctx, gvk, key, type, body, options));
  }
  // Answers at once, on the caller's thread.
  void Start(const Context& ctx, const Request& request, std::function<void(Reply)> done) override {
    if (request.verb == Request::Verb::kCreate) {
      done({Create(ctx, *request.body, request.write), ""});
    } else {
      done({Patch(ctx, request.gvk, request.key, request.patch, *request.body, request.write), ""});
    }
  }
  Result<Mapping> MappingOf(const Context&, const kube::GroupVersionKind&) override {
    return base::Unimplemented("mapping");
  }
  Result<kube::GroupVersionKind> PreferredVersion(const Context&, const kube::GroupKind&) override {
    return base::Unimplemented("version");
  }
  void InvalidateDiscovery() override {}
  void StartMapping(const Context&, const kube::GroupVersionKind&,
                    std::function<void(Result<Mapping>)> done) override {
    done(base::Unimplemented("mapping"));
  }
  std::unique_ptr<kube::Client> Impersonate(const std::string&, std::vector<std::string>) override {
    return nullptr;
  }
  Result<Value> Raw(const Context&, std::string_view, const std::string&, const Value*) override {
    return base::Unimplemented("raw");
  }
  std::shared_ptr<http::Call> StartStream(const Context&, const std::string&, const std::string&,
                                          http::Callbacks) override {
    return nullptr;
  }
  http::Client& transport() override { std::abort(); }
  const std::string& server() const override { return server_; }

 private:
  Value Store(const kube::ObjectKey& key, Value object) SLUICE_REQUIRES(mu_) {
    object.Mutable("metadata").Set("resourceVersion", std::to_string(++version_));
    objects_[key] = object;
    return object;
  }

  const std::string server_ = "https://fake";
  mutable observe::Mutex mu_;
  std::map<kube::ObjectKey, Value> objects_ SLUICE_GUARDED_BY(mu_);
  std::vector<Call> calls_ SLUICE_GUARDED_BY(mu_);
  uint64_t version_ SLUICE_GUARDED_BY(mu_) = 0;
  int failures_ SLUICE_GUARDED_BY(mu_) = 0;
  base::Status failure_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::runtime
