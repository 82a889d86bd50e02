// The compiled form of values.schema.json, and what its parts tell each other. Internal.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "document/value.h"
#include "helm/schema.h"
#include "schema_keywords.h"

namespace sluice::helm::schema {

using document::Value;

enum class Draft : uint8_t { k4, k6, k7, k2019, k2020 };
inline bool AtLeast(Draft draft, Draft least) { return draft >= least; }
std::string_view DraftUrl(Draft draft);
// any spelling; an empty fragment is allowed
std::optional<Draft> DraftFromUrl(std::string_view url);

inline constexpr size_t kMaxNodes = 100'000;    // subschemas
inline constexpr size_t kMaxDepth = 1'000;      // frames of one validation
inline constexpr size_t kMaxSteps = 2'000'000;  // schema × value visits of one validation

enum Type : uint8_t {
  kNullType = 1,
  kBooleanType = 2,
  kNumberType = 4,
  kIntegerType = 8,
  kStringType = 16,
  kArrayType = 32,
  kObjectType = 64
};
uint8_t TypeFromName(std::string_view name);  // 0: none
uint8_t TypeOf(const Value& value);
std::string TypeNames(uint8_t types);  // "null or string"

// A decimal number as written, for the comparisons Helm makes exactly.
bool IsInteger(const Value& number);
int CompareNumbers(const Value& a, const Value& b);
bool IsMultipleOf(const Value& number, const Value& of);
bool Equals(const Value& a, const Value& b, HelmVersion version);

// Helm's texts: 'quoted', and numbers as golang.org/x/text prints them in English ("1,000", "1.5 ×
// 10⁰⁶").
std::string Quote(std::string_view text);
std::string Display(const Value& primitive);
std::string NumberText(const Value& number);
std::string CountText(size_t n);

struct Node;
struct Pattern {
  std::shared_ptr<const re2::RE2> regex;
  const Node* schema = nullptr;
};
using Names = std::vector<std::string_view>;  // of the document
struct Dependency {
  std::string_view property;
  Names required;
  const Node* schema = nullptr;  // null: `required`
};
using Nodes = std::vector<const Node*>;
using Named = std::vector<std::pair<std::string_view, const Node*>>;

// A bool or a subschema ("additionalProperties").
struct BoolOrNode {
  std::optional<bool> allowed;
  const Node* schema = nullptr;
  explicit operator bool() const { return allowed.has_value() || schema != nullptr; }
};

// Where a subschema stands in its document: the steps to it, which become a JSON Pointer where one
// is asked for: by an error, an id or a reference, so seldom.
class Path {
 public:
  Path() = default;  // the root
  explicit Path(std::string_view pointer) : text_(pointer) {}
  Path(const Path& above, Keyword keyword)
      : above_(&above), keyword_(keyword), last_(Last::kKeyword) {}
  Path(const Path& above, Keyword keyword, std::string_view key)
      : above_(&above), text_(key), keyword_(keyword), last_(Last::kKey) {}
  Path(const Path& above, Keyword keyword, size_t index)
      : above_(&above), index_(index), keyword_(keyword), last_(Last::kIndex) {}

  bool is_root() const { return above_ == nullptr && text_.empty(); }
  std::string Pointer() const;

 private:
  enum class Last : uint8_t { kWhole, kKeyword, kKey, kIndex };
  const Path* above_ = nullptr;
  std::string_view text_;  // the key below the keyword; kWhole: all of the pointer
  size_t index_ = 0;
  Keyword keyword_ = "$ref";
  Last last_ = Last::kWhole;
};

struct Resource {
  std::string id;  // its base URL, without a fragment
  std::string pointer;
  Draft draft = Draft::k2020;
  std::map<std::string, std::string, std::less<>> anchors;  // name → pointer
  std::map<std::string, std::string, std::less<>> dynamic_anchors;
  std::map<std::string, const Node*, std::less<>> dynamic_nodes;
  const Node* node = nullptr;  // its root
};

struct Node {
  std::string_view url;  // of its document
  Path path;
  Draft draft = Draft::k2020;
  const Resource* resource = nullptr;
  std::optional<bool> boolean;
  std::optional<Draft> metaschema;  // a reference to a draft's own schema

  const Node* ref = nullptr;
  const Node* recursive_ref = nullptr;
  const Node* dynamic_ref = nullptr;
  std::string dynamic_ref_anchor, dynamic_anchor;
  bool recursive_anchor = false;
  uint8_t types = 0;
  const Value* enumeration = nullptr;
  uint8_t enum_types = 0;
  const Value* constant = nullptr;
  std::string_view format;  // asserted; "" = none
  Nodes all_of, any_of, one_of;
  const Node *negated = nullptr, *condition = nullptr, *then = nullptr, *otherwise = nullptr;

  std::optional<uint64_t> max_properties, min_properties;
  Names required;
  const Node* property_names = nullptr;
  Named properties;  // by name
  std::vector<Pattern> pattern_properties;
  BoolOrNode additional_properties;
  std::vector<Dependency> dependencies, dependent_required;
  Named dependent_schemas;
  const Node* unevaluated_properties = nullptr;

  std::optional<uint64_t> min_items, max_items;
  bool unique_items = false;
  const Node* contains = nullptr;
  std::optional<uint64_t> min_contains, max_contains;
  const Node* items = nullptr;  // every item, or what is past prefix_items
  Nodes prefix_items;           // before 2020: "items" as a list
  BoolOrNode additional_items;
  const Node* unevaluated_items = nullptr;

  std::optional<uint64_t> min_length, max_length;
  std::shared_ptr<const re2::RE2> pattern;
  const Value *minimum = nullptr, *maximum = nullptr, *exclusive_minimum = nullptr,
              *exclusive_maximum = nullptr, *multiple_of = nullptr;

  bool all_properties_evaluated = false, all_items_evaluated = false;
  size_t items_evaluated = 0;

  std::string Location() const;  // "file:///values.schema.json#/properties/a"
};

struct Document {
  std::string url;
  Value root;
  std::map<std::string, Resource> resources;  // by pointer
};

// A failed check; printed as an indented tree.
struct Failure {
  enum class Kind : uint8_t { kPlain, kGroup, kReference };
  Kind kind = Kind::kPlain;
  std::string pointer;  // of the value
  std::string message;
  std::vector<Failure> causes;
};
void Print(const Failure& failure, int indent, std::string& out);

// What the draft's own schema says of `schema`; nothing where it is a valid one.
std::optional<Failure> CheckMetaschema(const Value& schema, Draft draft);

// "" where `text` is of the format or the format is unknown; else why not.
std::string CheckFormat(std::string_view format, std::string_view text, HelmVersion version);
bool KnownFormat(std::string_view format);

// error as Go's regexp words it
base::Result<std::shared_ptr<const re2::RE2>> CompileRegex(std::string_view pattern);

// `reference` resolved against `base` (RFC 3986), without its fragment.
std::string JoinUrl(std::string_view base, std::string_view reference);

struct Compiled {
  HelmVersion version = HelmVersion::kV4;
  std::map<std::string, std::unique_ptr<Document>> documents;  // by URL
  std::deque<std::string> pointers;                            // that nodes' paths view
  std::deque<Node> nodes;
  const Node* root = nullptr;
};
base::Result<std::unique_ptr<Compiled>> CompileSchema(std::string_view json, HelmVersion version,
                                                      const SchemaLoader& loader);
std::optional<Failure> RunSchema(const Compiled& compiled, const Value& values,
                                 base::Status& limit);

}  // namespace sluice::helm::schema
