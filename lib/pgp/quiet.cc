#include "quiet.h"

#include <cstdarg>
#include <cstdio>

namespace {
thread_local int quiet = 0;  // Quiets alive on this thread
}  // namespace

// What fprintf is called in libraries built with _FORTIFY_SOURCE, as Debian's are: this definition
// goes before the C library's. NOLINTBEGIN(bugprone-reserved-identifier)
extern "C" {
int __vfprintf_chk(FILE* stream, int flag, const char* format, va_list arguments);

__attribute__((visibility("default"))) int __fprintf_chk(FILE* stream, int flag, const char* format,
                                                         ...) {
  if (quiet > 0 && stream == stderr) return 0;
  va_list arguments;
  va_start(arguments, format);
  const int written = __vfprintf_chk(stream, flag, format, arguments);
  va_end(arguments);
  return written;
}
}
// NOLINTEND(bugprone-reserved-identifier)

namespace sluice::pgp {

Quiet::Quiet() { ++quiet; }
Quiet::~Quiet() { --quiet; }

}  // namespace sluice::pgp
