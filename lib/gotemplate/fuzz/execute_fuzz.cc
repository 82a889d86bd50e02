#include <cstdint>
#include <string>
#include <string_view>

#include "base/strings.h"
#include "document/json.h"
#include "gotemplate/template.h"

namespace {

using namespace sluice::gotemplate;
namespace base = sluice::base;

base::Result<Value> Nothing(Call&) { return Value::String("x"); }

base::Result<Value> Include(Call& call) {
  std::string out;
  SLUICE_TRY(
      call.execution.ExecuteTemplate(call.execution.templates(), call[0].text(), call[1], out));
  return call.String(out);
}

// Made slow on purpose (key generation, password hashes): they would be all that is tried.
constexpr Function kExtra[] = {
    {"bcrypt", "S>S", Nothing},
    {"derivePassword", "A*>S", Nothing},
    {"genCA", "A*>A", Nothing},
    {"genCAWithKey", "A*>A", Nothing},
    {"genPrivateKey", "S>S", Nothing},
    {"genSelfSignedCert", "A*>A", Nothing},
    {"genSelfSignedCertWithKey", "A*>A", Nothing},
    {"genSignedCert", "A*>A", Nothing},
    {"genSignedCertWithKey", "A*>A", Nothing},
    {"htpasswd", "SS>S", Nothing},
    {"include", "SA>S", Include},
};
constexpr FunctionTable kFunctions(kExtra);

constexpr std::string_view kDefault =
    R"({"s":"hello","i":5,"f":3.7,"t":true,"n":null,"l":["a","b"],"m":{"a":1,"b":{"c":null}},"e":""})";

}  // namespace

// "JSON\n\ntemplate"; without the JSON there are values to work on, too. The first byte of the
// template chooses how missing keys count.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const auto parts = base::Cut(input, "\n\n");
  auto values = sluice::document::ParseJson(parts ? parts->first : kDefault);
  if (!values.ok()) values = sluice::document::ParseJson(kDefault);
  const std::string_view text = parts ? parts->second : input;
  const auto parsed = ParsedText::Parse("t", std::string(text), kFunctions,
                                        {.max_bytes = 1 << 16, .max_depth = 100});
  if (!parsed.ok()) return 0;
  TemplateSet set;
  set.Add(*parsed);
  ExecuteOptions options{
      .missing_key = static_cast<MissingKey>(text.size() % 3),
      .limits = {
          .max_output = 1 << 18, .max_steps = 5'000, .max_depth = 200, .max_stack = 1 << 20}};
  Heap heap(8 << 20);
  std::string out;
  (void)Execute(set, "t", FromDocument(heap, *values), heap, options, out);
  return 0;
}
