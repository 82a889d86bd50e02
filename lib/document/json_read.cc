#include <simdjson.h>

#include <algorithm>

#include "document/json.h"
#include "json_slow.h"
#include "value_rep.h"

namespace sluice::document {
namespace {

namespace dom = simdjson::dom;

Value FromDom(const dom::element& element) {
  switch (element.type()) {
    case dom::element_type::OBJECT: {
      const auto object = dom::object(element.get_object().value_unsafe());
      Value value = ValueBuilder::MakeObject(object.size());
      for (const auto field : object) ValueBuilder::Add(value, field.key, FromDom(field.value));
      return value;
    }
    case dom::element_type::ARRAY: {
      const auto array = dom::array(element.get_array().value_unsafe());
      Value value = ValueBuilder::MakeArray(array.size());
      auto& items = ValueBuilder::Items(value);
      for (const auto item : array) items.push_back(FromDom(item));
      return value;
    }
    case dom::element_type::STRING:
      return Value(std::string_view(element.get_string().value_unsafe()));
    case dom::element_type::INT64:
      return Value(static_cast<int64_t>(element.get_int64().value_unsafe()));
    case dom::element_type::UINT64:
      return Value(static_cast<uint64_t>(element.get_uint64().value_unsafe()));
    case dom::element_type::DOUBLE:
      return Value(static_cast<double>(element.get_double().value_unsafe()));
    case dom::element_type::BOOL:
      return Value(static_cast<bool>(element.get_bool().value_unsafe()));
    case dom::element_type::NULL_VALUE:
      break;
  }
  return Value();
}

}  // namespace

base::Result<Value> ParseJson(std::string_view text, const JsonReadOptions& options) {
  dom::parser parser;
  const size_t depth = std::max<size_t>(options.max_depth, 1);
  // What simdjson refuses (bad syntax, ill-formed UTF-8, lone surrogates, huge integers) the slow
  // reader judges as Go does.
  if (!text.empty() && text.size() < UINT32_MAX &&
      parser.allocate(text.size(), depth) == simdjson::SUCCESS) {
    dom::element root;
    if (parser.parse(text.data(), text.size(), true).get(root) == simdjson::SUCCESS)
      return FromDom(root);
  }
  return ParseJsonSlowly(text, options);
}

}  // namespace sluice::document
