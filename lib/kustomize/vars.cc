#include "vars.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/strings.h"
#include "document/json.h"
#include "document/yaml.h"

namespace sluice::kustomize {
namespace {

using base::Cat;
using base::Status;
using document::Value;

Gvk TypeOf(const VarTarget& target) {
  if (!target.api_version.empty()) return MakeGvk(target.api_version, target.kind);
  return {target.group, target.version, target.kind};
}

std::string GoPrint(const Var& var) {
  const Gvk gvk{var.objref.group, var.objref.version, var.objref.kind};
  return Cat("{", var.name, " ", gvk.ToString(), " {", var.fieldref.field_path, "}}");
}

// "spec.ports[0].port" as keys and indexes.
std::vector<std::string> SplitVarPath(std::string_view path) {
  std::vector<std::string> out;
  for (std::string& part : SplitPath(path, '.')) {
    size_t open = part.find('[');
    if (open == std::string::npos || !part.ends_with(']')) {
      out.push_back(std::move(part));
      continue;
    }
    if (open > 0) out.push_back(part.substr(0, open));
    while (open != std::string::npos) {
      const size_t close = part.find(']', open);
      if (close == std::string::npos) break;
      out.push_back(part.substr(open, close - open + 1));
      open = part.find('[', close);
    }
  }
  return out;
}

const Node* Lookup(const Node* node, const std::vector<std::string>& path) {
  for (const std::string& part : path) {
    if (node == nullptr) return nullptr;
    if (part.size() > 2 && part.front() == '[') {
      const auto index = base::ParseUint64(std::string_view(part).substr(1, part.size() - 2));
      if (!index.has_value() || !node->is_sequence() || *index >= node->size()) return nullptr;
      node = node->item(*index);
    } else {
      node = node->Find(part);
    }
  }
  return node;
}

struct Replacement {
  Value value;
  bool used = false;
};
using Values = std::map<std::string, Replacement, std::less<>>;

std::string GoText(const Value& value) {
  if (value.is_string()) return std::string(value.AsString());
  return document::ToJson(value);
}

// fmt's %v.
std::string GoPlain(const Value& value) {
  if (value.is_null()) return "<nil>";
  if (!value.is_array() && !value.is_object()) return GoText(value);
  std::vector<std::string> parts;
  for (const Value& item : value.items()) parts.push_back(GoPlain(item));
  for (const auto& [key, member] : value.members()) parts.push_back(Cat(key, ":", GoPlain(member)));
  if (value.is_array()) return Cat("[", base::Join(parts, " "), "]");
  std::sort(parts.begin(), parts.end());
  return Cat("map[", base::Join(parts, " "), "]");
}

// A var whose value is no scalar replaces nothing, and says so.
void WarnOfType(const Value& value, std::vector<std::string>& warnings) {
  warnings.push_back(
      Cat("MakePrimitiveReplacer: bad replacement type=", value.is_array() ? "[]" : "map[string]",
          "interface {} val=", GoPlain(value)));
}

// The text with its references replaced; a text that is one reference takes the value as it is.
Value Expand(std::string_view text, Values& values, std::vector<std::string>& warnings) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '$' || i + 1 == text.size()) {
      out += text[i];
      continue;
    }
    const char next = text[i + 1];
    if (next == '$') {
      out += '$';
      ++i;
      continue;
    }
    const size_t close = next == '(' ? text.find(')', i + 2) : text.npos;
    if (close == text.npos) {
      out += '$';
      out += next;
      ++i;
      continue;
    }
    const std::string_view name = text.substr(i + 2, close - i - 2);
    const auto it = values.find(name);
    const bool known =
        it != values.end() && !it->second.value.is_array() && !it->second.value.is_object();
    if (known)
      it->second.used = true;
    else if (it != values.end())
      WarnOfType(it->second.value, warnings);
    if (known && i == 0 && close + 1 == text.size()) return it->second.value;
    out += known ? GoText(it->second.value) : std::string(text.substr(i, close + 1 - i));
    i = close;
  }
  return Value(out);
}

bool IsString(const Node& node) {
  return node.is_scalar() && (node.tag_id() == Tag::kStr || node.tag_id() == Tag::kNone);
}

void Update(Node* node, const Value& value) {
  node->set_tagged(false);
  switch (value.kind()) {
    case Value::Kind::kBool:
      return node->SetScalar(value.AsBool() ? "true" : "false", Tag::kBool);
    case Value::Kind::kInt:
    case Value::Kind::kUint:
      return node->SetScalar(document::ToJson(value), Tag::kInt);
    case Value::Kind::kDouble:
      return node->SetScalar(document::ToJson(value), Tag::kFloat);
    default:
      return node->SetScalar(value.AsString(), Tag::kStr);
  }
}

Status Substitute(Node* node, Values& values, std::vector<std::string>& warnings) {
  if (node->IsNull()) return {};
  if (node->is_scalar()) {
    if (IsString(*node)) Update(node, Expand(node->value(), values, warnings));
    return {};
  }
  for (const auto& [key, value] : node->pairs()) {
    if (!IsString(*key)) {
      return base::InvalidArgument(
          Cat("invalid map key: value='", key->value(), "', tag='", key->tag(), "'"));
    }
    if (IsString(*value)) Update(value, Expand(value->value(), values, warnings));
  }
  for (Node* item : node->items()) {
    if (!IsString(*item)) return base::InvalidArgument("invalid value type expect a string");
    Update(item, Expand(item->value(), values, warnings));
  }
  return {};
}

}  // namespace

std::string GoPrint(const std::vector<Var>& vars) {
  std::vector<std::string> parts;
  for (const Var& var : vars) parts.push_back(GoPrint(var));
  return Cat("[", base::Join(parts, " "), "]");
}

Status VarSet::Merge(const std::vector<Var>& vars, const ResMap& map) {
  std::vector<Var> known = vars;
  for (Var& var : known) {
    const Gvk type = TypeOf(var.objref);
    if (!var.objref.api_version.empty()) {
      const Gvk parsed = type;
      var.objref.group = parsed.group;
      var.objref.version = parsed.version;
    }
    const std::string api_version = ApiVersion(type);
    const bool cluster = IsBuiltinClusterScoped(api_version, type.kind);
    const ResId wanted{type, var.objref.name, var.objref.ns, cluster};
    const bool exact = !wanted.ns.empty() || cluster;
    std::vector<Resource*> matched;
    for (Resource* r : map) {
      if (r->AnyId([&](const ResId& id) {
            return exact ? id.Equals(wanted) : id.gvk == type && id.name == wanted.name;
          })) {
        matched.push_back(r);
      }
    }
    if (matched.size() > 1) {
      return base::FailedPrecondition(Cat("found ", std::to_string(matched.size()),
                                          " resId matches for var ", GoPrint(var),
                                          " (unable to disambiguate)"));
    }
    if (!matched.empty()) matched[0]->var_names.push_back(var.name);
  }
  VarSet incoming;
  for (const Var& var : known) {
    incoming.vars_.push_back(var);
    if (incoming.vars_.back().fieldref.field_path.empty())
      incoming.vars_.back().fieldref.field_path = "metadata.name";
  }
  return Merge(incoming);
}

Status VarSet::Merge(const VarSet& other) {
  for (const Var& var : other.vars_) {
    if (std::ranges::any_of(vars_, [&](const Var& have) { return have.name == var.name; })) {
      return base::AlreadyExists(Cat("var '", var.name, "' already encountered"));
    }
    vars_.push_back(var);
  }
  return {};
}

namespace {

Status SubstituteAll(BuildContext& context, ResMap& map, const FieldSpecs& specs, Values& values) {
  for (Resource* r : map) {
    const Gvk gvk = r->gvk();
    for (const FieldSpec& spec : specs) {
      if (!gvk.Matches(spec.gvk)) continue;
      SLUICE_TRY(VisitField(
          r->root(), spec, CreateKind::kNone,
          [&](Node* node) { return Substitute(node, values, context.warnings); },
          [r] { return r->id().ToString(); }));
    }
  }
  return {};
}

}  // namespace

Status VarSet::Resolve(BuildContext& context, ResMap& map, const FieldSpecs& specs) const {
  if (vars_.empty()) return {};
  std::vector<Var> sorted = vars_;
  std::ranges::sort(sorted, {}, &Var::name);
  Values values;
  for (const Var& var : sorted) {
    const Resource* referent = nullptr;
    for (const Resource* r : map) {
      if (std::ranges::find(r->var_names, var.name) == r->var_names.end()) continue;
      referent = r;
      break;
    }
    if (referent == nullptr) {
      return base::NotFound(Cat("var '", GoPrint(var),
                                "' cannot be mapped to a field in the set of known resources"));
    }
    const Node* node = Lookup(referent->root(), SplitVarPath(var.fieldref.field_path));
    if (node == nullptr || node->IsNull()) {
      return base::NotFound(
          Cat("field specified in var '", GoPrint(var), "' not found in corresponding resource"));
    }
    SLUICE_TRY(values[var.name].value, document::ToValue(*node));
  }
  Status done = SubstituteAll(context, map, specs, values);
  std::vector<std::string> unused;  // told of a build that fails, too
  for (const auto& [name, replacement] : values) {
    if (!replacement.used) unused.push_back(name);
  }
  if (!unused.empty()) {
    context.warnings.push_back(
        Cat("well-defined vars that were never replaced: ", base::Join(unused, ",")));
  }
  return done;
}

}  // namespace sluice::kustomize
