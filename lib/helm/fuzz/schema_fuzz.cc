#include "document/json.h"
#include "helm/schema.h"

// The first line is the schema, the rest the values.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const size_t line = text.find('\n');
  const auto schema = helm::Schema::Compile(text.substr(0, line), helm::HelmVersion::kV4);
  const auto values = document::ParseJson(line == text.npos ? "" : text.substr(line + 1));
  if (schema.ok() && values.ok()) (void)(*schema)->Validate(*values);
  return 0;
}
