// The heap of the `sluice` binary, whose processes are short (small_blocks.cc).
#pragma once

#include <cstddef>

namespace sluice::cli {

// From here on memory that was used is used again rather than given back to the system. Once
// `taken` more bytes were asked for, the heap goes on in huge pages, where the system has them: a
// fault for each 4 KiB would cost a large input a fifth of its time, a huge page is more than a
// small one uses. Called once, before there are threads.
void UseHugePagesFrom(size_t taken);

}  // namespace sluice::cli
