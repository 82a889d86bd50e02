// OrasRepositoryImpl: see oci/oras.h.
#pragma once

#include <memory>
#include <string>

#include "conversation.h"
#include "oci/oras.h"
#include "oci/reference.h"

namespace sluice::oci {

// "host[:port]/path", parsed by oras-go's rules.
struct OrasName {
  Repository repository;
  std::string shown;  // as it was written: of docker.io the repository is another host's
  // `path` may hold a digest ("path@sha256:…"). Errors: "invalid reference: missing registry or
  // repository", `invalid reference: invalid registry "x"` …
  static base::Result<OrasName> Parse(const std::string& text, bool plain_http);
};

base::Status CheckOrasTag(std::string_view tag);

std::shared_ptr<OrasRepository> MakeOrasRepository(std::shared_ptr<Conversation> conversation,
                                                   OrasName name);

}  // namespace sluice::oci
