#include "schema_loader.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/strings.h"
#include "disk.h"
#include "io/file_tree.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Result;

constexpr std::chrono::seconds kLongest(15);
constexpr uint64_t kLargestFile = 64 << 20;

Result<std::string> FetchSchema(Processes& processes, const std::string& program,
                                const std::string& url) {
  SLUICE_TRY(ProcessResult got,
             processes.Run({.argv = {program, "get", url}, .timeout = kLongest}));
  if (got.failure.empty()) return std::move(got.out);
  if (got.failure == "exit status 4")
    return base::Unavailable(Cat("HTTP request to ", url, " returned ",
                                 base::ReplaceAll(got.err, "status code ", "status ")));
  std::string why = got.err.empty() ? got.failure : got.err;
  if (got.timed_out)
    why = Cat("Get ", base::QuoteGo(url),
              ": context deadline exceeded (Client.Timeout exceeded while awaiting headers)");
  return base::Unavailable(Cat("HTTP request failed for ", url, ": ", why));
}

Result<std::string> ReadSchemaFile(std::string_view path) {
  auto text = path.starts_with('/') ? OpenDisk()->ReadFile(path.substr(1), kLargestFile)
                                    : base::NotFound("");
  return text.ok() ? std::move(text)
                   : base::NotFound(Cat("open ", path, ": no such file or directory"));
}

}  // namespace

helm::SchemaLoader MakeSchemaLoader(helm::HelmVersion version, Processes* processes,
                                    std::string program) {
  std::shared_ptr<Processes> own;
  if (processes == nullptr) own = SystemProcesses();
  return [version, processes, own,
          program = std::move(program)](std::string_view url) -> Result<std::string> {
    if (url.starts_with("http://") || url.starts_with("https://")) {
      return FetchSchema(processes == nullptr ? *own : *processes, program, std::string(url));
    }
    if (url.starts_with("file://")) return ReadSchemaFile(url.substr(7));
    if (url.starts_with("urn:") && version == helm::HelmVersion::kV4) return std::string("true");
    return base::InvalidArgument(Cat("no URLLoader registered for ", base::QuoteGo(url)));
  };
}

}  // namespace sluice::cli
