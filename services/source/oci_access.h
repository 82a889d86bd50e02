// OciAccess: how the registry of an OCIRepository is reached: pull Secrets, TLS material and proxy (source.md §6.1, §8.2). Thread-safe.
#pragma once

#include <string>

#include "api/oci_repository.h"
#include "cloud/registry_login.h"
#include "kube/client.h"
#include "observe/context.h"
#include "oci/client.h"
#include "runtime/event_recorder.h"
#include "source_status.h"

namespace sluice::source {

class OciAccess {
 public:
  OciAccess(kube::Client& client, runtime::EventRecorder& events, cloud::RegistryLogins& logins)  // outlive this
      : client_(client), events_(events), logins_(logins) {}

  // A failure is FetchFailed in `status` (or Stalled, where only the user can help).
  StepResult Resolve(const observe::Context& ctx, const std::string& ns, const api::OciRepositorySpec& spec, SourceStatus& status,
                     oci::Access& out);

 private:
  // Anonymous where nothing was named.
  base::Result<oci::Keychain> Credentials(const observe::Context& ctx, const std::string& ns, const api::OciRepositorySpec& spec,
                                          SourceStatus& status, bool& named);
  base::Status AddServiceAccount(const observe::Context& ctx, const std::string& ns, const std::string& name, oci::Keychain& keychain,
                                 bool& named);
  base::Status FillTransport(const observe::Context& ctx, const std::string& ns, const api::OciRepositorySpec& spec, oci::Access& out);
  // By the process's own identity in the cloud that spec.provider names.
  StepResult CloudLogin(const observe::Context& ctx, const api::OciRepositorySpec& spec, SourceStatus& status, oci::Access& out);

  kube::Client& client_;
  runtime::EventRecorder& events_;
  cloud::RegistryLogins& logins_;
};

// A pull Secret's docker config, by its type; others hold nothing.
base::Status AddPullSecret(const document::Value& secret, oci::Keychain& keychain);

// The repository that spec.url names: "URL must be in format 'oci://<domain>/<org>/<repo>'", "URL must not contain a tag; remove ':<tag>'".
base::Result<oci::Repository> OciRepositoryOf(const std::string& url, bool insecure);

}  // namespace sluice::source
