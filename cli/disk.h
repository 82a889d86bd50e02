// The whole disk as a FileTree rooted at "/": what a command line user may read anyway, with one
// system call a question. (Trees that must not be left are io::OpenDirectory's.)
#pragma once

#include <memory>

#include "io/file_tree.h"

namespace sluice::cli {

std::unique_ptr<io::FileTree> OpenDisk();

}  // namespace sluice::cli
