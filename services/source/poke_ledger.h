// PokeLedger: requests that the bus brought before the watch shows their annotation. The pass a
// poke wakes answers the request as if the annotation were there; the annotation's own arrival then
// needs no second pass. Thread-safe.
#pragma once

#include <string>
#include <unordered_map>

#include "document/value.h"
#include "kube/object.h"
#include "observe/mutex.h"

namespace sluice::source {

class PokeLedger {
 public:
  // A poke has come: wake the object. False: what it asks for was answered already.
  bool Asked(const kube::ObjectKey& key, const std::string& requested_at,
             const document::Value& object) SLUICE_EXCLUDES(mu_);

  // At the start of a pass. Puts a request that the watch has not shown yet into `object`. True:
  // the only thing new since the last pass is a request which that pass answered.
  bool TakeUp(const kube::ObjectKey& key, document::Value& object) SLUICE_EXCLUDES(mu_);

  // The pass failed, or the object is gone: nothing counts as answered.
  void Drop(const kube::ObjectKey& key) SLUICE_EXCLUDES(mu_);

 private:
  struct Entry {
    std::string asked, answered;
  };
  observe::Mutex mu_;
  std::unordered_map<kube::ObjectKey, Entry> entries_ SLUICE_GUARDED_BY(mu_);
};

}  // namespace sluice::source
