#include "chart_archive.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "archive/gzip.h"
#include "archive/tar.h"
#include "base/strings.h"
#include "content_type.h"
#include "io/file_tree.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::InvalidArgument;
using base::Result;
using base::Status;

constexpr std::string_view kBom = "\xef\xbb\xbf";
constexpr uint64_t kHeaderRoom = 16 << 20;  // tar headers and padding beside the files

bool IsDrivePath(std::string_view name) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  return name.size() >= 3 && letter(name[0]) && name[1] == ':' && name[2] == '/';
}

// The entry's name within the chart. Archives made on Windows may have backslashes.
Result<std::string> NameInChart(const std::string& name) {
  const bool backslashes = base::Contains(name, "\\");
  const char delimiter = backslashes ? '\\' : '/';
  const size_t first = name.find(delimiter);
  std::string rest = first == name.npos ? std::string() : name.substr(first + 1);
  if (backslashes) std::ranges::replace(rest, '\\', '/');
  if (rest.starts_with('/')) return InvalidArgument("chart illegally contains absolute paths");
  rest = io::CleanPath(rest);
  if (rest == ".") {
    return InvalidArgument(
        Cat("chart illegally contains content outside the base directory: ", base::QuoteGo(name)));
  }
  if (rest.starts_with("..")) return InvalidArgument("chart illegally references parent directory");
  if (IsDrivePath(rest)) return InvalidArgument("chart contains illegally named files");
  if (std::string_view(name).substr(0, first) == "Chart.yaml")
    return InvalidArgument("chart yaml not in base directory");
  return rest;
}

Status TooLarge(const LoadOptions& options) {
  const std::string_view what = options.version == HelmVersion::kV3 ? "file size " : "size ";
  return base::ResourceExhausted(Cat("decompressed chart is larger than the maximum ", what,
                                     std::to_string(options.max_chart_bytes)));
}

Result<std::string> Inflate(std::string_view bytes, const LoadOptions& options, uint64_t* left) {
  if (bytes.empty()) return InvalidArgument("EOF");
  if (*left == 0) return TooLarge(options);
  auto tar = archive::InflateGzip(
      bytes, {.max_bytes = std::min(options.max_chart_bytes, *left) + kHeaderRoom});
  if (!tar.ok() && tar.status().code() == base::StatusCode::kResourceExhausted)
    return TooLarge(options);
  if (tar.ok()) *left -= std::min<uint64_t>(*left, tar->size());
  return tar;
}

}  // namespace

Result<std::vector<File>> ReadChartArchive(std::string bytes, const LoadOptions& options,
                                           uint64_t* left) {
  SLUICE_TRY(std::string inflated, Inflate(bytes, options, left));
  bytes = std::string();  // not held beside what it became
  const auto tar = std::make_shared<const std::string>(std::move(inflated));
  archive::TarReader reader(*tar);
  std::vector<File> files;
  uint64_t room = options.max_chart_bytes, entries = 0;
  for (;;) {
    SLUICE_TRY(const auto item, reader.Next());
    if (!item) break;
    if (++entries > options.max_entries) return base::ResourceExhausted("chart has too many files");
    if (item->type == archive::TarType::kDirectory) continue;
    SLUICE_TRY(std::string name, NameInChart(item->name));
    if (item->content.size() > room) return TooLarge(options);
    if (item->content.size() > options.max_file_bytes) {
      return base::ResourceExhausted(Cat("decompressed chart file ", base::QuoteGo(item->name),
                                         " is larger than the maximum file size ",
                                         std::to_string(options.max_file_bytes)));
    }
    room -= item->content.size();
    if (room == 0) return TooLarge(options);
    const std::string_view text = base::TrimPrefix(item->content, kBom);
    files.push_back(
        {std::move(name), text.empty() ? SharedText() : SharedText(tar, text), item->modified});
  }
  if (files.empty()) return InvalidArgument("no files in chart archive");
  return files;
}

Status CheckIsArchive(std::string_view name, std::string_view bytes) {
  if (bytes.starts_with("\x1f\x8b\x08")) return {};
  if (name.ends_with(".yml") || name.ends_with(".yaml")) {
    return InvalidArgument(
        Cat("file '", name, "' seems to be a YAML file, but expected a gzipped archive"));
  }
  // Helm looks at 512 bytes, zeros where the file is shorter.
  std::string head(bytes.substr(0, 512));
  head.resize(512, '\0');
  return InvalidArgument(Cat("file '", name, "' does not appear to be a gzipped archive; got '",
                             DetectContentType(head), "'"));
}

}  // namespace sluice::helm
