#include "mirror_state.h"

#include <algorithm>

#include "base/strings.h"

namespace sluice::git {
namespace {

constexpr std::string_view kMagic = "sluice-mirror 1";

void AddTo(std::deque<ObjectId>& list, const ObjectId& id) {
  std::erase(list, id);
  list.push_front(id);
}

}  // namespace

std::string MirrorState::ToString() const {
  std::string out = base::Cat(kMagic, " ", generation, " ", std::to_string(packs), "\n");
  for (const ObjectId& id : complete) out += base::Cat("complete ", id.ToString(), "\n");
  for (const ObjectId& id : partial) out += base::Cat("partial ", id.ToString(), "\n");
  for (const ObjectId& id : shallow) out += base::Cat("shallow ", id.ToString(), "\n");
  return out;
}

base::Result<MirrorState> MirrorState::Parse(std::string_view text) {
  MirrorState s;
  const auto lines = base::Split(text, "\n");
  const auto head = base::Fields(lines[0]);
  const auto packs = head.size() == 4 ? base::ParseUint64(head[3]) : std::nullopt;
  const auto number =
      head.size() == 4 ? base::ParseUint64(base::TrimPrefix(head[2], "objects-")) : std::nullopt;
  if (!lines[0].starts_with(base::Cat(kMagic, " ")) || !packs || !number ||
      !head[2].starts_with("objects-")) {
    return base::DataLoss("malformed mirror state");
  }
  s.generation = head[2];
  s.packs = *packs;
  for (const std::string_view line : lines) {
    const auto cut = base::Cut(line, " ");
    if (!cut || (cut->first != "complete" && cut->first != "partial" && cut->first != "shallow"))
      continue;
    SLUICE_TRY(const ObjectId id, ObjectId::Parse(cut->second));
    if (cut->first == "complete") s.complete.push_back(id);
    if (cut->first == "partial") s.partial.push_back(id);
    if (cut->first == "shallow") s.shallow.insert(id);
  }
  return s;
}

void MirrorState::AddComplete(const ObjectId& id) {
  std::erase(partial, id);
  AddTo(complete, id);
  if (complete.size() <= kMaxCommits) return;
  shallow.erase(complete.back());
  complete.pop_back();
}

void MirrorState::AddPartial(const ObjectId& id) {
  if (std::ranges::count(complete, id) > 0) return;
  AddTo(partial, id);
  if (partial.size() <= kMaxCommits) return;
  shallow.erase(partial.back());
  partial.pop_back();
}

bool MirrorState::Knows(const ObjectId& id) const {
  return std::ranges::count(complete, id) + std::ranges::count(partial, id) > 0;
}

}  // namespace sluice::git
