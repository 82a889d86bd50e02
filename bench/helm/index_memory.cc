// index_memory MEGABYTES [json]: writes an index.yaml of that size (entries as a public repository
// has them) into a temporary file, reads it piece by piece with a spill on disk, and prints
// seconds, MB/s, the memory over idle at its peak and what the table keeps.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "base/strings.h"
#include "helm/index.h"

namespace {

using sluice::base::Result;
using sluice::base::Status;

class FileSource final : public sluice::helm::IndexSource {
 public:
  explicit FileSource(int fd) : fd_(fd) {}
  Result<size_t> ReadAt(uint64_t offset, std::span<char> into) override {
    const ssize_t n = pread(fd_, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0) return sluice::base::Internal("pread failed");
    return static_cast<size_t>(n);
  }

 private:
  int fd_;
};

class FileSpill final : public sluice::helm::IndexSpill {
 public:
  FileSpill() : file_(std::tmpfile()) {}
  ~FileSpill() override { std::fclose(file_); }
  Status Append(std::string_view bytes) override {
    return std::fwrite(bytes.data(), 1, bytes.size(), file_) == bytes.size()
               ? Status()
               : sluice::base::Internal("fwrite failed");
  }
  Result<std::string> ReadAt(uint64_t offset, size_t size) override {
    std::fflush(file_);
    std::string out(size, '\0');
    const ssize_t n = pread(fileno(file_), out.data(), size, static_cast<off_t>(offset));
    if (n != static_cast<ssize_t>(size)) return sluice::base::DataLoss("unexpected EOF");
    return out;
  }

 private:
  std::FILE* file_;
};

long StatusKb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(field)) return std::atol(line.c_str() + field.size());
  }
  return 0;
}

std::string Entry(int chart, int version) {
  const std::string name = "chart-" + std::to_string(chart),
                    number =
                        std::to_string(version / 50) + "." + std::to_string(version % 50) + ".0";
  std::string digest;
  for (int i = 0; i < 64; ++i)
    digest += "0123456789abcdef"[(chart * 31 + version * 7 + i * i) & 15];
  std::string out = "  - annotations:\n      category: Infrastructure\n      images: |\n";
  for (int i = 0; i < 4; ++i)
    out += "        - name: part-" + std::to_string(i) + "\n          image: docker.io/example/" +
           name + ":" + number + "-debian-12-r3\n";
  out += "    apiVersion: v2\n    appVersion: " + number +
         "\n    created: \"2024-05-06T07:08:09.123456789Z\"\n    dependencies:\n" +
         "    - name: common\n      repository: oci://registry-1.docker.io/example\n      tags:\n  "
         "    - example-common\n      version: 2.x.x\n" +
         "    description: An application that does what applications of its kind do, packaged "
         "with care for a cluster near you.\n" +
         "    digest: " + digest +
         "\n    home: https://example.com\n    icon: https://example.com/assets/stacks/" + name +
         "/img/" + name +
         "-stack-220x234.png\n    keywords:\n    - one\n    - two\n    - infrastructure\n    "
         "maintainers:\n    - name: Example, Inc.\n" +
         "      url: https://github.com/example/charts\n    name: " + name +
         "\n    sources:\n    - https://github.com/example/charts/tree/main/" + name +
         "\n    urls:\n    - https://charts.example.com/files/" + name + "-" + number +
         ".tgz\n    version: " + number + "\n";
  return out;
}

int Make(long bytes) {
  char path[] = "/tmp/index-XXXXXX";
  const int fd = mkstemp(path);
  unlink(path);
  std::string text = "apiVersion: v1\ngenerated: \"2024-01-01T00:00:00Z\"\nentries:\n";
  long written = 0;
  for (int chart = 0; written < bytes; ++chart) {
    text += "  chart-" + std::to_string(chart) + ":\n";
    for (int version = 400; version-- > 0;) text += Entry(chart, version);
    written += write(fd, text.data(), text.size());
    text.clear();
  }
  return fd;
}

}  // namespace

int main(int argc, char** argv) {
  const long megabytes = argc > 1 ? std::atol(argv[1]) : 100;
  int fd = Make(megabytes << 20);
  const sluice::helm::IndexOptions options{.max_bytes = uint64_t{4} << 30};
  if (argc > 2) {  // the same as JSON, as Flux stores it
    FileSource source(fd);
    FileSpill spill;
    const auto index = sluice::helm::RepositoryIndex::Read(source, options, &spill);
    char path[] = "/tmp/index-XXXXXX";
    const int json = mkstemp(path);
    unlink(path);
    if (!index.ok() || !index
                            ->WriteJson([&](std::string_view b) {
                              return write(json, b.data(), b.size()) < 0
                                         ? sluice::base::Internal("write")
                                         : Status();
                            })
                            .ok())
      return 1;
    fd = json;
  }
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins here
  const long idle = StatusKb("VmRSS:");
  const auto begin = std::chrono::steady_clock::now();
  FileSource source(fd);
  FileSpill spill;
  const auto index = sluice::helm::RepositoryIndex::Read(source, options, &spill);
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!index.ok()) {
    std::fprintf(stderr, "%s\n", index.status().message().c_str());
    return 1;
  }
  const double size = static_cast<double>(lseek(fd, 0, SEEK_END)) / (1 << 20);
  std::printf("%.0f MB, %zu versions: %.2f s, %.1f MB/s; peak %.1f MB over idle, table %.1f MB\n",
              size, index->version_count(), seconds, size / seconds,
              static_cast<double>(StatusKb("VmHWM:") - idle) / 1024,
              static_cast<double>(index->HeapBytes()) / (1 << 20));
  return 0;
}
