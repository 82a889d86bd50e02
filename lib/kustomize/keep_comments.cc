#include "keep_comments.h"

#include <vector>

#include "base/strings.h"

namespace sluice::kustomize {
namespace {

using base::Cat;

struct Line {
  std::vector<std::string_view> head;  // comment lines above
  std::string_view tail;               // a comment behind
};

std::vector<std::string_view> Lines(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return base::Split(text, "\n");
}

// False: the text is not what the writer would have written, comments apart.
bool Collect(std::string_view original, const std::vector<std::string_view>& before,
             std::vector<Line>& lines) {
  lines.resize(before.size() + 1);
  size_t at = 0;
  for (const std::string_view line : Lines(original)) {
    const std::string_view text = base::TrimSpace(line);
    if (text.empty()) continue;
    if (text.starts_with('#')) {
      lines[at].head.push_back(text);
      continue;
    }
    if (at == before.size() || !line.starts_with(before[at])) return false;
    const std::string_view rest = line.substr(before[at].size());
    const std::string_view comment = base::TrimSpace(rest);
    if (!comment.empty() && (!comment.starts_with('#') || rest.front() == '#')) return false;
    lines[at++].tail = comment;
  }
  return at == before.size();
}

}  // namespace

std::string KeepComments(std::string_view original, std::string_view before, std::string after) {
  if (original.find('#') == original.npos) return after;
  const auto old_lines = Lines(before), new_lines = Lines(after);
  std::vector<Line> comments;
  if (new_lines.size() < old_lines.size() || !Collect(original, old_lines, comments)) return after;
  std::string out;
  for (size_t i = 0; i < new_lines.size(); ++i) {
    const std::string_view indent =
        new_lines[i].substr(0, std::min(new_lines[i].find_first_not_of(' '), new_lines[i].size()));
    if (i < old_lines.size()) {
      for (const std::string_view comment : comments[i].head) out += Cat(indent, comment, "\n");
    }
    out += new_lines[i];
    if (i < old_lines.size() && !comments[i].tail.empty()) out += Cat(" ", comments[i].tail);
    out += "\n";
  }
  for (const std::string_view comment : comments.back().head) out += Cat(comment, "\n");
  return out;
}

}  // namespace sluice::kustomize
