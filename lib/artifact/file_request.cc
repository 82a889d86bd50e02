#include "artifact/file_request.h"

#include "base/strings.h"
#include "base/time.h"

namespace sluice::artifact {
namespace {

FileResponse Text(int status, std::string body) {
  FileResponse r;
  r.status = status;
  r.content_type = "text/plain; charset=utf-8";
  r.headers.emplace_back("X-Content-Type-Options", "nosniff");
  r.body = std::move(body);
  return r;
}

// Fixed here, so that it depends on no image's MIME table.
std::string_view ContentTypeOf(std::string_view path) {
  if (path.ends_with(".gz") || path.ends_with(".tgz")) return "application/x-gzip";
  if (path.ends_with(".yaml")) return "text/plain; charset=utf-8";
  return "application/octet-stream";
}

bool NotModified(const FileRequest& request, std::string_view etag, base::Time mtime) {
  if (!request.if_none_match.empty()) {  // decides alone when it is there
    for (const std::string_view tag : base::Split(request.if_none_match, ",")) {
      const std::string_view t = base::TrimPrefix(base::TrimSpace(tag), "W/");
      if (t == "*" || (!etag.empty() && t == etag)) return true;
    }
    return false;
  }
  if (request.if_modified_since.empty()) return false;
  const auto since = base::ParseHttpDate(request.if_modified_since);
  return since.ok() && base::ToUnixSeconds(mtime) <= base::ToUnixSeconds(*since);
}

}  // namespace

FileResponse AnswerFileRequest(const ArtifactStore& store, const FileRequest& request, bool ready,
                               bool trusted) {
  const std::string_view path = base::TrimPrefix(request.path, "/");
  if (path.empty()) {  // the readiness probe
    FileResponse r;
    r.content_type = "text/html; charset=utf-8";
    r.body = "<!doctype html>\n<pre>\n</pre>\n";
    return r;
  }
  auto file = store.OpenForRead(path);
  if (!file.ok() || !trusted) {
    if (ready) return Text(404, "404 page not found\n");
    FileResponse r = Text(503, "artifacts are being restored\n");
    r.headers.emplace_back("Retry-After", "1");
    return r;
  }
  FileResponse r;
  const auto digest = store.DigestOf(path);
  const std::string etag = digest.ok() ? "\"" + *digest + "\"" : "";
  r.headers.emplace_back("Last-Modified", base::FormatRfc1123((*file)->mtime()));
  if (!etag.empty()) r.headers.emplace_back("ETag", etag);
  if (NotModified(request, etag, (*file)->mtime())) {
    r.status = 304;
    return r;
  }
  r.headers.emplace_back("Accept-Ranges", "bytes");
  r.content_type = ContentTypeOf(path);
  r.file = *std::move(file);
  return r;
}

}  // namespace sluice::artifact
