// Pulls one blob with lib/oci into a file, as sluice-source does: `oci_pull http|https
// HOST/REPOSITORY DIGEST SIZE FILE`. Prints the seconds it took and by how many KiB the process's
// largest resident size grew over what it was before.
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "oci/client.h"

namespace {

// "VmHWM" or "VmRSS" of this process, KiB.
long Memory(const std::string& field) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(field + ":")) return std::atol(line.c_str() + field.size() + 1);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace sluice;
  if (argc != 5) return 2;
  const auto http = http::Client::Create({});
  oci::RegistryClient registries(**http);
  const auto repository = oci::Repository::Parse(argv[1], /*insecure=*/true);
  const observe::Context ctx;
  const auto remote = registries.Open(*repository, {});
  static_cast<void>(remote->ListTags(ctx));  // the connection and the ping are not the pull's
  const long idle = Memory("VmRSS");
  oci::Descriptor blob;
  blob.digest = argv[2];
  blob.size = std::atoll(argv[3]);
  const int fd = open(argv[4], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  const auto start = std::chrono::steady_clock::now();
  const auto pulled = remote->PullBlob(ctx, blob, [fd](std::string_view piece) {
    return write(fd, piece.data(), piece.size()) == static_cast<ssize_t>(piece.size())
               ? base::OkStatus()
               : base::Internal("write failed");
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  close(fd);
  if (!pulled.ok()) std::fprintf(stderr, "%s\n", pulled.message().c_str());
  std::printf("%.3f %ld\n", took.count(), Memory("VmHWM") - idle);
  return pulled.ok() ? 0 : 1;
}
