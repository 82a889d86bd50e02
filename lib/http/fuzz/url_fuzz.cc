// What parses prints to text that parses to the same; resolving never leaves http(s).
#include "base/status.h"
#include "http/url.h"

using sluice::http::Url;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)sluice::http::RedactUrl(text);
  (void)sluice::http::QueryUnescape(text);
  if (const auto url = Url::Parse(text); url.ok()) {
    const auto again = Url::Parse(url->ToString());
    SLUICE_CHECK(again.ok() && again->ToString() == url->ToString() &&
                 again->origin() == url->origin());
  }
  static const auto kBase = Url::Parse("https://h:8443/a/b?c");
  if (const auto url = kBase->Resolve(text); url.ok()) {
    SLUICE_CHECK(url->scheme == "http" || url->scheme == "https");
  }
  return 0;
}
