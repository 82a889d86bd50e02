#include "base/status.h"

#include <cstdio>
#include <cstdlib>

namespace sluice::base {

Status Status::Wrap(std::string_view prefix) const& { return Status(*this).Wrap(prefix); }

Status Status::Wrap(std::string_view prefix) && {
  if (ok()) return {};
  message_.insert(0, ": ").insert(0, prefix);
  return std::move(*this);
}

Status Cancelled(std::string m) { return {StatusCode::kCancelled, std::move(m)}; }
Status InvalidArgument(std::string m) { return {StatusCode::kInvalidArgument, std::move(m)}; }
Status DeadlineExceeded(std::string m) { return {StatusCode::kDeadlineExceeded, std::move(m)}; }
Status NotFound(std::string m) { return {StatusCode::kNotFound, std::move(m)}; }
Status AlreadyExists(std::string m) { return {StatusCode::kAlreadyExists, std::move(m)}; }
Status PermissionDenied(std::string m) { return {StatusCode::kPermissionDenied, std::move(m)}; }
Status Unauthenticated(std::string m) { return {StatusCode::kUnauthenticated, std::move(m)}; }
Status ResourceExhausted(std::string m) { return {StatusCode::kResourceExhausted, std::move(m)}; }
Status FailedPrecondition(std::string m) { return {StatusCode::kFailedPrecondition, std::move(m)}; }
Status Conflict(std::string m) { return {StatusCode::kConflict, std::move(m)}; }
Status Unavailable(std::string m) { return {StatusCode::kUnavailable, std::move(m)}; }
Status DataLoss(std::string m) { return {StatusCode::kDataLoss, std::move(m)}; }
Status Unimplemented(std::string m) { return {StatusCode::kUnimplemented, std::move(m)}; }
Status Internal(std::string m) { return {StatusCode::kInternal, std::move(m)}; }

namespace internal {

void CheckFailed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "SLUICE_CHECK failed: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace internal
}  // namespace sluice::base
