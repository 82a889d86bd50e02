// Ids out of a status, selectors out of a spec, and error texts of an API server: none may do more
// than fail.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "apply/inventory.h"
#include "builtin.h"
#include "ignore.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto ref = apply::ObjectRef::ParseId(text, "v1"); ref.ok()) (void)ref->Id();
  document::Value object = document::Value::Object(
      {{"spec", document::Value::Object({{"x", document::Value::Array({document::Value::Object(
                                                   {{"name", "b"}, {"port", 1}, {"c", 2}})})}})}});
  (void)apply::DropUndeclaredFields(object, text);
  (void)apply::MatchesSelector(text, object["spec"]);
  return 0;
}
