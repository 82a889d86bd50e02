// What an artifact server answers, as a pure function over the store: in the words of Go's file
// server, which Flux's consumers know. A process binds it to lib/http's server, which reads ranges
// and writes the body.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "artifact/store.h"

namespace sluice::artifact {

struct FileRequest {
  std::string_view method{}, path{};  // the path as sent, query cut off, percent-decoded
  std::string_view if_modified_since{}, if_none_match{};
};

struct FileResponse {
  int status = 200;
  std::string content_type;
  // without Content-Length and Content-Type
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;                // a short text, or
  std::shared_ptr<OpenFile> file;  // this file's bytes
};

// `ready` false: files that are absent, or not `trusted`, answer 503 with Retry-After, since they
// may be on their way (start-up).
FileResponse AnswerFileRequest(const ArtifactStore& store, const FileRequest& request,
                               bool ready = true, bool trusted = true);

}  // namespace sluice::artifact
