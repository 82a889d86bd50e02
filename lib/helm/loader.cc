#include "helm/loader.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/strings.h"
#include "chart_archive.h"
#include "helm/ignore.h"
#include "helm/values.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using base::Status;

constexpr std::string_view kBom = "\xef\xbb\xbf";

std::string_view Extension(std::string_view name) {
  const std::string_view base_name = name.substr(name.rfind('/') + 1);
  const size_t dot = base_name.rfind('.');
  return dot == base_name.npos ? std::string_view() : base_name.substr(dot);
}

// One load with all charts below it: what their archives may inflate to together is counted here.
class Loader {
 public:
  explicit Loader(const LoadOptions& options)
      : options_(options), left_(options.max_chart_bytes * options.max_nested) {}

  Result<std::unique_ptr<Chart>> Archive(std::string bytes) {
    SLUICE_TRY(std::vector<File> files, ReadChartArchive(std::move(bytes), options_, &left_));
    return Files(std::move(files));
  }

  Result<std::unique_ptr<Chart>> Files(std::vector<File> files) {
    if (depth_ >= options_.max_depth)
      return base::ResourceExhausted("charts are nested too deeply");
    ++depth_;
    auto chart = FilesAtDepth(std::move(files));
    --depth_;
    return chart;
  }

 private:
  struct Parts {
    ChartFiles files;
    std::map<std::string, std::vector<File>, std::less<>> subcharts;  // by the name below charts/
  };

  Result<std::unique_ptr<Chart>> FilesAtDepth(std::vector<File> files) {
    auto chart = std::make_unique<Chart>();
    Parts parts;
    bool has_metadata = false;
    for (const File& file : files) {
      if (file.name != "Chart.yaml") continue;
      has_metadata = true;
      SLUICE_TRY(
          FromYaml(file.data, &chart->metadata, options_.version).Wrap("cannot load Chart.yaml"));
      if (chart->metadata.api_version.empty()) chart->metadata.api_version = "v1";
      parts.files.modified = file.modified;
    }
    for (const File& file : files) SLUICE_TRY(Place(file, *chart, parts, &has_metadata));
    if (!has_metadata) return base::InvalidArgument("Chart.yaml file is missing");
    SLUICE_TRY(chart->metadata.Validate(options_.version));
    parts.files.raw = std::move(files);
    chart->set_content(std::make_shared<const ChartFiles>(std::move(parts.files)));
    std::vector<std::unique_ptr<Chart>> children;
    for (auto& [name, below] : parts.subcharts) {
      if (name.starts_with('_') || name.starts_with('.')) continue;
      SLUICE_TRY(children.emplace_back(), Subchart(name, std::move(below), *chart));
    }
    // Helm's order is random: ours is by name.
    std::ranges::stable_sort(children, {},
                             [](const auto& c) -> const std::string& { return c->name(); });
    for (auto& child : children) chart->AddDependency(std::move(child));
    return chart;
  }

  Status Place(const File& file, Chart& chart, Parts& parts, bool* has_metadata) {
    const std::string& name = file.name;
    if (name == "Chart.yaml") return {};
    if (name == "Chart.lock" || name == "requirements.lock") {
      SLUICE_TRY(
          FromYaml(file.data, &chart.lock, options_.version).Wrap(Cat("cannot load ", name)));
      if (name == "Chart.lock") return {};
      *has_metadata = true;
      Outdated(chart, "load.go:138",
               "Dependency locking is handled in Chart.lock since apiVersion \"v2\". We recommend "
               "migrating to Chart.lock.");
      if (chart.metadata.api_version == "v1") parts.files.files.push_back(file);
    } else if (name == "values.yaml") {
      SLUICE_TRY(document::Value values,
                 ParseValues(file.data, options_.version).Wrap("cannot load values.yaml"));
      chart.set_values(std::move(values));
    } else if (name == "values.schema.json") {
      parts.files.schema = file.data;
      parts.files.schema_modified = file.modified;
    } else if (name == "requirements.yaml") {
      *has_metadata = true;
      Outdated(chart, "load.go:120",
               "Dependencies are handled in Chart.yaml since apiVersion \"v2\". We recommend "
               "migrating dependencies to Chart.yaml.");
      SLUICE_TRY(FromYaml(file.data, &chart.metadata, options_.version)
                     .Wrap("cannot load requirements.yaml"));
      if (chart.metadata.api_version == "v1") parts.files.files.push_back(file);
    } else if (name.starts_with("templates/")) {
      parts.files.templates.push_back(file);
    } else if (name.starts_with("charts/") && Extension(name) != ".prov") {
      std::string below = name.substr(std::string_view("charts/").size());
      std::string first = below.substr(0, below.find('/'));
      parts.subcharts[std::move(first)].push_back({std::move(below), file.data, file.modified});
    } else {
      parts.files.files.push_back(file);
    }
    return {};
  }

  Result<std::unique_ptr<Chart>> Subchart(const std::string& name, std::vector<File> files,
                                          const Chart& parent) {
    const std::string where = Cat("error unpacking subchart ", name, " in ", parent.name());
    if (Extension(name) == ".tgz") {
      const File& file = files.front();
      if (file.name != name) {
        return base::InvalidArgument(Cat("error unpacking subchart tar in ", parent.name(),
                                         ": expected ", name, ", got ", file.name));
      }
      return Archive(std::string(file.data.view())).Wrap(where);
    }
    std::vector<File> below;
    for (File& file : files) {
      const size_t slash = file.name.find('/');
      if (slash == file.name.npos) continue;  // a file of charts/ itself is no chart
      file.name.erase(0, slash + 1);
      below.push_back(std::move(file));
    }
    return Files(std::move(below)).Wrap(where);
  }

  // Of files that apiVersion v1 had.
  void Outdated(const Chart& chart, std::string_view place, std::string_view text) const {
    if (!options_.warn || chart.metadata.api_version != "v2") return;
    options_.warn({.place = place, .text = Cat("Warning: ", text)});
  }

  LoadOptions options_;
  uint64_t left_;
  int depth_ = 0;
};

// Walks a chart directory as Helm does: entries in byte order, links followed.
class Walker {
 public:
  Walker(const io::FileTree& tree, std::string_view root, std::string_view display,
         const LoadOptions& options)
      : tree_(tree), root_(root), display_(display), options_(options) {}

  Result<std::vector<File>> Run() {
    SLUICE_TRY(ReadIgnore());
    SLUICE_TRY(Directory("", 0));
    return std::move(files_);
  }

 private:
  std::string InTree(std::string_view name) const {
    return root_.empty() ? std::string(name) : name.empty() ? root_ : Cat(root_, "/", name);
  }

  Status ReadIgnore() {
    const std::string path = InTree(".helmignore");
    if (tree_.Stat(path).ok()) {
      SLUICE_TRY(const std::string text, tree_.ReadFile(path, options_.max_file_bytes));
      SLUICE_TRY(rules_, IgnoreRules::Parse(text));
    }
    rules_.AddDefaults();
    return {};
  }

  Status Directory(const std::string& name, int depth) {
    if (depth > options_.max_depth)
      return base::ResourceExhausted("chart folders are nested too deeply");
    SLUICE_TRY(const auto entries, tree_.ReadDir(InTree(name)));
    for (const io::DirEntry& entry : entries) {
      SLUICE_TRY(Entry(name.empty() ? entry.name : Cat(name, "/", entry.name), entry, depth));
    }
    return {};
  }

  Status Entry(const std::string& name, const io::DirEntry& entry, int depth) {
    if (++entries_ > options_.max_entries)
      return base::ResourceExhausted("chart has too many files");
    io::FileInfo info = entry.info;
    if (info.kind == io::FileKind::kSymlink) {
      SLUICE_TRY(info, Follow(name));
    }
    const bool directory = info.kind == io::FileKind::kDirectory;
    if (rules_.Ignores(name, directory)) return {};
    if (directory) return Directory(name, depth + 1);
    const bool flux = options_.words == LoaderWords::kFlux;
    if (info.kind != io::FileKind::kRegular) {
      return base::InvalidArgument(Cat("cannot load irregular file ",
                                       flux ? "" : Cat(display_, "/"), name,
                                       " as it has file mode type bits set"));
    }
    if (flux && info.size > options_.max_file_bytes) {
      return base::ResourceExhausted(Cat("cannot load file ", name, " as file size (",
                                         std::to_string(info.size), ") exceeds limit (",
                                         std::to_string(options_.max_file_bytes), ")"));
    }
    if (info.size > options_.max_file_bytes) {
      return base::ResourceExhausted(Cat("chart file ", base::QuoteGo(entry.name),
                                         " is larger than the maximum file size ",
                                         std::to_string(options_.max_file_bytes)));
    }
    SLUICE_TRY(
        std::string text,
        tree_.ReadFile(InTree(name), options_.max_file_bytes).Wrap(Cat("error reading ", name)));
    if (text.starts_with(kBom)) text.erase(0, kBom.size());
    const bool dated = info.modified != base::Time{};
    files_.push_back(
        {name, SharedText(std::move(text)), dated ? std::optional(info.modified) : std::nullopt});
    return {};
  }

  Result<io::FileInfo> Follow(const std::string& name) const {
    const std::string link = Cat(display_, "/", name);
    auto info = tree_.Stat(InTree(name));
    if (!info.ok()) {
      const std::string target = tree_.ReadLink(InTree(name)).value_or("");
      const bool absent = info.status().code() == base::StatusCode::kNotFound && !target.empty();
      const std::string at =
          target.starts_with('/') ? target : io::JoinPath(link.substr(0, link.rfind('/')), target);
      return Status(
          info.status().code(),
          Cat("error evaluating symlink ", link, ": ",
              absent ? Cat("lstat ", at, ": no such file or directory") : info.status().message()));
    }
    if (!options_.warn) return info;
    const std::string resolved =
        Cat(display_.starts_with('/') ? "/" : "", tree_.Resolve(InTree(name)).value_or(""));
    if (options_.version == HelmVersion::kV3) {
      options_.warn({.place = "walk.go:75",
                     .text = Cat("found symbolic link in path: ", link, " resolves to ", resolved,
                                 ". Contents of linked file included and used")});
    } else {
      options_.warn(
          {.text = "found symbolic link in path. Contents of linked file included and used",
           .fields = {{"path", link}, {"resolved", resolved}}});
    }
    return info;
  }

  const io::FileTree& tree_;
  std::string root_, display_;
  LoadOptions options_;
  IgnoreRules rules_;
  uint64_t entries_ = 0;
  std::vector<File> files_;
};

}  // namespace

Result<std::vector<File>> ReadDirectory(const io::FileTree& tree, std::string_view path,
                                        std::string_view display, const LoadOptions& options) {
  return Walker(tree, path, display, options).Run();
}

Result<std::unique_ptr<Chart>> LoadDirectory(const io::FileTree& tree, std::string_view path,
                                             std::string_view display, const LoadOptions& options) {
  SLUICE_TRY(std::vector<File> files, ReadDirectory(tree, path, display, options));
  return LoadFiles(std::move(files), options);
}

Result<std::unique_ptr<Chart>> LoadArchive(std::string bytes, const LoadOptions& options) {
  return Loader(options).Archive(std::move(bytes));
}

Result<std::unique_ptr<Chart>> LoadArchiveFile(std::string_view name, std::string bytes,
                                               const LoadOptions& options) {
  SLUICE_TRY(CheckIsArchive(name, bytes));
  auto chart = LoadArchive(std::move(bytes), options);
  if (!chart.ok() && chart.status().message() == kNoGzipHeader) {
    return base::InvalidArgument(
        Cat("file '", name, "' does not appear to be a valid chart file (details: ", kNoGzipHeader,
            ")"));
  }
  return chart;
}

Result<std::unique_ptr<Chart>> LoadFiles(std::vector<File> files, const LoadOptions& options) {
  return Loader(options).Files(std::move(files));
}

}  // namespace sluice::helm
