// The verbs that speak to a cluster. Each prints to the streams given and returns the exit code.
#pragma once

#include <ostream>
#include <string>

#include "cluster/kinds.h"
#include "cluster/session.h"

namespace sluice::cli {

struct Output {
  std::ostream& out;  // data
  std::ostream& log;  // progress: "► …", "✔ …", "✗ …"
  void Action(const std::string& text) const { log << "► " << text << '\n'; }
  void Waiting(const std::string& text) const { log << "◎ " << text << '\n'; }
  void Success(const std::string& text) const { log << "✔ " << text << '\n'; }
  int Failure(const std::string& text) const {
    log << "✗ " << text << '\n';
    return 1;
  }
};

struct GetFlags {
  std::string ns, name;  // ns "" = all namespaces; name "" = all objects
  bool header = true;
};
int Get(Session& session, const Output& output, const KindInfo& kind, const GetFlags& flags);
int GetAll(Session& session, const Output& output, const GetFlags& flags);

int Reconcile(Session& session, const Output& output, const KindInfo& kind,
              const kube::ObjectKey& key, bool with_source);

int Check(Session& session, const Output& output, const std::string& ns, bool prerequisites_only);
// The versions of this command and of the images in the cluster.
int Version(Session& session, const Output& output, const std::string& ns);

}  // namespace sluice::cli
