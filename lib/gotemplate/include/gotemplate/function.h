// Functions that templates call: their signatures as text/template checks them (spec §3.3), the
// call itself, and what the world lends them (clock, randomness, cluster). Tables are constexpr;
// nothing is registered at start-up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "base/time.h"
#include "gotemplate/value.h"

namespace sluice::gotemplate {

class Execution;

// Whose functions: v4.2 has mustToYaml and mustToToml, and other TOML and semver texts (spec §24).
enum class HelmVersion : uint8_t { k3, k4 };

// What a render may ask of the world. The defaults refuse: pure. Implementations are used by one
// render at a time.
class Environment {
 public:
  virtual ~Environment() = default;
  virtual base::Time Now() const;  // default: the epoch
  // default: zeros. Private keys are libcrypto's to make
  virtual void Random(std::span<uint8_t> out);
  virtual std::string_view TimeZone() const { return "UTC"; }  // IANA name of "Local"
  // The TZif file (RFC 8536) of an IANA zone, asked for when a template names it; "" = there is no
  // such zone. The name holds no "..".
  virtual std::string ZoneFile(std::string_view) { return {}; }
  virtual HelmVersion helm() const { return HelmVersion::k4; }
  virtual bool Expired() { return false; }  // asked every few thousand steps: true ends the run
  // getHostByName: "" is Helm's answer unless DNS is enabled; a failure is the function's.
  virtual base::Result<std::string> HostByName(std::string_view) { return std::string(); }
};

struct Call {
  std::span<const Value> args;  // as many as the signature allows, each of the type it names
  Heap& heap;
  Environment& environment;
  Execution& execution;  // run another template, see template.h

  const Value& operator[](size_t i) const { return args[i]; }
  size_t size() const { return args.size(); }
  Value String(std::string_view s) const { return heap.CopyString(s); }
};

// `signature`: one letter a parameter, "*" after the last for variadic, ">" and the static type of
// the result.
//   S string  B bool  I int  L int64  U uint32  F float64  A interface {} (may be nil)  V
//   []interface {}  M map[string]interface {} T time.Time  R reflect.Value (any, also a missing
//   one: built-ins)  b []uint8  s []string  C sprig.certificate  m map[string]string
// A nil given for V, M, s or m arrives as a list or map whose is_nil() is true; for A and R it is a
// nil Value. as in "IIS>S" (substr) or "SA*>S" (printf). Other object types: "{semver.Version}". A
// failure's message is what follows "error calling <name>: "; Go's panics are failures with the
// runtime's text.
struct Function {
  std::string_view name;
  std::string_view signature;
  base::Result<Value> (*call)(Call& call);
};

// The tables, one a topic, each sorted by name: text/template's own, sprig's, Helm's text formats.
// and or not len index slice print printf println html js urlquery eq …
std::span<const Function> BuiltinFunctions();
// trim … regexMatch … semver … urlParse … base dir …
std::span<const Function> StringFunctions();
// list dict first uniq merge pick dig … kindOf typeOf deepEqual default …
std::span<const Function> CollectionFunctions();
std::span<const Function> NumberFunctions();  // add … round int64 toDecimal … until seq
std::span<const Function> DateFunctions();    // now date dateModify duration …
// sha256sum … genCA derivePassword encryptAES htpasswd randAlpha uuidv4 …
std::span<const Function> CryptoFunctions();
// toYaml fromYaml toJson toToml … (Helm's) b64enc b32enc …
std::span<const Function> TextFormatFunctions();

// Names → functions for the parser: all tables above, less sprig's env and expandenv, with `extra`
// before them (Helm's include, tpl, required, lookup; a test's); k3 leaves out what only v4 has.
// Immutable, thread-safe; `extra` must outlive it.
class FunctionTable {
 public:
  constexpr explicit FunctionTable(std::span<const Function> extra = {},
                                   HelmVersion helm = HelmVersion::k4)
      : extra_(extra), helm_(helm) {}
  const Function* Find(std::string_view name) const;

 private:
  std::span<const Function> extra_;
  HelmVersion helm_;
};

}  // namespace sluice::gotemplate
