// Status and Result<T>: how every fallible function of Sluice reports. A Status is a code, by which
// callers decide what to do next, and a message, which people read (it often becomes a condition's
// message, to the byte). Values; thread-compatible.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace sluice::base {

enum class StatusCode : uint8_t {
  kOk,
  kCancelled,
  kInvalidArgument,
  kDeadlineExceeded,
  kNotFound,
  kAlreadyExists,
  kPermissionDenied,
  kUnauthenticated,
  kResourceExhausted,
  kFailedPrecondition,
  kConflict,
  kUnavailable,
  kDataLoss,
  kUnimplemented,
  kInternal,
};

class [[nodiscard]] Status {
 public:
  Status() = default;  // ok
  Status(StatusCode code, std::string message) : code_(code), message_(std::move(message)) {}

  bool ok() const { return code_ == StatusCode::kOk; }
  StatusCode code() const { return code_; }
  const std::string& message() const { return message_; }

  // "prefix: message" with the same code, as Go's %w wraps. Wrapping an ok status is ok.
  Status Wrap(std::string_view prefix) const&;
  Status Wrap(std::string_view prefix) &&;

  friend bool operator==(const Status&, const Status&) = default;

 private:
  StatusCode code_ = StatusCode::kOk;
  std::string message_;
};

inline Status OkStatus() { return {}; }
Status Cancelled(std::string message);
Status InvalidArgument(std::string message);
Status DeadlineExceeded(std::string message);
Status NotFound(std::string message);
Status AlreadyExists(std::string message);
Status PermissionDenied(std::string message);
Status Unauthenticated(std::string message);
Status ResourceExhausted(std::string message);
Status FailedPrecondition(std::string message);
Status Conflict(std::string message);
Status Unavailable(std::string message);
Status DataLoss(std::string message);
Status Unimplemented(std::string message);
Status Internal(std::string message);

// Result<T> holds a T or a Status that is not ok.
template <class T>
class [[nodiscard]] Result {
 public:
  using value_type = T;
  Result(T value) : value_(std::move(value)) {}         // NOLINT(google-explicit-constructor)
  Result(Status status) : status_(std::move(status)) {  // NOLINT(google-explicit-constructor)
    if (status_.ok()) status_ = Internal("Result made from an ok status");
  }
  template <class U>
  requires(std::is_constructible_v<T, U&&> && !std::is_same_v<std::decay_t<U>, Result> &&
           !std::is_same_v<std::decay_t<U>, Status> && std::is_convertible_v<U&&, T>)
      Result(U&& value)
      : value_(std::forward<U>(value)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return value_.has_value(); }
  const Status& status() const& { return status_; }
  Status status() && { return std::move(status_); }

  // REQUIRES: ok()
  T& value() & { return *value_; }
  const T& value() const& { return *value_; }
  T&& value() && { return *std::move(value_); }
  T& operator*() & { return *value_; }
  const T& operator*() const& { return *value_; }
  T&& operator*() && { return *std::move(value_); }
  T* operator->() { return &*value_; }
  const T* operator->() const { return &*value_; }
  T value_or(T fallback) const& { return ok() ? *value_ : std::move(fallback); }

  Result Wrap(std::string_view prefix) && {
    if (ok()) return std::move(*this);
    return std::move(status_).Wrap(prefix);
  }

 private:
  Status status_;
  std::optional<T> value_;
};

namespace internal {
[[noreturn]] void CheckFailed(const char* condition, const char* file, int line);
inline const Status& StatusOf(const Status& s) { return s; }
inline Status StatusOf(Status&& s) { return std::move(s); }
template <class T>
Status StatusOf(Result<T>&& r) {
  return std::move(r).status();
}
}  // namespace internal
}  // namespace sluice::base

// SLUICE_TRY(status_expression);                 returns its Status upward unless ok
// SLUICE_TRY(auto value, result_expression);     likewise, else binds the value
#define SLUICE_TRY(...) \
  SLUICE_TRY_PICK_(__VA_ARGS__, SLUICE_TRY_VALUE_, SLUICE_TRY_STATUS_)(__VA_ARGS__)
#define SLUICE_TRY_PICK_(a, b, macro, ...) macro
// Each use has a name of its own, so that one inside a lambda of another's expression shadows
// nothing.
#define SLUICE_TRY_CAT2_(a, b) a##b
#define SLUICE_TRY_CAT_(a, b) SLUICE_TRY_CAT2_(a, b)
#define SLUICE_TRY_STATUS_(expr) \
  SLUICE_TRY_STATUS2_(SLUICE_TRY_CAT_(sluice_try_, __COUNTER__), expr)
#define SLUICE_TRY_STATUS2_(tmp, expr)                                                           \
  do {                                                                                           \
    if (auto tmp = (expr); !tmp.ok()) return ::sluice::base::internal::StatusOf(std::move(tmp)); \
  } while (false)
#define SLUICE_TRY_VALUE_(decl, expr) \
  SLUICE_TRY_VALUE2_(SLUICE_TRY_CAT_(sluice_try_, __COUNTER__), decl, expr)
#define SLUICE_TRY_VALUE2_(tmp, decl, expr)                                 \
  auto tmp = (expr);                                                        \
  if (!tmp.ok()) return ::sluice::base::internal::StatusOf(std::move(tmp)); \
  decl = *std::move(tmp)

// A programming error: aborts in every build. Input never reaches one.
#define SLUICE_CHECK(condition) \
  ((condition) ? void() : ::sluice::base::internal::CheckFailed(#condition, __FILE__, __LINE__))
