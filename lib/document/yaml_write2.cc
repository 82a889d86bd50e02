// go-yaml v2's encoder on plain data, behind sigs.k8s.io/yaml's detour over JSON text.
#include <algorithm>
#include <string>
#include <vector>

#include "document/yaml.h"
#include "yaml2_out.h"

namespace sluice::document {
namespace {

using base::Status;

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Status Document(const Value& value) {
    SLUICE_TRY(Any(value, false));
    out_.End();
    return {};
  }

 private:
  Status Any(const Value& value, bool in_mapping) {
    switch (value.kind()) {
      case Value::Kind::kArray: return Sequence(value, in_mapping);
      case Value::Kind::kObject: return Mapping(value);
      case Value::Kind::kString: return out_.Text(value.AsString());
      default: return out_.Plain(value);
    }
  }

  Status Sequence(const Value& value, bool in_mapping) {
    if (value.empty()) {
      out_.Empty("[]");
      return {};
    }
    const int outer = out_.EnterSequence(in_mapping);
    for (const Value& item : value.items()) {
      out_.Dash();
      SLUICE_TRY(Any(item, false));
    }
    out_.Leave(outer);
    return {};
  }

  Status Mapping(const Value& value) {
    if (value.empty()) {
      out_.Empty("{}");
      return {};
    }
    const int outer = out_.EnterMapping();
    const auto less = [](const Value::Member& a, const Value::Member& b) { return NaturalKeyLess(a.first, b.first); };
    const auto& members = value.members();
    if (std::is_sorted(members.begin(), members.end(), less)) {
      for (const Value::Member& member : members) SLUICE_TRY(Member(member));
    } else {
      std::vector<const Value::Member*> sorted;
      sorted.reserve(members.size());
      for (const Value::Member& member : members) sorted.push_back(&member);
      std::stable_sort(sorted.begin(), sorted.end(), [&](auto* a, auto* b) { return less(*a, *b); });
      for (const Value::Member* member : sorted) SLUICE_TRY(Member(*member));
    }
    out_.Leave(outer);
    return {};
  }

  Status Member(const Value::Member& member) {
    SLUICE_TRY(out_.Key(member.first));
    return Any(member.second, true);
  }

  Yaml2Out out_;
};

}  // namespace

Status AppendYaml(std::string& out, const Value& value) {
  const size_t before = out.size();
  std::string piece;
  std::string& target = before == 0 ? out : piece;  // columns count from a line's start
  Status status = Writer(target).Document(value);
  if (!status.ok()) {
    out.resize(before);
  } else if (&target != &out) {
    out += piece;
  }
  return status;
}

std::string ToYaml(const Value& value) {
  std::string out;
  if (!AppendYaml(out, value).ok()) out.clear();
  return out;
}

}  // namespace sluice::document
