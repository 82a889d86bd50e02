// Checkout: what kustomize's git commands do for a remote base, through lib/git: one shallow fetch
// of a ref, its files written out.
#pragma once

#include <string>

#include "base/status.h"
#include "git/remote.h"
#include "observe/context.h"

namespace sluice::cli {

struct CheckoutRequest {
  std::string repository;  // an http(s) URL, user info allowed
  std::string ref;         // a branch, tag, full name or commit; "" = HEAD
  std::string directory;   // exists and is empty
  bool submodules = true;
};

// Errors in git's words ("fatal: couldn't find remote ref x"). kUnimplemented: only git itself can
// do it (credentials that its helpers know, submodules).
base::Status Checkout(const observe::Context& ctx, http::Client& client,
                      const CheckoutRequest& request);

// The object git would fetch for that ref: the first of its rules that names one. kNotFound in
// git's words.
base::Result<git::ObjectId> FindRef(const std::vector<git::RemoteRef>& refs,
                                    const std::string& ref);

}  // namespace sluice::cli
