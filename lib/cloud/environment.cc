#include "cloud/environment.h"

#include "base/strings.h"

namespace sluice::cloud {

CloudEnvironment CloudEnvironment::From(
    const std::function<std::string(const std::string& name)>& get) {
  CloudEnvironment out;
  out.aws_access_key_id = get("AWS_ACCESS_KEY_ID");
  out.aws_secret_access_key = base::SecretString(get("AWS_SECRET_ACCESS_KEY"));
  out.aws_session_token = base::SecretString(get("AWS_SESSION_TOKEN"));
  out.aws_region = get("AWS_REGION");
  out.aws_role_arn = get("AWS_ROLE_ARN");
  out.aws_role_session_name = get("AWS_ROLE_SESSION_NAME");
  out.aws_web_identity_token_file = get("AWS_WEB_IDENTITY_TOKEN_FILE");
  out.aws_container_credentials_uri = get("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  if (const std::string relative = get("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
      !relative.empty()) {
    out.aws_container_credentials_uri = "http://169.254.170.2" + relative;
  }
  out.aws_container_token_file = get("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
  out.aws_container_token = base::SecretString(get("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
  out.aws_metadata_disabled = base::EqualFold(get("AWS_EC2_METADATA_DISABLED"), "true");
  out.aws_metadata_endpoint = base::TrimSuffix(get("AWS_EC2_METADATA_SERVICE_ENDPOINT"), "/");
  out.aws_sts_endpoint = get("AWS_ENDPOINT_URL_STS");
  out.aws_ecr_endpoint = get("AWS_ENDPOINT_URL_ECR");
  out.azure_client_id = get("AZURE_CLIENT_ID");
  out.azure_tenant_id = get("AZURE_TENANT_ID");
  out.azure_federated_token_file = get("AZURE_FEDERATED_TOKEN_FILE");
  out.azure_authority_host = get("AZURE_AUTHORITY_HOST");
  out.azure_client_secret = base::SecretString(get("AZURE_CLIENT_SECRET"));
  out.azure_certificate_file = get("AZURE_CLIENT_CERTIFICATE_PATH");
  out.azure_certificate_password = base::SecretString(get("AZURE_CLIENT_CERTIFICATE_PASSWORD"));
  const std::string chain = base::ToLower(get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN"));
  out.azure_send_certificate_chain = chain == "1" || chain == "true";
  out.gcp_credentials_file = get("GOOGLE_APPLICATION_CREDENTIALS");
  if (const std::string host = get("GCE_METADATA_HOST"); !host.empty())
    out.gcp_metadata_endpoint = "http://" + host;
  if (std::string host = get("STORAGE_EMULATOR_HOST"); !host.empty()) {
    out.gcp_storage_endpoint =
        base::Contains(host, "://") ? base::TrimSuffix(host, "/") : "http://" + host;
  }
  return out;
}

}  // namespace sluice::cloud
