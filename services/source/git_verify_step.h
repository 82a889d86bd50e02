// GitVerifyStep: the signatures of a commit and of the tag that led to it, against the keys in a
// Secret (source.md §7.9). Texts and reasons are Flux's. What is not verified is never archived.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "api/source.h"
#include "git/reference.h"
#include "git/signature.h"
#include "kube/client.h"
#include "observe/context.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

// Public keys by kind: entries named *.sshpub, and all others.
struct VerificationKeys {
  std::vector<std::string> pgp_rings, ssh_keys;
  static VerificationKeys From(const std::map<std::string, std::string>& entries);
};

// Who signed: a PGP key's 16 hex digits or an SSH key's fingerprint; else why nobody we know did.
base::Result<std::string> VerifyGitObject(const git::SignedObject& object,
                                          const VerificationKeys& keys);

class GitVerifyStep {
 public:
  GitVerifyStep(kube::Client& client, runtime::EventRecorder& events)
      : client_(client), events_(events) {}  // outlive this

  // `commit` as the session has it; `tag` the tag object, null where the reference is no annotated
  // tag.
  StepResult Run(const observe::Context& ctx, const std::string& ns,
                 const api::GitRepositorySpec& spec, const git::ResolvedReference& ref,
                 const git::SignedObject& commit, const git::SignedObject* tag,
                 SourceStatus& status);

 private:
  base::Result<VerificationKeys> ReadKeys(const observe::Context& ctx, const std::string& ns,
                                          const std::string& name);
  kube::Client& client_;
  runtime::EventRecorder& events_;
};

}  // namespace sluice::source
