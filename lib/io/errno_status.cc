#include "errno_status.h"

#include <cerrno>
#include <cstring>
#include <string>

#include "base/strings.h"

namespace sluice::io {
namespace {

base::StatusCode CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      return base::StatusCode::kNotFound;
    case EEXIST:
    case ENOTEMPTY:
      return base::StatusCode::kAlreadyExists;
    case EACCES:
    case EPERM:
    case EROFS:
      return base::StatusCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EMFILE:
    case ENFILE:
    case EFBIG:
      return base::StatusCode::kResourceExhausted;
    case EISDIR:
    case EINVAL:
    case ENAMETOOLONG:
      return base::StatusCode::kInvalidArgument;
    default:
      return base::StatusCode::kInternal;
  }
}

// Go prints the errno texts of the C library with a lower-case start.
std::string Words(int error) {
  char buffer[128];
  std::string text = strerror_r(error, buffer, sizeof buffer);
  if (!text.empty() && text.size() > 1 && text[0] >= 'A' && text[0] <= 'Z' &&
      !(text[1] >= 'A' && text[1] <= 'Z')) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

}  // namespace

base::Status ErrnoStatus(std::string_view operation, std::string_view path, int error) {
  return {CodeOf(error), base::Cat(operation, " ", path, ": ", Words(error))};
}

base::Status EscapesStatus(std::string_view operation, std::string_view path) {
  return base::PermissionDenied(base::Cat(operation, " ", path, ": path escapes from parent"));
}

}  // namespace sluice::io
