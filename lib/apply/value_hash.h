// ValueHash: 16 bytes that are equal when two values are (object members in any order, 1 == 1.0, a
// null member as none). For telling whether something changed since we looked; never stored or
// sent.
#pragma once

#include <string>

#include "document/value.h"

namespace sluice::apply {

class ValueHasher {
 public:
  void Add(const document::Value& value);
  void AddText(std::string_view text);
  std::string Finish() const;  // 16 raw bytes

 private:
  std::string canonical_;
};

}  // namespace sluice::apply
