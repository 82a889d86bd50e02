// Input: the number of a function in two bytes, then bytes that its arguments are made of. Every
// function answers or fails, whatever values its signature lets through, within the memory it is
// given. Those that are slow by design (keys, password hashes) are left out.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gotemplate/function.h"
#include "gotemplate/template.h"

namespace {

using namespace sluice::gotemplate;  // NOLINT(google-build-using-namespace)

constexpr std::string_view kSlow[] = {"bcrypt",        "derivePassword",    "genCA",
                                      "genPrivateKey", "genSelfSignedCert", "genSignedCert",
                                      "htpasswd"};

class Bytes {
 public:
  Bytes(const uint8_t* data, size_t size) : at_(data), end_(data + size) {}
  uint8_t Byte() { return at_ == end_ ? 0 : *at_++; }
  std::string_view Text() {
    const size_t wanted = Byte();  // first: what is left is counted after it
    const size_t size = std::min(wanted, static_cast<size_t>(end_ - at_));
    const std::string_view text(reinterpret_cast<const char*>(at_), size);
    at_ += size;
    return text;
  }
  int64_t Integer() {
    const uint8_t size = Byte();
    if (size < 0xf0) return static_cast<int64_t>(size) - 0x40;
    uint64_t i = 0;
    for (int n = 0; n < 8; ++n) i = i << 8 | Byte();
    return static_cast<int64_t>(i);
  }

 private:
  const uint8_t *at_, *end_;
};

class Arguments {
 public:
  Arguments(Heap& heap, Bytes& bytes) : heap_(heap), bytes_(bytes) {}

  // Of the type that the letter names; nil where it may be nil.
  Value OfType(char letter) {
    switch (letter) {
      case 'S':
        return Value::String(bytes_.Text());
      case 'B':
        return Value::Bool((bytes_.Byte() & 1) != 0);
      case 'I':
        return Value::Int(bytes_.Integer());
      case 'L':
        return Value::Int64(bytes_.Integer());
      case 'F':
        return Value::Float(static_cast<double>(bytes_.Integer()) / 8);
      case 'V':
        return ListOf(types::kList, 0);
      case 's':
        return ListOf(types::kStringList, 0);
      case 'M':
        return bytes_.Byte() == 0 ? Value() : MapOf(0);
      default:
        return Any(0);
    }
  }

 private:
  Value Any(int depth) {
    switch (bytes_.Byte() % 14) {
      case 0:
        return Value();
      case 1:
        return OfType('B');
      case 2:
        return OfType('I');
      case 3:
        return OfType('L');
      case 4:
        return OfType('F');
      case 5:
        return Value::Bytes(bytes_.Text());
      case 6:
        return depth > 3 ? Value() : ListOf(types::kList, depth);
      case 7:
        return depth > 3 ? Value() : MapOf(depth);
      case 8:
        return ListOf(types::kStringList, depth);
      case 9:
        return last_;  // shared, perhaps with what is being made
      case 10:
        return Value::Uint64(static_cast<uint64_t>(bytes_.Integer()));
      default:
        return OfType('S');
    }
  }
  Value ListOf(const Type& type, int depth) {
    List* list = heap_.NewList(0, type);
    for (int n = bytes_.Byte() % 6; n > 0; --n)
      list->Append(heap_, &type == &types::kStringList ? OfType('S') : Any(depth + 1));
    return last_ = Value::Of(list);
  }
  Value MapOf(int depth) {
    Map* map = heap_.NewMap();
    last_ = Value::Of(map);
    for (int n = bytes_.Byte() % 6; n > 0; --n) {
      const std::string_view key = bytes_.Text();
      map->Set(heap_, key, Any(depth + 1));
    }
    return Value::Of(map);
  }

  Heap& heap_;
  Bytes& bytes_;
  Value last_;
};

class NoExecution final : public Execution {
 public:
  const TemplateSet& templates() const override { return set_; }
  void* user() const override { return nullptr; }
  const ExecuteOptions& options() const override { return options_; }
  sluice::base::Status ExecuteTemplate(const TemplateSet&, std::string_view, const Value&,
                                       std::string&) override {
    return {};
  }

 private:
  TemplateSet set_;
  ExecuteOptions options_;
};

const Function* Choose(size_t number) {
  std::vector<const Function*> all;
  for (const auto table :
       {BuiltinFunctions(), StringFunctions(), CollectionFunctions(), NumberFunctions(),
        DateFunctions(), CryptoFunctions(), TextFormatFunctions()}) {
    for (const Function& f : table) {
      const bool slow =
          f.name.starts_with("gen") || std::ranges::find(kSlow, f.name) != std::end(kSlow);
      if (!slow && f.signature.find('{') > f.signature.find('>')) all.push_back(&f);
    }
  }
  return all[number % all.size()];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Bytes bytes(data, size);
  const size_t number = static_cast<size_t>(bytes.Byte()) << 8 | bytes.Byte();
  const Function* function = Choose(number);
  Heap heap(size_t{8} << 20);
  Arguments arguments(heap, bytes);
  std::vector<Value> args;
  const std::string_view parameters = function->signature.substr(0, function->signature.find('>'));
  for (size_t i = 0; i < parameters.size(); ++i) {
    // only their own functions make those
    if (parameters[i] == 'T' || parameters[i] == 'C') return 0;
    if (i + 1 == parameters.size() || parameters[i + 1] != '*') {
      args.push_back(arguments.OfType(parameters[i]));
      continue;
    }
    for (int n = bytes.Byte() % 5; n > 0; --n) args.push_back(arguments.OfType(parameters[i]));
    break;
  }
  Environment environment;
  NoExecution execution;
  Call call{args, heap, environment, execution};
  (void)function->call(call);
  return 0;
}
