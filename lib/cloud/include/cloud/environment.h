// CloudEnvironment: what the process's environment says of its own identity in the clouds; main
// fills it in. A value.
#pragma once

#include <functional>
#include <string>

#include "base/secret.h"

namespace sluice::cloud {

struct CloudEnvironment {
  std::string aws_access_key_id{}, aws_region{}, aws_role_arn{}, aws_role_session_name{},
      aws_web_identity_token_file{};
  base::SecretString aws_secret_access_key{}, aws_session_token{};
  std::string aws_container_credentials_uri{}, aws_container_token_file{};  // the URI absolute
  base::SecretString aws_container_token{};
  bool aws_metadata_disabled = false;
  std::string azure_client_id{}, azure_tenant_id{}, azure_federated_token_file{},
      azure_authority_host{}, azure_certificate_file{};
  base::SecretString azure_client_secret{}, azure_certificate_password{};
  bool azure_send_certificate_chain = false;
  std::string gcp_credentials_file{};

  // Of other clouds and of tests: "" = the provider's own.
  std::string aws_sts_endpoint{}, aws_ecr_endpoint{}, aws_metadata_endpoint{},
      azure_metadata_endpoint{}, azure_registry_endpoint{}, gcp_metadata_endpoint{},
      gcp_sts_endpoint{}, gcp_iam_endpoint{}, gcp_storage_endpoint{};

  // The variables that the clouds' own admission controllers and tools set; `get` returns "" for an
  // unset one.
  static CloudEnvironment From(const std::function<std::string(const std::string& name)>& get);
};

}  // namespace sluice::cloud
