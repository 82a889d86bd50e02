// Sources of every kind behind a bad network (test_support/fault_proxy.h): a real server, the proxy
// before it, one object that follows it. What differs between kinds stands here; what must hold for
// all of them is asserted once, in source_matrix_test.cc.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>

#include "lab.h"
#include "test_support/certificates.h"
#include "test_support/fault_proxy.h"

namespace sluice::e2e {

class FaultySource {
 public:
  struct Setup {
    bool tls = false;  // the proxy speaks TLS; Trust() says which authority the object trusts
    // the server asks who is there; SetCredentials() says what the object answers
    bool auth = false;
  };

  FaultySource(Lab& lab, std::string ns, Setup setup, bool raw = false)
      : lab_(lab), ns_(std::move(ns)), setup_(setup), proxy_(raw) {}
  virtual ~FaultySource() = default;
  FaultySource(const FaultySource&) = delete;
  FaultySource& operator=(const FaultySource&) = delete;

  virtual Ref ref() const = 0;
  // Makes content number `n` upstream's newest; what the revision of its artifact holds. What
  // stands between upstream and the object has it, too.
  virtual std::string Push(int n) = 0;
  virtual void Apply() = 0;  // the object, with a timeout of 3 s
  virtual void SetCredentials(bool good) = 0;
  virtual void Trust(const test_support::Certificate& authority) = 0;
  // What a fault strikes: regular expressions as test_support::FaultProxy has them.
  virtual std::string Payloads() const {
    return "";
  }  // drop, cut, short, flip, slow: the answers that carry something
  virtual std::string Everything() const { return ""; }  // other statuses

  test_support::FaultProxy& proxy() { return proxy_; }
  const std::string& ns() const { return ns_; }

 protected:
  void ApplySecret(const std::string& name, const std::map<std::string, std::string>& data,
                   const std::string& type = "Opaque");
  std::string Scheme() const { return setup_.tls ? "https://" : "http://"; }
  // manifest up to and with spec's interval and timeout
  std::string Head(const std::string& kind, const std::string& name) const;

  Lab& lab_;
  const std::string ns_;
  const Setup setup_;
  test_support::FaultProxy proxy_;
};

struct FaultyKind {
  std::string name;
  std::function<std::unique_ptr<FaultySource>(Lab&, const std::string& ns, FaultySource::Setup)>
      make;
  friend void PrintTo(const FaultyKind& kind, std::ostream* out) { *out << kind.name; }
};
// GitRepository over HTTP and SSH, OCIRepository, HelmRepository, HelmChart from an index and from
// a registry, Bucket.
const std::vector<FaultyKind>& FaultyKinds();

}  // namespace sluice::e2e
