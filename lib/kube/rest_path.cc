#include "rest_path.h"

#include "base/strings.h"
#include "http/url.h"

namespace sluice::kube {

std::string GroupVersionPath(const GroupVersionKind& gvk) {
  return gvk.group.empty() ? "/api/" + gvk.version
                           : base::Cat("/apis/", gvk.group, "/", gvk.version);
}

std::string CollectionPath(const GroupVersionKind& gvk, const Client::Mapping& mapping,
                           std::string_view ns) {
  if (ns.empty() || !mapping.namespaced)
    return base::Cat(GroupVersionPath(gvk), "/", mapping.resource);
  return base::Cat(GroupVersionPath(gvk), "/namespaces/", http::PathEscape(ns), "/",
                   mapping.resource);
}

base::Result<std::string> ObjectPath(const GroupVersionKind& gvk, const Client::Mapping& mapping,
                                     const ObjectKey& key, std::string_view subresource) {
  if (key.name.empty()) return base::InvalidArgument("resource name may not be empty");
  for (const std::string* part : {&key.name, &key.ns}) {
    const bool bad = *part == "." || *part == ".." || part->find_first_of("/%") != part->npos;
    if (bad)
      return base::InvalidArgument(
          base::Cat("invalid resource name ", base::QuoteGo(part->substr(0, 256))));
  }
  if (mapping.namespaced && key.ns.empty()) {
    return base::InvalidArgument(
        "an empty namespace may not be set when a resource name is provided");
  }
  std::string path =
      base::Cat(CollectionPath(gvk, mapping, key.ns), "/", http::PathEscape(key.name));
  if (!subresource.empty()) path.append("/").append(subresource);
  return path;
}

Query& Query::Add(std::string_view key, std::string_view value) {
  if (value.empty()) return *this;
  text_ += text_.empty() ? '?' : '&';
  text_.append(key).append("=").append(http::QueryEscape(value));
  return *this;
}

Query WriteQuery(const WriteOptions& options) {
  Query query;
  query.Add("fieldManager", options.field_manager);
  query.Add("fieldValidation", options.field_validation);
  if (options.force) query.Add("force", "true");
  if (options.dry_run) query.Add("dryRun", "All");
  return query;
}

}  // namespace sluice::kube
