// OciAccess: how the registry of an OCIRepository is reached: pull Secrets, TLS material and proxy
// (source.md §6.1, §8.2). Thread-safe.
#pragma once

#include <string>

#include "api/oci_repository.h"
#include "cloud_access.h"
#include "kube/client.h"
#include "observe/context.h"
#include "oci/client.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

class OciAccess {
 public:
  OciAccess(kube::Client& client, runtime::EventRecorder& events,
            CloudAccess& cloud)  // outlive this
      : client_(client), events_(events), cloud_(cloud) {}

  // A failure is FetchFailed in `status` (or Stalled, where only the user can help).
  StepResult Resolve(const observe::Context& ctx, const std::string& ns,
                     const api::OciRepositorySpec& spec, SourceStatus& status, oci::Access& out);

 private:
  // Anonymous where nothing was named.
  base::Result<oci::Keychain> Credentials(const observe::Context& ctx, const std::string& ns,
                                          const api::OciRepositorySpec& spec, SourceStatus& status,
                                          bool& named);
  base::Status AddServiceAccount(const observe::Context& ctx, const std::string& ns,
                                 const std::string& name, oci::Keychain& keychain, bool& named);
  base::Status FillTransport(const observe::Context& ctx, const std::string& ns,
                             const api::OciRepositorySpec& spec, oci::Access& out);
  // By an identity in the cloud that spec.provider names: the process's own or its service
  // account's.
  StepResult CloudLogin(const observe::Context& ctx, const std::string& ns,
                        const api::OciRepositorySpec& spec, SourceStatus& status, oci::Access& out);

  kube::Client& client_;
  runtime::EventRecorder& events_;
  CloudAccess& cloud_;
};

// A pull Secret's docker config, by its type; others hold nothing.
base::Status AddPullSecret(const document::Value& secret, oci::Keychain& keychain);

// The repository that spec.url names: "URL must be in format 'oci://<domain>/<org>/<repo>'", "URL
// must not contain a tag; remove ':<tag>'".
base::Result<oci::Repository> OciRepositoryOf(const std::string& url, bool insecure);

}  // namespace sluice::source
