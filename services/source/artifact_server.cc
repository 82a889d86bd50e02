#include "artifact_server.h"

#include "artifact/file_request.h"
#include "base/strings.h"

namespace sluice::source {

ArtifactServer::ArtifactServer(const artifact::ArtifactStore& store, const std::string& address,
                               std::function<bool()> ready,
                               std::function<bool(std::string_view path)> vouch,
                               observe::Logger log) {
  http::ServerOptions options;
  options.address = address;
  server_ = http::Server::Create(options, std::move(log));
  server_->HandlePrefix(
      "GET", "/",
      [&store, ready = std::move(ready),
       vouch = std::move(vouch)](const http::ServerRequest& request) {
        const bool settled = ready();
        const std::string_view path = base::TrimPrefix(request.path, "/");
        const bool trusted = settled || path.empty() || store.DigestOf(path).ok() || vouch(path);
        auto answer = artifact::AnswerFileRequest(
            store,
            {.method = request.method,
             .path = request.path,
             .if_modified_since = request.headers.Get("If-Modified-Since"),
             .if_none_match = request.headers.Get("If-None-Match")},
            settled, trusted);
        http::ServerResponse response;
        response.status = answer.status;
        response.content_type = std::move(answer.content_type);
        for (auto& [name, value] : answer.headers)
          response.headers.Add(std::move(name), std::move(value));
        response.body = std::move(answer.body);
        if (answer.file != nullptr) {
          const uint64_t size = answer.file->size();
          response.stream.emplace(http::ServerResponse::Stream{
              size, [file = std::move(answer.file)](uint64_t offset, std::span<char> buffer) {
                return file->ReadAt(offset, buffer);
              }});
        }
        return response;
      });
}

}  // namespace sluice::source
