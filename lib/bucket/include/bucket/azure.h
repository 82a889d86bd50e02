// Azure Blob Storage: a container of an account, by shared key, shared access signature, a token of
// Entra ID, or nothing.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/secret.h"
#include "bucket/bucket.h"

namespace sluice::bucket {

// A bearer token for the next request; `renew`: the store refused the last one. Blocks;
// thread-safe.
using TokenSource =
    std::function<base::Result<base::SecretString>(const observe::Context& ctx, bool renew)>;

struct AzureOptions {
  std::string endpoint;  // URL of the account, may have a path and a query
  std::string container;
  std::string account;             // of account_key
  base::SecretString account_key;  // base64; "" = none
  base::SecretString sas;          // a query, "?" optional; its parameters win over the endpoint's
  TokenSource token;               // null: none
  Access access;
};

// "unable to parse endpoint URL: …", "unable to parse SAS token: …", "decode account key: …". A
// token never goes out in the clear, but to this host.
base::Result<std::unique_ptr<Bucket>> MakeAzureBucket(const Tools& tools, AzureOptions options);

// The account that an endpoint's host names: "failed to extract account name from endpoint: …".
base::Result<std::string> AzureAccountOf(std::string_view endpoint);

}  // namespace sluice::bucket
