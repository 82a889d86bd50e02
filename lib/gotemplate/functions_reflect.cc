#include "functions_reflect.h"

#include <algorithm>

#include "coerce.h"

namespace sluice::gotemplate::internal {

base::Result<Value> Default(Call& call) {
  return call.size() < 2 || IsEmpty(call[1]) ? call[0] : call[1];
}

base::Result<Value> Empty(Call& call) { return Value::Bool(IsEmpty(call[0])); }

base::Result<Value> Coalesce(Call& call) {
  const auto found = std::ranges::find_if_not(call.args, IsEmpty);
  return found == call.args.end() ? Value() : *found;
}

base::Result<Value> All(Call& call) {
  return Value::Bool(std::ranges::none_of(call.args, IsEmpty));
}

base::Result<Value> Any(Call& call) {
  return Value::Bool(!std::ranges::all_of(call.args, IsEmpty));
}

base::Result<Value> Ternary(Call& call) { return call[2].bool_value() ? call[0] : call[1]; }

base::Result<Value> TypeOf(Call& call) { return call.String(call[0].TypeName()); }

base::Result<Value> TypeIs(Call& call) { return Value::Bool(call[0].text() == call[1].TypeName()); }

base::Result<Value> TypeIsLike(Call& call) {
  std::string_view type = call[1].TypeName();
  if (type == call[0].text()) return Value::Bool(true);
  if (!type.starts_with('*')) return Value::Bool(false);
  type.remove_prefix(1);
  return Value::Bool(type == call[0].text());
}

base::Result<Value> KindOf(Call& call) { return call.String(call[0].KindName()); }

base::Result<Value> KindIs(Call& call) { return Value::Bool(call[0].text() == call[1].KindName()); }

base::Result<Value> DeepEqualCall(Call& call) { return Value::Bool(DeepEqual(call[0], call[1])); }

base::Result<Value> ToStringCall(Call& call) { return StrvalValue(call.heap, call[0]); }

}  // namespace sluice::gotemplate::internal
