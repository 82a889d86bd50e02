#include "kube/informer.h"

#include "observe/mutex.h"
#include "reflector.h"

namespace sluice::kube {
namespace {

class InformerImpl final : public Informer {
 public:
  InformerImpl(Client& client, InformerOptions options, observe::Logger log)
      : client_(client),
        reflector_(std::make_shared<Reflector>(client, std::move(options), std::move(log))) {}

  ~InformerImpl() override {
    if (client_.transport().OnIoThread()) {
      reflector_->Stop();
      return;
    }
    struct Waiter {
      observe::Mutex mu;
      observe::CondVar changed;
      bool done SLUICE_GUARDED_BY(mu) = false;
    };
    const auto waiter = std::make_shared<Waiter>();
    client_.transport().Post([reflector = reflector_, waiter] {
      reflector->Stop();
      observe::MutexLock lock(waiter->mu);
      waiter->done = true;
      waiter->changed.notify_all();
    });
    observe::MutexLock lock(waiter->mu);
    while (!waiter->done) waiter->changed.wait(waiter->mu);
  }

  void AddHandler(std::function<void(const InformerEvent&)> handler) override {
    reflector_->AddHandler(std::move(handler));
  }
  void AddIndex(std::string name,
                std::function<std::vector<std::string>(const document::Value&)> keys_of) override {
    reflector_->store().AddIndex(std::move(name), std::move(keys_of));
  }
  void Start() override {
    client_.transport().Post([reflector = reflector_] { reflector->Begin(); });
  }
  bool Synced() const override { return reflector_->Synced(); }
  base::Status WaitSynced(const observe::Context& ctx) override {
    return reflector_->WaitSynced(ctx);
  }
  ObjectPtr Get(const ObjectKey& key) const override { return reflector_->store().Get(key); }
  std::vector<ObjectPtr> List() const override { return reflector_->store().List(); }
  std::vector<ObjectPtr> ByIndex(const std::string& name, const std::string& key) const override {
    return reflector_->store().ByIndex(name, key);
  }
  void Observe(document::Value object) override { reflector_->Observe(std::move(object)); }
  base::Status LastError() const override { return reflector_->LastError(); }

 private:
  Client& client_;
  const std::shared_ptr<Reflector> reflector_;
};

}  // namespace

std::unique_ptr<Informer> MakeInformer(Client& client, InformerOptions options,
                                       observe::Logger log) {
  return std::make_unique<InformerImpl>(client, std::move(options), std::move(log));
}

}  // namespace sluice::kube
