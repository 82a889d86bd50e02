// Names of things in registries, by the rules and in the words of go-containerregistry, whose
// errors Flux shows. Values; pure.
//   registry:   host[:port]; "docker.io" and "" are index.docker.io
//   repository: [registry/]path; the first part is a registry only if it holds '.' or ':'
//   reference:  repository:tag or repository@sha256:<64 hex>
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::oci {

class Registry {
 public:
  // `insecure`: plain HTTP may be used whatever the host is. Error: "registries must be valid RFC
  // 3986 URI authorities: <name>".
  static base::Result<Registry> Parse(std::string_view name, bool insecure = false);

  const std::string& name() const { return name_; }
  bool insecure() const { return insecure_; }
  // True where plain HTTP may follow a failed HTTPS: insecure ones, loopback, RFC 1918 addresses,
  // *.localhost.
  bool AllowsPlainHttp() const;

  friend auto operator<=>(const Registry&, const Registry&) = default;

 private:
  Registry(std::string name, bool insecure) : name_(std::move(name)), insecure_(insecure) {}
  std::string name_;
  bool insecure_ = false;
};

class Repository {
 public:
  // Errors: "a repository name must be specified", "repository must be between 2 and 255 characters
  // in length: <r>", "repository can only contain the characters `…`: <r>", and Registry's.
  static base::Result<Repository> Parse(std::string_view name, bool insecure = false);

  // Of parts that were checked by other rules.
  static Repository Of(Registry registry, std::string path) {
    return Repository(std::move(registry), std::move(path));
  }

  const Registry& registry() const { return registry_; }
  std::string Path() const;  // "library/alpine", "acme/shop"
  std::string Name() const { return registry_.name() + "/" + Path(); }  // with the registry
  std::string PullScope() const { return "repository:" + Path() + ":pull"; }

  friend auto operator<=>(const Repository&, const Repository&) = default;

 private:
  Repository(Registry registry, std::string path)
      : registry_(std::move(registry)), path_(std::move(path)) {}
  Registry registry_;
  std::string path_;
};

// A tag or a digest of a repository. Made unchecked from parts: a registry answers to what it does
// not know.
struct Reference {
  Repository repository;
  std::string identifier;  // "v1" or "sha256:…"
  bool is_digest = false;

  // "host/repo:tag", "host/repo@sha256:…" or "host/repo" (tag latest). Error: "could not parse
  // reference: <text>".
  static base::Result<Reference> Parse(std::string_view text, bool insecure = false);
  static Reference Tag(Repository repository, std::string tag) {
    return {std::move(repository), std::move(tag), false};
  }
  static Reference Digest(Repository repository, std::string digest) {
    return {std::move(repository), std::move(digest), true};
  }
  std::string Name() const { return repository.Name() + (is_digest ? "@" : ":") + identifier; }
};

// "sha256:" and 64 lower-case hex digits.
bool IsSha256Digest(std::string_view text);

// True for addresses that only this machine or its network can reach: loopback, private,
// link-local, unspecified. False for names.
bool IsPrivateAddress(std::string_view host);
// The same, and the names that mean this machine.
bool IsLocal(std::string_view host);
// The same of a host that a stranger names: one that is not plain ASCII may yet become any address.
bool MayBeLocal(std::string_view host);

}  // namespace sluice::oci
