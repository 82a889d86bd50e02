#include "objects.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::git {
namespace {

base::Status Malformed(std::string_view what) {
  return base::DataLoss("malformed " + std::string(what) + " object");
}

// Takes "<key> <value>\n" off the front; nullopt if the next line has another key.
std::optional<std::string_view> TakeLine(std::string_view& bytes, std::string_view key) {
  if (!bytes.starts_with(key) || bytes.size() <= key.size() || bytes[key.size()] != ' ')
    return std::nullopt;
  const size_t end = bytes.find('\n');
  if (end == bytes.npos) return std::nullopt;
  const std::string_view value = bytes.substr(key.size() + 1, end - key.size() - 1);
  bytes.remove_prefix(end + 1);
  return value;
}

// "Name <mail> 1700000000 +0100" → the time.
std::optional<std::chrono::sys_seconds> SignatureTime(std::string_view line) {
  const size_t mail = line.rfind('>');
  if (mail == line.npos) return std::nullopt;
  const auto fields = base::Fields(line.substr(mail + 1));
  if (fields.empty()) return std::nullopt;
  const auto seconds = base::ParseInt64(fields[0]);
  if (!seconds) return std::nullopt;
  return std::chrono::sys_seconds(std::chrono::seconds(*seconds));
}

bool IsForbiddenName(std::string_view name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != name.npos) return true;
  // ".git" itself, as case-insensitive and 8.3 file systems read it.
  return base::EqualFold(name, ".git") || base::EqualFold(name, "git~1");
}

std::optional<TreeMode> ParseMode(std::string_view text) {
  unsigned mode = 0;
  if (text.empty() || text.size() > 6) return std::nullopt;
  for (const char c : text) {
    if (c < '0' || c > '7') return std::nullopt;
    mode = mode << 3 | static_cast<unsigned>(c - '0');
  }
  switch (mode & 0170000) {
    case 0040000:
      return TreeMode::kDirectory;
    case 0120000:
      return TreeMode::kSymlink;
    case 0160000:
      return TreeMode::kSubmodule;
    case 0100000:
      return (mode & 0111) != 0 ? TreeMode::kExecutable : TreeMode::kFile;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::string CommitInfo::Subject() const { return message.substr(0, message.find('\n')); }

base::Result<CommitInfo> ParseCommit(const ObjectId& oid, std::string_view bytes) {
  CommitInfo out;
  out.oid = oid;
  // Readers in C would end there, others would not.
  if (bytes.substr(0, bytes.find("\n\n")).find('\0') != bytes.npos) return Malformed("commit");
  const auto tree = TakeLine(bytes, "tree");
  if (!tree) return Malformed("commit");
  auto id = ObjectId::Parse(*tree);
  if (!id.ok()) return Malformed("commit");
  out.tree = *id;
  while (const auto parent = TakeLine(bytes, "parent")) {
    id = ObjectId::Parse(*parent);
    if (!id.ok()) return Malformed("commit");
    out.parents.push_back(*id);
  }
  if (!TakeLine(bytes, "author")) return Malformed("commit");
  const auto committer = TakeLine(bytes, "committer");
  if (!committer) return Malformed("commit");
  out.committed = SignatureTime(*committer).value_or(std::chrono::sys_seconds());
  // Other headers (encoding, gpgsig with its continuation lines) up to the empty line.
  while (!bytes.empty() && !bytes.starts_with('\n')) {
    const size_t end = bytes.find('\n');
    const std::string_view line = bytes.substr(0, end);
    for (const std::string_view key : {"tree ", "parent ", "author ", "committer "}) {
      if (line.starts_with(key)) return Malformed("commit");
    }
    bytes.remove_prefix(end == bytes.npos ? bytes.size() : end + 1);
  }
  if (!bytes.empty()) bytes.remove_prefix(1);
  out.message = bytes;
  return out;
}

base::Result<TagInfo> ParseTag(std::string_view bytes) {
  const auto object = TakeLine(bytes, "object");
  const auto type = object ? TakeLine(bytes, "type") : std::nullopt;
  if (!type) return Malformed("tag");
  auto id = ObjectId::Parse(*object);
  if (!id.ok()) return Malformed("tag");
  return TagInfo{*id, std::string(*type)};
}

base::Result<std::vector<TreeItem>> ParseTree(std::string_view bytes) {
  std::vector<TreeItem> out;
  while (!bytes.empty()) {
    const size_t space = bytes.find(' '), nul = bytes.find('\0');
    if (space == bytes.npos || nul == bytes.npos || nul < space ||
        bytes.size() - nul - 1 < ObjectId::kSize)
      return Malformed("tree");
    const auto mode = ParseMode(bytes.substr(0, space));
    if (!mode) return Malformed("tree");
    const std::string_view name = bytes.substr(space + 1, nul - space - 1);
    if (IsForbiddenName(name)) {
      return base::DataLoss("tree holds the forbidden name " +
                            base::QuoteGo(base::TruncateUtf8(name, 256)));
    }
    const auto oid = ObjectId::FromBytes(reinterpret_cast<const uint8_t*>(bytes.data() + nul + 1));
    out.push_back({std::string(name), *mode, oid});
    bytes.remove_prefix(nul + 1 + ObjectId::kSize);
  }
  std::ranges::sort(out, {}, &TreeItem::name);
  const auto twice = std::ranges::adjacent_find(out, {}, &TreeItem::name);
  if (twice != out.end())
    return base::DataLoss("tree holds the name " + base::QuoteGo(twice->name) + " twice");
  return out;
}

}  // namespace sluice::git
