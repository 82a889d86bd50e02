#include "generator_builder.h"

#include <algorithm>
#include <cinttypes>

#include "artifact/unpack.h"
#include "base/strings.h"
#include "document/go_kind.h"
#include "document/yaml.h"
#include "generator_glob.h"

namespace sluice::source {
namespace {

using base::Cat;
using base::Result;
using base::Status;
using document::Value;

constexpr uint64_t kMaxFile = uint64_t{2} << 30;

uint32_t Adler32(uint32_t adler, std::string_view bytes) {
  uint32_t a = adler & 0xffff, b = adler >> 16;
  while (!bytes.empty()) {
    const std::string_view run = bytes.substr(0, 5552);  // as many as cannot overflow
    for (const char c : run) {
      a += static_cast<unsigned char>(c);
      b += a;
    }
    a %= 65521;
    b %= 65521;
    bytes.remove_prefix(run.size());
  }
  return b << 16 | a;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

bool IsTarball(std::string_view path) {
  const std::string lower = base::ToLower(path);
  return lower.ends_with(".tar.gz") || lower.ends_with(".tgz");
}

// Later maps win, lists are replaced whole: as Helm reads several values files.
Value MergeMaps(Value base, const Value& overlay) {
  for (const auto& [key, value] : overlay.members()) {
    Value* own = base.Find(key);
    if (own != nullptr && own->is_object() && value.is_object()) {
      *own = MergeMaps(std::move(*own), value);
    } else {
      base.Set(key, value);
    }
  }
  return base;
}

// All documents of a file, the later ones over the earlier ones.
Result<Value> LoadYaml(const io::FileTree& tree, const std::string& path, uint64_t max_bytes) {
  SLUICE_TRY(const std::string text, tree.ReadFile(path, max_bytes));
  auto documents = document::ParseYamlStream(text);
  if (!documents.ok()) {
    return documents.status()
        .Wrap("error converting YAML to JSON")
        .Wrap("cannot unmarshal YAML document");
  }
  Value out = Value::Object();
  for (const Value& d : *documents) {
    if (!d.is_object()) {
      return base::InvalidArgument(
          Cat("cannot unmarshal YAML document: error unmarshaling JSON: while decoding JSON: json: "
              "cannot unmarshal ",
              document::GoKind(d), " into Go value of type map[string]interface {}"));
    }
    out = MergeMaps(std::move(out), d);
  }
  return out;
}

// As filepath.Rel where the path lies below; "" where it does not, or is the base itself.
std::string_view RelativeTo(std::string_view base, std::string_view path) {
  if (base == "." || base.empty()) return path;
  if (!path.starts_with(base) || path.size() <= base.size() || path[base.size()] != '/') return {};
  return path.substr(base.size() + 1);
}

// The literal parts of a pattern before the first one with a glob.
std::string SelectionRoot(const std::string& pattern) {
  const std::string clean = io::CleanPath(pattern);
  std::string out;
  for (const std::string_view part : base::Split(clean, "/")) {
    if (HasGlobChars(part)) break;
    out += Cat(out.empty() ? "" : "/", part);
  }
  return out.empty() ? "." : out;
}

std::string TreePath(const std::string& path) { return path == "." ? "" : path; }

// One operation under way.
class Copier {
 public:
  Copier(const observe::Context& ctx, const api::CopyOperation& op, const SourceTrees& sources,
         const io::RootedFs& spool, const BuildLimits& limits, uint64_t& extracted,
         GeneratedTree& out)
      : ctx_(ctx),
        op_(op),
        sources_(sources),
        spool_(spool),
        limits_(limits),
        extracted_(extracted),
        out_(out) {}

  Status Run() {
    SLUICE_TRY(Parse());
    if (!HasGlobChars(pattern_)) return CopySingle();
    return CopyMatches();
  }

 private:
  Status Parse() {
    const std::string_view from = op_.from;
    if (!from.starts_with('@'))
      return base::InvalidArgument(
          Cat("invalid copy source '", from, "': source must start with '@'"));
    const auto parts = base::Cut(from.substr(1), "/");
    if (!parts)
      return base::InvalidArgument(
          Cat("invalid copy source '", from, "': source format must be '@alias/pattern'"));
    alias_ = parts->first;
    pattern_ = parts->second;
    constexpr std::string_view kRoot = "@artifact/";
    if (!op_.to.starts_with(kRoot)) {
      return base::InvalidArgument(
          Cat("invalid copy destination '", op_.to, "': destination must start with '@artifact/'"));
    }
    to_ = op_.to.substr(kRoot.size());
    const auto source = sources_.find(alias_);
    if (source == sources_.end())
      return base::InvalidArgument(Cat("source alias '", alias_, "' not found"));
    tree_ = source->second;
    for (const std::string& pattern : op_.exclude) {
      auto compiled = DoubleStar::Compile(pattern);
      if (!compiled.ok())
        return base::InvalidArgument(
            Cat("invalid exclude pattern '", base::TruncateUtf8(pattern, 256), "'"));
      exclude_.push_back({pattern.find('/') == pattern.npos, *std::move(compiled)});
    }
    return base::OkStatus();
  }

  Status CopySingle() {
    const std::string path = io::CleanPath(pattern_);
    if (path.starts_with('/') || path == ".." || path.starts_with("../")) {
      return base::PermissionDenied(
          Cat("failed to stat source '", path, "': statat ", path, ": path escapes from parent"));
    }
    const auto info = tree_->Stat(TreePath(path));
    if (!info.ok()) {
      if (op_.optional) return base::OkStatus();
      return base::NotFound(Cat("source '", path, "' does not exist"));
    }
    if (info->kind == io::FileKind::kDirectory) {
      if (op_.strategy == api::CopyStrategy::kExtract) {
        return base::InvalidArgument(
            Cat("extract strategy is not supported for directories, got '", path, "'"));
      }
      return CopyDirectory(path, io::JoinPath(to_, BaseName(path)), path);
    }
    return CopySingleFile(path);
  }

  Status CopySingleFile(const std::string& path) {
    if (Excluded(path, ".")) return base::OkStatus();
    if (op_.strategy == api::CopyStrategy::kExtract) {
      if (!IsTarball(path)) {
        return base::InvalidArgument(
            Cat("extract strategy requires tarball file (.tar.gz or .tgz), got '", path, "'"));
      }
      return Extract(path);
    }
    const auto there = out_.Stat(io::CleanPath(to_));
    const bool into = op_.to.ends_with('/') ||
                      (there.ok() && there->kind == io::FileKind::kDirectory && !Escapes(to_));
    return CopyEntry(path, into ? io::JoinPath(to_, BaseName(path)) : to_, ".");
  }

  Status CopyMatches() {
    const auto matches = op_.strategy == api::CopyStrategy::kExtract
                             ? GlobDoubleStar(*tree_, pattern_)
                             : GlobByParts(*tree_, pattern_);
    if (!matches.ok()) return matches.status().Wrap(Cat("invalid glob pattern '", pattern_, "'"));
    if (matches->empty()) {
      if (op_.optional) return base::OkStatus();
      return base::NotFound(
          Cat("no files match pattern '", pattern_, "' in source '", alias_, "'"));
    }
    const std::string root = SelectionRoot(pattern_);
    std::vector<std::string> kept;
    for (const std::string& match : *matches) {
      if (match != "." && match != ".." && !Excluded(match, root)) kept.push_back(match);
    }
    if (kept.empty()) {
      if (op_.optional) return base::OkStatus();
      return base::NotFound(Cat("all files matching pattern '", pattern_, "' in source '", alias_,
                                "' were excluded"));
    }
    for (const std::string& match : kept) {
      SLUICE_TRY(ctx_.Check());
      if (op_.strategy != api::CopyStrategy::kExtract) {
        const std::string to = GlobDestination(match);
        SLUICE_TRY(CopyEntry(match, to, root)
                       .Wrap(Cat("failed to copy file '", match, "' to '", to, "'")));
      } else if (IsTarball(match)) {
        SLUICE_TRY(
            Extract(match).Wrap(Cat("failed to extract tarball '", match, "' to '", to_, "'")));
      }
    }
    return base::OkStatus();
  }

  // "dir/**" loses "dir/"; every other pattern keeps the matched path.
  std::string GlobDestination(const std::string& match) const {
    if (pattern_.ends_with("/**")) {
      const std::string prefix = pattern_.substr(0, pattern_.size() - 2);
      if (match.starts_with(prefix)) return io::JoinPath(to_, match.substr(prefix.size()));
    }
    return io::JoinPath(to_, match);
  }

  Status CopyEntry(const std::string& from, const std::string& to, const std::string& base) {
    SLUICE_TRY(const io::FileInfo info, tree_->Stat(TreePath(from)));
    if (info.kind == io::FileKind::kDirectory) return CopyDirectory(from, to, base);
    if (op_.strategy == api::CopyStrategy::kMerge && !Escapes(to) &&
        out_.Stat(io::CleanPath(to)).ok())
      return Merge(from, to);
    return out_.PlaceFile(to, tree_, from, info.executable);
  }

  Status CopyDirectory(const std::string& from, const std::string& to, const std::string& base) {
    SLUICE_TRY(ctx_.Check());
    SLUICE_TRY(out_.MakeDirectory(to));
    SLUICE_TRY(const auto entries, tree_->ReadDir(TreePath(from)));
    for (const io::DirEntry& e : entries) {
      const std::string path = from == "." ? e.name : Cat(from, "/", e.name);
      if (Excluded(path, base)) continue;
      const std::string target = io::JoinPath(to, e.name);
      if (e.info.kind == io::FileKind::kDirectory) {
        SLUICE_TRY(CopyDirectory(path, target, base));
      } else {
        SLUICE_TRY(out_.PlaceFile(target, tree_, path, e.info.executable));
      }
    }
    return base::OkStatus();
  }

  Status Merge(const std::string& from, const std::string& to) {
    SLUICE_TRY(const Value overlay, LoadYaml(*tree_, from, limits_.max_merged));
    SLUICE_TRY(Value under, LoadYaml(out_, io::CleanPath(to), limits_.max_merged));
    std::string text;
    SLUICE_TRY(document::AppendYaml(text, MergeMaps(std::move(under), overlay))
                   .Wrap("failed to merged YAML"));
    return out_.ReplaceContent(to, std::move(text));
  }

  // Where it goes is looked at before a byte is unpacked: Flux joins the path and may leave its
  // folder.
  Status Extract(const std::string& from) {
    SLUICE_TRY(out_.MakeDirectory(to_));
    const std::string failed =
        Cat("failed to extract tarball ", base::QuoteGo(from), " to ", base::QuoteGo(to_));
    const auto archive = tree_->ReadFile(from, limits_.max_tarball);
    if (!archive.ok())
      return archive.status().Wrap(Cat("failed to open tarball ", base::QuoteGo(from)));
    artifact::UnpackLimits limits;
    limits.max_bytes = std::min(limits_.max_tarball, limits_.max_extracted - extracted_);
    SLUICE_TRY(auto file, spool_.OpenReadWrite("tarball"));
    SLUICE_TRY(spool_.Remove("tarball"));
    artifact::TarGzSpool unpacker(std::move(file), limits);
    SLUICE_TRY(unpacker.Write(*archive).Wrap(failed));
    auto unpacked = unpacker.Finish();
    if (!unpacked.ok()) return unpacked.status().Wrap(failed);
    return Adopt(*unpacked, "", to_).Wrap(failed);
  }

  Status Adopt(const std::shared_ptr<const io::FileTree>& tree, const std::string& from,
               const std::string& to) {
    SLUICE_TRY(ctx_.Check());
    SLUICE_TRY(const auto entries, tree->ReadDir(from));
    for (const io::DirEntry& e : entries) {
      const std::string path = from.empty() ? e.name : Cat(from, "/", e.name),
                        target = io::JoinPath(to, e.name);
      if (e.info.kind == io::FileKind::kDirectory) {
        SLUICE_TRY(out_.MakeDirectory(target));
        SLUICE_TRY(Adopt(tree, path, target));
      } else {
        extracted_ += e.info.size;
        if (extracted_ > limits_.max_extracted)
          return base::ResourceExhausted("tarballs hold too much");
        SLUICE_TRY(out_.PlaceFile(target, tree, path, e.info.executable));
      }
    }
    return base::OkStatus();
  }

  bool Excluded(const std::string& path, std::string_view base) const {
    if (exclude_.empty()) return false;
    const auto hit = [&](std::string_view p) {
      const size_t slash = p.rfind('/');
      const std::string_view name = slash == p.npos ? p : p.substr(slash + 1);
      return std::ranges::any_of(exclude_, [&](const Pattern& x) {
        return x.glob.Matches(p) || (x.by_name && x.glob.Matches(name));
      });
    };
    const std::string_view relative = RelativeTo(base, path);
    return hit(path) || (!relative.empty() && relative != path && hit(relative));
  }

  static bool Escapes(const std::string& path) {
    const std::string clean = io::CleanPath(path);
    return clean.starts_with('/') || clean == ".." || clean.starts_with("../");
  }

  struct Pattern {
    bool by_name;  // no slash: matches a name at any depth
    DoubleStar glob;
  };
  const observe::Context& ctx_;
  const api::CopyOperation& op_;
  const SourceTrees& sources_;
  const io::RootedFs& spool_;
  const BuildLimits& limits_;
  uint64_t& extracted_;
  GeneratedTree& out_;
  std::string alias_, pattern_, to_;
  std::shared_ptr<const io::FileTree> tree_;
  std::vector<Pattern> exclude_;
};

Status ListFiles(const io::FileTree& tree, const std::string& folder,
                 std::vector<std::string>& out) {
  SLUICE_TRY(const auto entries, tree.ReadDir(folder));
  for (const io::DirEntry& e : entries) {
    const std::string path = folder.empty() ? e.name : Cat(folder, "/", e.name);
    if (e.info.kind == io::FileKind::kDirectory) {
      SLUICE_TRY(ListFiles(tree, path, out));
    } else {
      out.push_back(path);
    }
  }
  return base::OkStatus();
}

std::string Hex(uint32_t n) {
  char text[9];
  std::snprintf(text, sizeof text, "%" PRIx32, n);
  return text;
}

}  // namespace

Result<std::shared_ptr<const GeneratedTree>> BuildArtifact(const observe::Context& ctx,
                                                           const api::OutputArtifact& artifact,
                                                           const SourceTrees& sources,
                                                           const io::RootedFs& spool,
                                                           const BuildLimits& limits) {
  auto out = std::make_shared<GeneratedTree>();
  uint64_t extracted = 0;
  for (const api::CopyOperation& op : artifact.copy) {
    SLUICE_TRY(ctx.Check().Wrap("failed to apply copy operations"));
    const Status done = Copier(ctx, op, sources, spool, limits, extracted, *out).Run();
    if (!done.ok()) {
      return done.Wrap(Cat("failed to apply copy operation from '", op.from, "' to '", op.to, "'"))
          .Wrap("failed to apply copy operations");
    }
  }
  return std::shared_ptr<const GeneratedTree>(std::move(out));
}

Result<std::string> ArtifactFileName(const std::string& artifact, const io::FileTree& tree) {
  constexpr std::string_view kFailed = "failed to hash staging dir";
  std::vector<std::string> files;
  SLUICE_TRY(ListFiles(tree, "", files).Wrap(kFailed));
  std::ranges::sort(files);
  uint32_t all = 1;
  for (const std::string& file : files) {
    if (file.find('\n') != file.npos)
      return base::InvalidArgument(Cat(kFailed, ": filenames with newlines are not supported"));
    auto content = tree.ReadFile(file, kMaxFile);
    if (!content.ok()) return std::move(content).status().Wrap(kFailed);
    all = Adler32(all, Cat(Hex(Adler32(1, *content)), "  ", artifact, "/", file, "\n"));
  }
  return Cat(std::to_string(all), ".tar.gz");
}

}  // namespace sluice::source
