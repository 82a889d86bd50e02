#include "generator_glob.h"

#include <optional>

#include "base/glob.h"
#include "base/strings.h"
#include "base/utf8.h"

namespace sluice::source {
namespace {

using base::Result;
using base::Status;

constexpr size_t kMaxAlternatives = 1000, kMaxPatternBytes = 64 << 10;
constexpr int kMaxDepth = 256;

Status BadPattern() { return base::InvalidArgument("syntax error in pattern"); }

// The index behind the class that begins at `at` ('['); nullopt where it does not end.
std::optional<size_t> EndOfClass(std::string_view p, size_t at) {
  size_t i = at + 1;
  if (i < p.size() && (p[i] == '^' || p[i] == '!')) ++i;
  if (i >= p.size() || p[i] == ']') return std::nullopt;
  for (; i < p.size(); ++i) {
    if (p[i] == '\\') {
      ++i;
    } else if (p[i] == ']') {
      return i + 1;
    }
  }
  return std::nullopt;
}

bool IsValid(std::string_view p) {
  size_t depth = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    switch (p[i]) {
      case '\\':
        if (++i >= p.size()) return false;
        break;
      case '[': {
        const auto end = EndOfClass(p, i);
        if (!end) return false;
        i = *end - 1;
        break;
      }
      case '{':
        ++depth;
        break;
      case '}':
        if (depth-- == 0) return false;
        break;
      default:
        break;
    }
  }
  return depth == 0;
}

// The first brace that opens alternatives, the commas between them and the brace that closes them.
struct Braces {
  size_t open = 0, close = 0;
  std::vector<size_t> commas;
};
std::optional<Braces> FindBraces(std::string_view p) {
  Braces out;
  size_t depth = 0;
  for (size_t i = 0; i < p.size(); ++i) {
    if (p[i] == '\\') {
      ++i;
    } else if (p[i] == '[' && depth == 0) {
      // inside alternatives a class hides nothing, as in doublestar
      i = EndOfClass(p, i).value_or(p.size()) - 1;
    } else if (p[i] == '{') {
      if (depth++ == 0) out.open = i;
    } else if (p[i] == ',' && depth == 1) {
      out.commas.push_back(i);
    } else if (p[i] == '}' && depth > 0 && --depth == 0) {
      out.close = i;
      return out;
    }
  }
  return std::nullopt;
}

// What the class at `i` ('[') says of `rune`; `i` moves behind it. False: the class is malformed.
bool MatchClass(std::string_view p, size_t& i, uint32_t rune, bool& matched) {
  const auto end = EndOfClass(p, i);
  if (!end) return false;
  size_t k = i + 1;
  const bool negated = p[k] == '^' || p[k] == '!';
  if (negated) ++k;
  const auto next = [&] {
    if (p[k] == '\\') ++k;
    const base::Rune r = base::DecodeRune(p, k);
    k += r.size;
    return r.code;
  };
  bool in = false;
  std::optional<uint32_t> last;
  while (k < *end - 1) {
    if (last && p[k] == '-' && k + 1 < *end - 1) {
      ++k;
      const uint32_t high = next();
      in = in || (*last <= rune && rune <= high);
      last.reset();
      continue;
    }
    last = next();
    in = in || *last == rune;
  }
  matched = in != negated;
  i = *end;
  return true;
}

// What is left of the pattern where the name ended: "a/**" and "a/*" end in what may be empty.
bool MatchesNothing(std::string_view rest) {
  return rest.empty() || rest == "*" || rest == "**" || rest == "/**" || rest == "**/" ||
         rest == "/**/";
}

// One pattern without braces against a name. The last star that was passed is the only place to
// come back to, and the last "**" behind it.
class Matcher {
 public:
  Matcher(std::string_view pattern, std::string_view name) : p_(pattern), n_(name) {}

  bool Run() {
    while (ni_ < n_.size()) {
      switch (Step()) {
        case Verdict::kYes:
          return true;
        case Verdict::kOn:
          continue;
        case Verdict::kNo:
          break;
      }
      if (!Back()) return false;
    }
    return MatchesNothing(p_.substr(pi_));
  }

 private:
  enum class Verdict : uint8_t { kOn, kYes, kNo };

  Verdict Step() {
    if (pi_ >= p_.size()) return Verdict::kNo;
    const base::Rune rune = base::DecodeRune(n_, ni_);
    switch (p_[pi_]) {
      case '*':
        return Star();
      case '?':
        start_ = false;
        if (rune.code == '/') return Verdict::kNo;
        ++pi_;
        ni_ += rune.size;
        return Verdict::kOn;
      case '[': {
        start_ = false;
        bool matched = false;
        if (!MatchClass(p_, pi_, rune.code, matched) || !matched) return Verdict::kNo;
        ni_ += rune.size;
        return Verdict::kOn;
      }
      default:
        break;
    }
    const size_t at = p_[pi_] == '\\' ? pi_ + 1 : pi_;
    if (at >= p_.size()) return Verdict::kNo;
    const base::Rune want = base::DecodeRune(p_, at);
    if (want.code != rune.code) return Verdict::kNo;
    pi_ = at + want.size;
    ni_ += rune.size;
    start_ = want.code == '/';
    return Verdict::kOn;
  }

  Verdict Star() {
    ++pi_;
    if (pi_ < p_.size() && p_[pi_] == '*') {
      ++pi_;
      if (start_) {
        if (pi_ >= p_.size()) return Verdict::kYes;
        if (p_[pi_] == '/') {
          folders_pattern_ = ++pi_;
          folders_name_ = ni_;
          star_pattern_.reset();
          return Verdict::kOn;
        }
      }
    }
    start_ = false;
    star_pattern_ = pi_;
    star_name_ = ni_;
    return Verdict::kOn;
  }

  bool Back() {
    if (star_pattern_ && n_[star_name_] != '/') {
      star_name_ += base::DecodeRune(n_, star_name_).size;
      pi_ = *star_pattern_;
      ni_ = star_name_;
      start_ = false;
      return true;
    }
    if (!folders_pattern_) return false;
    const size_t slash = n_.find('/', folders_name_);
    if (slash == n_.npos) return false;
    folders_name_ = ni_ = slash + 1;
    pi_ = *folders_pattern_;
    start_ = true;
    return true;
  }

  const std::string_view p_, n_;
  size_t pi_ = 0, ni_ = 0;
  bool start_ = true;  // of a part of the path
  std::optional<size_t> star_pattern_, folders_pattern_;
  size_t star_name_ = 0, folders_name_ = 0;
};

std::string Below(std::string_view directory, std::string_view name) {
  return directory == "." ? std::string(name) : base::Cat(directory, "/", name);
}

// What Go calls a valid path of a file system: "." or clean, relative and not climbing.
bool IsValidPath(std::string_view path) {
  if (path == ".") return true;
  for (const std::string_view part : base::Split(path, "/")) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return true;
}

std::string_view TreePath(std::string_view path) { return path == "." ? std::string_view() : path; }

bool HasMeta(std::string_view path) { return path.find_first_of("*?[\\") != path.npos; }

Result<std::vector<std::string>> GlobParts(const io::FileTree& tree, std::string_view pattern,
                                           int depth) {
  if (depth > kMaxDepth) return BadPattern();
  SLUICE_TRY(base::PathMatch(pattern, ""));
  std::vector<std::string> out;
  if (!HasMeta(pattern)) {
    if (IsValidPath(pattern) && tree.Stat(TreePath(pattern)).ok()) out.emplace_back(pattern);
    return out;
  }
  const size_t slash = pattern.rfind('/');
  const std::string_view last = slash == pattern.npos ? pattern : pattern.substr(slash + 1);
  const std::string_view folder = slash == pattern.npos || slash == 0
                                      ? std::string_view(slash == 0 ? "/" : ".")
                                      : pattern.substr(0, slash);
  std::vector<std::string> folders{std::string(folder)};
  if (HasMeta(folder)) {
    SLUICE_TRY(folders, GlobParts(tree, folder, depth + 1));
  }
  for (const std::string& f : folders) {
    if (!IsValidPath(f)) continue;
    const auto entries = tree.ReadDir(TreePath(f));
    if (!entries.ok()) continue;  // as io/fs.Glob
    for (const io::DirEntry& e : *entries) {
      SLUICE_TRY(const bool matches, base::PathMatch(last, e.name));
      if (matches) out.push_back(Below(f, e.name));
    }
  }
  return out;
}

// The files of a folder before those of the folders in it, unless the pattern ends in "**"; one
// that ends in a slash is of folders.
void Walk(const io::FileTree& tree, const std::string& folder, const DoubleStar& pattern,
          std::string_view order, int depth, std::vector<std::string>& out) {
  const bool depth_first = order.ends_with("**"), folders_only = order.ends_with('/');
  const auto entries = depth > kMaxDepth ? Result<std::vector<io::DirEntry>>(BadPattern())
                                         : tree.ReadDir(TreePath(folder));
  if (!entries.ok()) return;
  for (const io::DirEntry& e : *entries) {
    const std::string path = Below(folder, e.name);
    const bool is_folder = e.info.kind == io::FileKind::kDirectory;
    if (pattern.Matches(is_folder && folders_only ? base::Cat(path, "/") : path))
      out.push_back(path);
    if (depth_first && is_folder) Walk(tree, path, pattern, order, depth + 1, out);
  }
  if (depth_first) return;
  for (const io::DirEntry& e : *entries) {
    if (e.info.kind == io::FileKind::kDirectory)
      Walk(tree, Below(folder, e.name), pattern, order, depth + 1, out);
  }
}

}  // namespace

Result<DoubleStar> DoubleStar::Compile(std::string_view pattern) {
  if (pattern.size() > kMaxPatternBytes || !IsValid(pattern)) return BadPattern();
  DoubleStar out;
  std::vector<std::string> todo{std::string(pattern)};
  size_t bytes = 0;
  while (!todo.empty()) {
    const std::string p = std::move(todo.back());
    todo.pop_back();
    bytes += p.size();
    if (todo.size() + out.alternatives_.size() >= kMaxAlternatives || bytes > 16 * kMaxPatternBytes)
      return BadPattern();
    const auto braces = FindBraces(p);
    if (!braces) {
      out.alternatives_.push_back(p);
      continue;
    }
    const std::string_view head = std::string_view(p).substr(0, braces->open),
                           tail = std::string_view(p).substr(braces->close + 1);
    size_t end = braces->close;
    const auto add = [&](size_t begin) {
      todo.push_back(base::Cat(head, std::string_view(p).substr(begin, end - begin), tail));
    };
    for (auto comma = braces->commas.rbegin(); comma != braces->commas.rend(); ++comma) {
      add(*comma + 1);
      end = *comma;
    }
    add(braces->open + 1);
  }
  return out;
}

bool DoubleStar::Matches(std::string_view name) const {
  for (const std::string& p : alternatives_) {
    if (Matcher(p, name).Run()) return true;
  }
  return false;
}

bool HasGlobChars(std::string_view path) { return path.find_first_of("*?[]") != path.npos; }

Result<std::vector<std::string>> GlobByParts(const io::FileTree& tree, std::string_view pattern) {
  return GlobParts(tree, pattern, 0);
}

Result<std::vector<std::string>> GlobDoubleStar(const io::FileTree& tree,
                                                std::string_view pattern) {
  SLUICE_TRY(const DoubleStar compiled, DoubleStar::Compile(pattern));
  std::vector<std::string> out;
  for (const std::string_view part : base::Split(pattern, "/")) {
    if (part == "." || part == "..") return out;
  }
  if (pattern.starts_with('/')) return out;
  if (pattern == "**" || pattern == "**/") out.emplace_back(".");
  Walk(tree, ".", compiled, pattern, 0, out);
  return out;
}

}  // namespace sluice::source
