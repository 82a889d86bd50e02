// Lab: what an end-to-end test works with: a control plane, a Git server, a chat sink and our three
// processes, one set per test binary. Each test takes a namespace of its own and asserts the state
// of the cluster.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "document/value.h"
#include "test_support/chat_sink.h"
#include "test_support/control_plane.h"
#include "test_support/eventually.h"
#include "test_support/git_server.h"
#include "test_support/sluice_stack.h"

namespace sluice::e2e {

using document::Value;
using test_support::ChatSink;
using test_support::ControlPlane;
using test_support::Eventually;
using test_support::GitServer;
using test_support::GitWorkTree;
using test_support::SluiceStack;
using test_support::Throughout;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kSoon{30};

// What a test names an object by. Kind is one of those KindPath knows.
struct Ref {
  std::string kind, ns, name;
};

class Lab {
 public:
  struct Options {
    bool controllers = false;
    SluiceStack::Options stack;
    std::vector<std::string> processes = SluiceStack::kNames;  // to start
  };
  // Starts everything; aborts the binary where that fails.
  explicit Lab(Options options);

  ControlPlane& cluster() { return *cluster_; }
  GitServer& git() { return git_; }
  ChatSink& chat() { return chat_; }
  SluiceStack& stack() { return *stack_; }

  std::string NewNamespace();
  void Apply(const std::string& manifests);  // fails the test where the API server refuses
  void Delete(const Ref& ref);               // does not wait
  Value Get(const Ref& ref);                 // null if absent
  bool Exists(const Ref& ref) { return !Get(ref).is_null(); }
  void Annotate(const Ref& ref, const std::string& key, const std::string& value);
  void RequestReconcile(const Ref& ref);                // the annotation, with a new value
  void Merge(const Ref& ref, const std::string& json);  // a JSON merge patch

  // Waits until the object satisfies `wanted`; the object then, or as it was last (with a test
  // failure that shows it).
  Value WaitFor(const Ref& ref, const std::string& what,
                const std::function<bool(const Value&)>& wanted,
                std::chrono::milliseconds timeout = kSoon);
  Value WaitReady(const Ref& ref, const std::string& revision_part = "");
  // Waits for Ready=False with this reason, and returns its message.
  std::string WaitFailed(const Ref& ref, const std::string& reason);
  bool WaitGone(const Ref& ref, std::chrono::milliseconds timeout = kSoon);
  // Messages of the Events about the object with this reason.
  std::vector<std::string> Events(const Ref& ref, const std::string& reason);

 private:
  std::unique_ptr<ControlPlane> cluster_;
  GitServer git_;
  ChatSink chat_;
  std::unique_ptr<SluiceStack> stack_;
  int namespaces_ = 0, requests_ = 0;
};

// The most memory a process ever had.
long ResidentKilobytes(pid_t pid);
// A condition by type; null if absent.
const Value& ConditionOf(const Value& object, std::string_view type);
bool IsReady(const Value& object);
std::string Text(const Value& value);  // of a string, else ""
std::vector<std::string> InventoryOf(const Value& kustomization);

// Manifests.
std::string Secret(const std::string& ns, const std::string& name,
                   const std::map<std::string, std::string>& data,
                   const std::string& type = "Opaque");
std::string GitRepository(const std::string& ns, const std::string& name, const std::string& url,
                          const std::string& more = "");
std::string Kustomization(const std::string& ns, const std::string& name, const std::string& path,
                          const std::string& source, const std::string& more = "");
std::string ConfigMap(const std::string& name, const std::string& key, const std::string& value,
                      const std::string& ns = "");
std::string Deployment(const std::string& name, int replicas = 1,
                       const std::string& image = "example/app:1");

}  // namespace sluice::e2e
