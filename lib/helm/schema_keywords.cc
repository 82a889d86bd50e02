#include "schema_keywords.h"

namespace sluice::helm::schema {
namespace {

constexpr size_t kSlots = 256;
constexpr uint8_t kNone = 0xff;

constexpr size_t Slot(std::string_view name) {
  const auto at = [&](size_t i) {
    return static_cast<size_t>(static_cast<unsigned char>(name[i]));
  };
  return (name.size() * 31 + at(0) * 7 + at(name.size() / 2) * 3 + at(name.size() - 1)) % kSlots;
}

// Open addressing: keyword numbers at or after the slot of their name.
constexpr auto kTable = [] {
  std::array<uint8_t, kSlots> table{};
  table.fill(kNone);
  for (size_t i = 0; i < kKeywordCount; ++i) {
    size_t slot = Slot(kKeywords[i]);
    while (table[slot] != kNone) slot = (slot + 1) % kSlots;
    table[slot] = static_cast<uint8_t>(i);
  }
  return table;
}();

}  // namespace

Keywords::Keywords(const document::Value& schema) {
  for (const auto& [name, value] : schema.members()) {
    if (name.empty()) continue;
    for (size_t slot = Slot(name); kTable[slot] != kNone; slot = (slot + 1) % kSlots) {
      const size_t index = kTable[slot];
      if (kKeywords[index] != name) continue;
      held_[index] = &value;
      found_ |= uint64_t{1} << index;
      break;
    }
  }
}

}  // namespace sluice::helm::schema
