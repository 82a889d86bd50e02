#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>

#include <memory>

namespace sluice::conformance {
namespace {

using Archive = std::unique_ptr<archive, decltype(&archive_read_free)>;

base::Result<std::string> ReadEntry(archive* a) {
  std::string out;
  char buffer[64 << 10];
  while (true) {
    const auto n = archive_read_data(a, buffer, sizeof buffer);
    if (n < 0) return base::DataLoss(archive_error_string(a));
    if (n == 0) return out;
    out.append(buffer, static_cast<size_t>(n));
  }
}

}  // namespace

base::Status UnpackTar(const std::filesystem::path& file, const std::filesystem::path& into) {
  const Archive a(archive_read_new(), archive_read_free);
  archive_read_support_filter_all(a.get());
  archive_read_support_format_tar(a.get());
  if (archive_read_open_filename(a.get(), file.c_str(), 64 << 10) != ARCHIVE_OK) {
    return base::NotFound(archive_error_string(a.get()));
  }
  const std::unique_ptr<archive, decltype(&archive_write_free)> disk(archive_write_disk_new(),
                                                                     archive_write_free);
  archive_write_disk_set_options(disk.get(), ARCHIVE_EXTRACT_SECURE_NODOTDOT);
  archive_entry* entry = nullptr;
  while (archive_read_next_header(a.get(), &entry) == ARCHIVE_OK) {
    archive_entry_set_pathname(entry, (into / archive_entry_pathname(entry)).c_str());
    if (archive_read_extract2(a.get(), entry, disk.get()) != ARCHIVE_OK) {
      return base::DataLoss(archive_error_string(disk.get()));
    }
  }
  return {};
}

base::Result<std::string> ReadGzip(const std::filesystem::path& file) {
  const Archive a(archive_read_new(), archive_read_free);
  archive_read_support_filter_gzip(a.get());
  archive_read_support_format_raw(a.get());
  archive_entry* entry = nullptr;
  if (archive_read_open_filename(a.get(), file.c_str(), 64 << 10) != ARCHIVE_OK ||
      archive_read_next_header(a.get(), &entry) != ARCHIVE_OK) {
    return base::NotFound(archive_error_string(a.get()));
  }
  return ReadEntry(a.get());
}

}  // namespace sluice::conformance
