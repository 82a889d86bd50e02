// Paths and query strings of the Kubernetes REST API. Pure.
#pragma once

#include <string>
#include <string_view>

#include "kube/client.h"

namespace sluice::kube {

// "/api/v1" or "/apis/apps/v1".
std::string GroupVersionPath(const GroupVersionKind& gvk);
// The collection, of all namespaces when ns is "" or the kind has none.
std::string CollectionPath(const GroupVersionKind& gvk, const Client::Mapping& mapping,
                           std::string_view ns);
// One object. Errors in client-go's words: a name that is empty or no path segment, a namespaced
// kind without namespace.
base::Result<std::string> ObjectPath(const GroupVersionKind& gvk, const Client::Mapping& mapping,
                                     const ObjectKey& key, std::string_view subresource);

// "?a=b&c=d" built piece by piece; empty values are left out.
class Query {
 public:
  Query& Add(std::string_view key, std::string_view value);
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};
Query WriteQuery(const WriteOptions& options);

}  // namespace sluice::kube
