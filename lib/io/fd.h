// The system calls that disk_tree.cc, rooted_fs.cc and journal.cc share, with errors as Status.
// Private to lib/io.
#pragma once

#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "io/file_tree.h"
#include "io/unique_fd.h"

namespace sluice::io {

FileInfo InfoOf(const struct stat& st);
// The whole of a regular file, at most max_bytes. `path` names it in errors.
base::Result<std::string> ReadAll(int fd, std::string_view path, uint64_t max_bytes);
// Entries of a directory, sorted by name; takes the descriptor.
base::Result<std::vector<DirEntry>> ReadEntries(UniqueFd dir, std::string_view path);
base::Result<std::string> ReadLinkAt(int dir, const std::string& name, std::string_view path);
base::Status WriteAll(int fd, std::string_view bytes, std::string_view path);

}  // namespace sluice::io
