// Gzip in and out. zlib is linked statically: the bytes that GzipWriter makes depend on nothing but
// its input. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::archive {

struct InflateLimits {
  uint64_t max_bytes = uint64_t{1} << 30;  // decompressed
  uint64_t max_ratio = 1000;               // past the first 10 MiB
};

// Every member of a gzip file. The budget is checked before the buffer grows. Errors:
// kInvalidArgument where it is no gzip file
// ("gzip: invalid header", "unexpected EOF"), kDataLoss ("unexpected EOF", "gzip: invalid data"),
// kResourceExhausted
// ("archive is larger than 100 bytes when unpacked").
base::Result<std::string> InflateGzip(std::string_view bytes, const InflateLimits& limits = {});

// Takes bytes in order. An error stops the writer or reader and is what it returns.
using ByteSink = std::function<base::Status(std::string_view bytes)>;

// The same at constant memory: compressed pieces in, what they hold into the sink.
// Thread-compatible; one use.
class GzipReader {
 public:
  explicit GzipReader(ByteSink sink, const InflateLimits& limits = {});
  ~GzipReader();
  GzipReader(const GzipReader&) = delete;
  GzipReader& operator=(const GzipReader&) = delete;

  base::Status Write(std::string_view bytes);
  base::Status Finish();  // an error unless the last member was whole

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

struct GzipOptions {
  int level = 6;
  std::string_view extra{}, comment{};  // of the header; copied. REQUIRES: comment without NUL
};

// One member without name or time, of "unknown" system: nothing of this machine gets in.
// Thread-compatible; one use.
class GzipWriter {
 public:
  explicit GzipWriter(ByteSink sink, const GzipOptions& options = {});
  ~GzipWriter();
  GzipWriter(const GzipWriter&) = delete;
  GzipWriter& operator=(const GzipWriter&) = delete;

  base::Status Write(std::string_view bytes);
  base::Status Finish();  // nothing may be written after it

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::archive
