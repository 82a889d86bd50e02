// Any bytes in any pieces: the reader ends in a state that does not depend on how they were cut,
// within its limits.
#include "base/status.h"
#include "request_reader.h"

using sluice::http::ReaderLimits;
using sluice::http::RequestReader;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const ReaderLimits limits{
      .max_body = 4096, .max_header_line = 256, .max_header_bytes = 1024, .max_headers = 16};
  RequestReader whole(limits), bytewise(limits);
  const size_t used = whole.Feed(text);
  size_t at = 0;
  while (at < size && bytewise.Feed(text.substr(at, 1)) == 1) ++at;
  SLUICE_CHECK(whole.state() == bytewise.state() && whole.error() == bytewise.error());
  SLUICE_CHECK(used <= size && whole.buffered() <= limits.max_body + limits.max_header_bytes);
  if (whole.state() != RequestReader::State::kDone) return 0;
  SLUICE_CHECK(at == used);
  const auto a = whole.Take(), b = bytewise.Take();
  SLUICE_CHECK(a.body == b.body && a.target == b.target &&
               a.headers.fields() == b.headers.fields());
  return 0;
}
