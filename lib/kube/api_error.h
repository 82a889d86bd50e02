// What a refusal of the API server means: its Status object or bare text as a code, the message
// verbatim and a reason word. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::kube {

struct ApiError {
  base::Status status;
  // "NotFound", "FieldManagerConflict" …, "" if the answer was no Status object
  std::string reason;
};
// `http_status` is not 2xx; `body` whatever came with it.
ApiError ParseApiError(int http_status, std::string_view body);

// Of a watch event's object or any Status object in hand.
base::StatusCode CodeOf(int64_t http_status, std::string_view reason);

}  // namespace sluice::kube
