// A value against the compiled schema: the same checks in the same order as Helm's library, so that
// the failures read alike.
#include <algorithm>

#include "base/strings.h"
#include "base/utf8.h"
#include "document/patch.h"
#include "helm/chart.h"
#include "schema_node.h"
#include "schema_unevaluated.h"

namespace sluice::helm {
namespace schema {
namespace {

using base::Cat;

struct Frame {
  const Node* node;
  size_t value_id;  // frames of the same value have the same one
  std::string_view keyword;
  const Frame* parent;
};

std::string JoinQuoted(const Names& names) {
  std::string out;
  for (const std::string_view name : names) out += Cat(out.empty() ? "" : ", ", Quote(name));
  return out;
}

// "/properties/a/$ref": the way from the root to this frame.
std::string KeywordLocation(const Frame* frame) {
  std::string out;
  for (; frame->parent != nullptr; frame = frame->parent) {
    const std::string here = frame->node->Location(), above = frame->parent->node->Location();
    out = frame->keyword.empty() ? Cat(base::TrimPrefix(here, above), out)
                                 : Cat("/", frame->keyword, out);
  }
  return out;
}

struct Budget {
  size_t steps = 0;
  size_t depth = 0;
  bool spent = false;
};

using Failures = std::vector<Failure>;

class Run {
 public:
  Run(const Compiled& compiled, Budget& budget, std::string& path, const Node& node,
      const Value& value, const Frame* frame, bool quiet, Unevaluated left)
      : c_(compiled),
        budget_(budget),
        path_(path),
        n_(node),
        v_(value),
        frame_(frame),
        quiet_(quiet),
        left_(std::move(left)) {}

  std::optional<Failure> Check() {
    if (++budget_.steps > kMaxSteps || budget_.depth > kMaxDepth) budget_.spent = true;
    if (budget_.spent) return Fail("");
    ++budget_.depth;
    auto failure = CheckAll();
    --budget_.depth;
    return failure;
  }
  const Unevaluated& left() const { return left_; }

 private:
  Failure Fail(std::string message) const {
    return {Failure::Kind::kPlain, quiet_ ? "" : path_, std::move(message), {}};
  }
  template <class... Parts>
  void Add(const Parts&... parts) {
    failures_.push_back(quiet_ ? Failure{} : Fail(Cat(parts...)));
  }
  void Add(std::optional<Failure> failure) {
    if (failure.has_value()) failures_.push_back(*std::move(failure));
  }
  void AddCaused(Failures causes, std::string message) {
    Failure failure = Fail(std::move(message));
    failure.causes = std::move(causes);
    failures_.push_back(std::move(failure));
  }
  bool done() const { return quiet_ && !failures_.empty(); }

  std::optional<Failure> Self(const Node& node, std::string_view keyword, bool quiet) {
    const Frame frame{&node, frame_->value_id, keyword, frame_};
    Run run(c_, budget_, path_, node, v_, &frame, quiet_ || quiet,
            Unevaluated::From(v_, node, left_.left > 0));
    auto failure = run.Check();
    if (!failure.has_value()) left_.Keep(run.left());
    return failure;
  }

  std::optional<Failure> Below(const Node& node, const Value& value, std::string_view token) {
    const size_t before = path_.size();
    document::AppendPointerToken(path_, token);
    const Frame frame{&node, frame_->value_id + 1, "", frame_};
    Run run(c_, budget_, path_, node, value, &frame, quiet_, Unevaluated::From(value, node, false));
    auto failure = run.Check();
    path_.resize(before);
    return failure;
  }
  std::optional<Failure> Below(const Node& node, const Value& value, size_t index) {
    return Below(node, value, std::to_string(index));
  }

  std::optional<Failure> Reference(const Node& node, std::string_view keyword) {
    auto failure = Self(node, keyword, false);
    if (!failure.has_value()) return std::nullopt;
    Failure reference = Fail("validation failed");
    reference.kind = Failure::Kind::kReference;
    if (failure->kind == Failure::Kind::kGroup) {
      reference.causes = std::move(failure->causes);
    } else {
      reference.causes.push_back(*std::move(failure));
    }
    return reference;
  }

  std::optional<Failure> CheckAll() {
    if (n_.boolean.has_value())
      return *n_.boolean ? std::nullopt : std::optional(Fail("false schema"));
    if (n_.metaschema.has_value()) return CheckMetaschema(v_, *n_.metaschema);
    for (const Frame* f = frame_->parent; f != nullptr && f->value_id == frame_->value_id;
         f = f->parent) {
      if (f->node == &n_) {
        return Fail(Cat("both ", KeywordLocation(frame_), " and ", KeywordLocation(f),
                        " resolve to ", base::QuoteGo(n_.Location()), " causing reference cycle"));
      }
    }
    const uint8_t type = TypeOf(v_);
    const bool whole = type == kNumberType && (n_.types & kIntegerType) != 0 && IsInteger(v_);
    if (n_.types != 0 && (n_.types & type) == 0 && !whole) {
      return Fail(quiet_ ? "" : Cat("got ", TypeNames(type), ", want ", TypeNames(n_.types)));
    }
    if (auto failure = Literals(type); failure.has_value()) return failure;
    if (!n_.format.empty() && v_.is_string()) {
      const std::string why = CheckFormat(n_.format, v_.AsString(), c_.version);
      if (!why.empty())
        return Fail(Cat(Quote(v_.AsString()), " is not valid ", n_.format, ": ", why));
    }
    if (n_.ref != nullptr) {
      auto failure = Reference(*n_.ref, "$ref");
      if (n_.draft < Draft::k2019) return failure;
      Add(std::move(failure));
    }
    if (v_.is_object()) Object();
    if (v_.is_array()) Array();
    if (v_.is_string()) Text();
    if (v_.is_number()) Number();
    if (!done()) {
      if (n_.draft >= Draft::k2019) LateReferences();
      Conditions();
      if (n_.draft >= Draft::k2019) LookAtRest();
    }
    if (failures_.empty()) return std::nullopt;
    if (failures_.size() == 1) return std::move(failures_[0]);
    Failure group = Fail("validation failed");
    group.kind = Failure::Kind::kGroup;
    group.causes = std::move(failures_);
    return group;
  }

  std::optional<Failure> Literals(uint8_t type) const {
    if (n_.constant != nullptr && !Equals(v_, *n_.constant, c_.version)) {
      return Fail(n_.constant->is_array() || n_.constant->is_object()
                      ? "'const' failed"
                      : Cat("value must be ", Display(*n_.constant)));
    }
    if (n_.enumeration == nullptr) return std::nullopt;
    const auto& list = n_.enumeration->items();
    if ((n_.enum_types & type) != 0 && std::ranges::any_of(list, [&](const Value& item) {
          return Equals(v_, item, c_.version);
        })) {
      return std::nullopt;
    }
    if (quiet_) return Fail("");
    std::string names;
    for (const Value& item : list) {
      if (item.is_array() || item.is_object()) return Fail("'enum' failed");
      names += Cat(names.empty() ? "" : ", ", Display(item));
    }
    return Fail(Cat(list.size() == 1 ? "value must be " : "value must be one of ", names));
  }

  void Count(std::string_view keyword, size_t got, std::optional<uint64_t> limit, bool least) {
    if (limit.has_value() && (least ? got < *limit : got > *limit)) {
      Add(keyword, ": got ", CountText(got), ", want ", CountText(*limit));
    }
  }

  Names Missing(const Names& required) const {
    Names missing;
    for (const std::string_view name : required) {
      if (v_.Find(name) == nullptr) missing.push_back(name);
    }
    return missing;
  }

  void Required(const Dependency& dependency) {
    const auto missing = Missing(dependency.required);
    if (!missing.empty())
      Add("properties ", JoinQuoted(missing), " required, if ", Quote(dependency.property),
          " exists");
  }

  void Object() {
    Count("minProperties", v_.size(), n_.min_properties, true);
    Count("maxProperties", v_.size(), n_.max_properties, false);
    if (const auto missing = Missing(n_.required); !missing.empty()) {
      Add(missing.size() == 1 ? "missing property " : "missing properties ", JoinQuoted(missing));
    }
    if (done()) return;
    for (const Dependency& dependency : n_.dependencies) {
      if (v_.Find(dependency.property) == nullptr) continue;
      if (dependency.schema == nullptr)
        Required(dependency);
      else
        Add(Self(*dependency.schema, "", false));
    }
    Properties();
    if (n_.draft == Draft::k4) return;
    if (n_.property_names != nullptr) {
      for (const size_t i : Order()) PropertyName(v_.members()[i].first);
    }
    if (n_.draft == Draft::k6) return;
    for (const auto& [name, node] : n_.dependent_schemas) {
      if (v_.Find(name) != nullptr) Add(Self(*node, "", false));
    }
    for (const Dependency& dependency : n_.dependent_required) {
      if (v_.Find(dependency.property) != nullptr) Required(dependency);
    }
  }

  // Members by name: Helm's order is that of a Go map.
  std::vector<size_t> Order() const {
    std::vector<size_t> order(v_.size());
    for (size_t i = 0; i < order.size(); ++i) order[i] = i;
    std::ranges::sort(order, {},
                      [&](size_t i) -> std::string_view { return v_.members()[i].first; });
    return order;
  }

  void Properties() {
    Names additional;
    for (const size_t i : Order()) {
      if (done()) return;
      const auto& [name, value] = v_.members()[i];
      bool evaluated = false;
      const auto it =
          std::ranges::lower_bound(n_.properties, name, {}, [](const auto& p) { return p.first; });
      if (it != n_.properties.end() && it->first == name) {
        evaluated = true;
        Add(Below(*it->second, value, name));
      }
      for (const Pattern& pattern : n_.pattern_properties) {
        if (!re2::RE2::PartialMatch(name, *pattern.regex)) continue;
        evaluated = true;
        Add(Below(*pattern.schema, value, name));
      }
      if (!evaluated && n_.additional_properties) {
        evaluated = true;
        if (n_.additional_properties.schema != nullptr)
          Add(Below(*n_.additional_properties.schema, value, name));
        else if (!*n_.additional_properties.allowed)
          additional.push_back(name);
      }
      if (evaluated) Unevaluated::Drop(left_.members, i, left_.left);
    }
    if (!additional.empty()) Add("additional properties ", JoinQuoted(additional), " not allowed");
  }

  void PropertyName(const std::string& name) {
    std::string nowhere;
    const Value text(name);
    const Frame frame{n_.property_names, 0, "", nullptr};
    Run run(c_, budget_, nowhere, *n_.property_names, text, &frame, false, {});
    auto failure = run.Check();
    if (!failure.has_value()) return;
    Failure named{Failure::Kind::kPlain,
                  c_.version == HelmVersion::kV3 ? "" : path_,
                  Cat("invalid propertyName ", Quote(name)),
                  {}};
    if (failure->kind == Failure::Kind::kGroup)
      named.causes = std::move(failure->causes);
    else
      named.causes.push_back(*std::move(failure));
    failures_.push_back(std::move(named));
  }

  void Array() {
    const auto& items = v_.items();
    Count("minItems", items.size(), n_.min_items, true);
    Count("maxItems", items.size(), n_.max_items, false);
    if (n_.unique_items) Unique(items);
    const size_t first = std::min(n_.prefix_items.size(), items.size());
    for (size_t i = 0; i < first; ++i) Add(Below(*n_.prefix_items[i], items[i], i));
    // Helm 3's library counts what follows from 0 again.
    const size_t shift = c_.version == HelmVersion::kV3 ? first : 0;
    if (n_.items != nullptr) {
      for (size_t i = first; i < items.size(); ++i) Add(Below(*n_.items, items[i], i - shift));
    }
    if (n_.additional_items.schema != nullptr) {
      for (size_t i = first; i < items.size(); ++i)
        Add(Below(*n_.additional_items.schema, items[i], i - shift));
    } else if (n_.additional_items && !*n_.additional_items.allowed && first != items.size()) {
      Add("last ", CountText(items.size() - first), " additionalItem(s) not allowed");
    }
    if (n_.contains != nullptr) Contains(items);
  }

  void Unique(const std::vector<Value>& items) {
    if (items.size() > 1000) budget_.steps += items.size() * items.size() / 64;
    for (size_t i = 1; i < items.size() && budget_.steps <= kMaxSteps; ++i) {
      for (size_t j = 0; j < i; ++j) {
        if (!Equals(items[i], items[j], c_.version)) continue;
        Add("items at ", CountText(j), " and ", CountText(i), " are equal");
        return;
      }
    }
  }

  void Contains(const std::vector<Value>& items) {
    Failures causes;
    std::vector<std::string> matched;
    for (size_t i = 0; i < items.size(); ++i) {
      if (auto failure = Below(*n_.contains, items[i], i); failure.has_value()) {
        causes.push_back(*std::move(failure));
        continue;
      }
      matched.push_back(std::to_string(i));
      if (n_.draft >= Draft::k2020) Unevaluated::Drop(left_.items, i, left_.left);
    }
    const std::string where =
        Cat(CountText(matched.size()), " items at ", base::Join(matched, " "));
    if (n_.min_contains.has_value()) {
      if (matched.size() < *n_.min_contains) {
        AddCaused(std::move(causes),
                  Cat("min ", CountText(*n_.min_contains),
                      " items required to match contains schema, but ",
                      matched.empty() ? "none matched" : Cat("matched ", where)));
      }
    } else if (matched.empty()) {
      AddCaused(std::move(causes), "no items match contains schema");
    }
    if (n_.max_contains.has_value() && matched.size() > *n_.max_contains) {
      Add("max ", CountText(*n_.max_contains),
          " items required to match contains schema, but matched ", where);
    }
  }

  void Text() {
    const std::string_view text = v_.AsString();
    if (n_.min_length.has_value() || n_.max_length.has_value()) {
      size_t runes = 0;
      for (size_t i = 0; i < text.size(); ++runes) i += base::DecodeRune(text, i).size;
      Count("minLength", runes, n_.min_length, true);
      Count("maxLength", runes, n_.max_length, false);
    }
    if (n_.pattern != nullptr &&
        !re2::RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *n_.pattern)) {
      Add(Quote(text), " does not match pattern ", Quote(n_.pattern->pattern()));
    }
  }

  void Limit(std::string_view keyword, const Value* limit, bool holds) {
    if (limit != nullptr && !holds)
      Add(keyword, ": got ", NumberText(v_), ", want ", NumberText(*limit));
  }

  void Number() {
    const auto compare = [&](const Value* limit) {
      return limit == nullptr ? 0 : CompareNumbers(v_, *limit);
    };
    Limit("minimum", n_.minimum, compare(n_.minimum) >= 0);
    Limit("maximum", n_.maximum, compare(n_.maximum) <= 0);
    Limit("exclusiveMinimum", n_.exclusive_minimum, compare(n_.exclusive_minimum) > 0);
    Limit("exclusiveMaximum", n_.exclusive_maximum, compare(n_.exclusive_maximum) < 0);
    if (n_.multiple_of != nullptr)
      Limit("multipleOf", n_.multiple_of, IsMultipleOf(v_, *n_.multiple_of));
  }

  void LateReferences() {
    if (const Node* target = n_.recursive_ref; target != nullptr) {
      if (target->recursive_anchor) {
        for (const Frame* f = frame_; f != nullptr; f = f->parent) {
          if (f->node->resource->node->recursive_anchor) target = f->node;
        }
      }
      Add(Reference(*target, "$recursiveRef"));
    }
    if (const Node* target = n_.dynamic_ref; target != nullptr) {
      if (!n_.dynamic_ref_anchor.empty() && target->dynamic_anchor == n_.dynamic_ref_anchor) {
        for (const Frame* f = frame_; f != nullptr; f = f->parent) {
          const auto& named = f->node->resource->dynamic_nodes;
          if (const auto it = named.find(n_.dynamic_ref_anchor); it != named.end())
            target = it->second;
        }
      }
      Add(Reference(*target, "$dynamicRef"));
    }
  }

  void Conditions() {
    if (n_.negated != nullptr && !Self(*n_.negated, "", true).has_value()) Add("'not' failed");
    Failures causes;
    for (const Node* node : n_.all_of) {
      if (auto failure = Self(*node, "", false); failure.has_value()) {
        causes.push_back(*std::move(failure));
        if (quiet_) break;
      }
    }
    if (!causes.empty()) AddCaused(std::move(causes), "'allOf' failed");
    if (!n_.any_of.empty()) AnyOf();
    if (!n_.one_of.empty()) OneOf();
    if (n_.condition == nullptr) return;
    const Node* next = Self(*n_.condition, "", true).has_value() ? n_.otherwise : n_.then;
    if (next != nullptr) Add(Self(*next, "", false));
  }

  void AnyOf() {
    bool matched = false;
    Failures causes;
    for (const Node* node : n_.any_of) {
      if (auto failure = Self(*node, "", false); failure.has_value()) {
        causes.push_back(*std::move(failure));
        continue;
      }
      matched = true;
      if (left_.left == 0) break;  // each one may still look at something
    }
    if (!matched) AddCaused(std::move(causes), "'anyOf' failed");
  }

  void OneOf() {
    std::optional<size_t> matched;
    Failures causes;
    for (size_t i = 0; i < n_.one_of.size(); ++i) {
      if (auto failure = Self(*n_.one_of[i], "", matched.has_value()); failure.has_value()) {
        if (!matched.has_value()) causes.push_back(*std::move(failure));
      } else if (matched.has_value()) {
        Add("'oneOf' failed, subschemas ", CountText(*matched), ", ", CountText(i), " matched");
        break;
      } else {
        matched = i;
      }
    }
    if (!matched.has_value()) AddCaused(std::move(causes), "'oneOf' failed, none matched");
  }

  void LookAtRest() {
    if (v_.is_object() && n_.unevaluated_properties != nullptr) {
      for (const size_t i : Order()) {
        if (i < left_.members.size() && left_.members[i])
          Add(Below(*n_.unevaluated_properties, v_.members()[i].second, v_.members()[i].first));
      }
      left_.Clear();
    }
    if (v_.is_array() && n_.unevaluated_items != nullptr) {
      for (size_t i = 0; i < left_.items.size(); ++i) {
        if (left_.items[i]) Add(Below(*n_.unevaluated_items, v_.items()[i], i));
      }
      left_.Clear();
    }
  }

  const Compiled& c_;
  Budget& budget_;
  std::string& path_;
  const Node& n_;
  const Value& v_;
  const Frame* frame_;
  const bool quiet_;  // only whether it fails
  Unevaluated left_;
  Failures failures_;
};

}  // namespace

void Print(const Failure& failure, int indent, std::string& out) {
  if (failure.kind != Failure::Kind::kReference || failure.causes.size() != 1) {
    if (indent > 0) {
      out += '\n';
      out.append(static_cast<size_t>(indent - 1) * 2, ' ');
      out += "- ";
    }
    ++indent;
    out += Cat("at ", Quote(failure.pointer), ": ", failure.message);
  }
  for (const Failure& cause : failure.causes) Print(cause, indent, out);
}

std::optional<Failure> RunSchema(const Compiled& compiled, const Value& values,
                                 base::Status& limit) {
  Budget budget;
  std::string path;
  const Frame frame{compiled.root, 0, "", nullptr};
  Run run(compiled, budget, path, *compiled.root, values, &frame, false,
          Unevaluated::From(values, *compiled.root, false));
  auto failure = run.Check();
  if (budget.spent) limit = base::ResourceExhausted("unable to validate schema: too much work");
  return failure;
}

}  // namespace schema

struct Schema::Data {
  std::unique_ptr<schema::Compiled> compiled;
};

Schema::Schema(std::unique_ptr<const Data> data) : data_(std::move(data)) {}
Schema::~Schema() = default;

base::Result<std::shared_ptr<const Schema>> Schema::Compile(std::string_view json,
                                                            HelmVersion version,
                                                            const SchemaLoader& loader) {
  SLUICE_TRY(auto compiled, schema::CompileSchema(json, version, loader));
  auto data = std::make_unique<Data>();
  data->compiled = std::move(compiled);
  return std::shared_ptr<const Schema>(new Schema(std::move(data)));
}

base::Status Schema::Validate(const document::Value& values) const {
  base::Status limit;
  const auto failure = schema::RunSchema(*data_->compiled, values, limit);
  if (!limit.ok()) return limit;
  if (!failure.has_value()) return {};
  std::string text;
  if (failure->kind == schema::Failure::Kind::kGroup) {
    for (const schema::Failure& cause : failure->causes) schema::Print(cause, 1, text);
  } else {
    schema::Print(*failure, 1, text);
  }
  return base::InvalidArgument(text.substr(1) + "\n");
}

base::Status ValidateAgainstSchemas(const Chart& chart, const document::Value& values,
                                    HelmVersion version, const SchemaLoader& loader) {
  std::string text;
  if (chart.schema().has_value()) {
    const auto compiled = Schema::Compile(*chart.schema(), version, loader);
    const base::Status status = compiled.ok() ? (*compiled)->Validate(values) : compiled.status();
    if (!status.ok()) text = base::Cat(chart.name(), ":\n", status.message());
  }
  for (const auto& subchart : chart.dependencies()) {
    const document::Value* table = values.Find(subchart->name());
    if (version == HelmVersion::kV4 && (table == nullptr || table->is_null())) continue;
    if (table != nullptr && !table->is_object() && version == HelmVersion::kV4) {
      constexpr std::string_view kGoTypes[] = {"<nil>",   "bool",   "float64",       "float64",
                                               "float64", "string", "[]interface {}"};
      text += base::Cat(subchart->name(), ":\ninvalid type for values: expected object (map), got ",
                        kGoTypes[static_cast<size_t>(table->kind())], "\n");
      continue;
    }
    const document::Value none = document::Value::Object();
    const base::Status status =
        ValidateAgainstSchemas(*subchart, table == nullptr ? none : *table, version, loader);
    if (!status.ok()) text += status.message();
  }
  if (text.empty()) return {};
  return base::InvalidArgument(std::move(text));
}

}  // namespace sluice::helm
