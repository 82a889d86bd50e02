// .Files: a map of bytes with methods. Spec: helm-engine 10.3.
#include <re2/re2.h>

#include <map>

#include "base/encoding.h"
#include "base/strings.h"
#include "engine_functions.h"
#include "engine_values.h"

namespace sluice::helm {
namespace {

using base::Result;
using gotemplate::Heap;
using gotemplate::Kind;
using gotemplate::Map;
using gotemplate::Type;
using gotemplate::Value;

// A glob with '/' as separator, as a regular expression: * ? [abc] [!a-z] {a,b} ** \c. False where
// it is malformed.
class GlobTranslator {
 public:
  explicit GlobTranslator(std::string_view glob) : glob_(glob) {}

  bool Run(std::string& out) {
    out = "(?s)";
    for (at_ = 0; at_ < glob_.size(); ++at_) {
      if (!One(out)) return false;
    }
    return depth_ == 0;
  }

 private:
  bool One(std::string& out) {
    switch (const char c = glob_[at_]; c) {
      case '*':
        if (glob_.substr(at_, 2) == "**") {
          while (at_ + 1 < glob_.size() && glob_[at_ + 1] == '*') ++at_;
          out += ".*";
        } else {
          out += "[^/]*";
        }
        return true;
      case '?':
        out += "[^/]";
        return true;
      case '[':
        return Class(out);
      case '{':
        ++depth_;
        out += "(?:";
        return true;
      case '}':
        if (depth_ > 0) {
          --depth_;
          out += ')';
        } else {
          out += "\\}";
        }
        return true;
      case ',':
        out += depth_ > 0 ? "|" : ",";
        return true;
      case '\\':
        if (++at_ == glob_.size()) return false;
        Literal(glob_[at_], out);
        return true;
      default:
        Literal(c, out);
        return true;
    }
  }

  static void Literal(char c, std::string& out) {
    if (static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c)) &&
        c != '_')
      out += '\\';
    out += c;
  }

  bool Class(std::string& out) {
    const size_t close = glob_.find(']', at_ + 1);
    if (close == glob_.npos) return false;
    std::string_view body = glob_.substr(at_ + 1, close - at_ - 1);
    at_ = close;
    const bool negated = body.starts_with('!');
    if (negated) body.remove_prefix(1);
    if (body.empty()) return false;
    out += negated ? "[^" : "[";
    const bool range = body.size() == 3 && body[1] == '-';
    for (size_t i = 0; i < body.size(); ++i) {
      if (range && i == 1)
        out += '-';
      else
        Literal(body[i], out);
    }
    out += ']';
    return true;
  }

  std::string_view glob_;
  size_t at_ = 0;
  int depth_ = 0;
};

std::string_view BaseName(std::string_view path) {  // path.Base
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  return path.substr(path.rfind('/') + 1);
}

class FilesMethods final : public gotemplate::TypeMethods {
 public:
  std::string_view Method(std::string_view name) const override {
    if (name == "Get") return "S>S";
    if (name == "GetBytes") return "S>b";
    if (name == "Glob") return "S>R";
    if (name == "Lines") return "S>s";
    if (name == "AsConfig" || name == "AsSecrets") return ">S";
    return "";
  }

  Result<Value> Call(const Value& receiver, std::string_view name,
                     gotemplate::Call& call) const override {
    const Map& files = receiver.map();
    if (name == "AsConfig" || name == "AsSecrets") return AsYaml(files, name == "AsSecrets", call);
    const std::string_view argument = call[0].text();
    if (name == "Glob") return Glob(files, argument, call.heap);
    const Value* found = files.Find(argument);
    const std::string_view bytes = found == nullptr ? std::string_view() : found->text();
    if (name == "Get") return Value::String(bytes);
    if (name == "GetBytes") return Value::Bytes(bytes);
    return Lines(found != nullptr, bytes, call.heap);
  }

 private:
  static Value Glob(const Map& files, std::string_view glob, Heap& heap);

  static Result<Value> Lines(bool exists, std::string_view text, Heap& heap) {
    auto* lines = heap.NewList(0, gotemplate::types::kStringList);
    if (!exists) return Value::Of(lines);
    // as both Helms
    if (text.empty()) return base::InvalidArgument("runtime error: index out of range [-1]");
    for (const std::string_view line : base::Split(base::TrimSuffix(text, "\n"), "\n"))
      lines->Append(heap, Value::String(line));
    return Value::Of(lines);
  }

  static Result<Value> AsYaml(const Map& files, bool secret, gotemplate::Call& call) {
    auto* map = call.heap.NewMap(files.size(), gotemplate::types::kStringMap);
    for (const Map::Entry& file : files.entries()) {
      const std::string_view bytes = file.value.text();
      map->Set(call.heap, BaseName(file.key),
               secret ? call.String(base::Base64Encode(bytes)) : Value::String(bytes));
    }
    static const gotemplate::Function* const to_yaml =
        EngineFunctions(HelmVersion::kV4).Find("toYaml");
    const Value argument = Value::Of(map);
    gotemplate::Call inner{{&argument, 1}, call.heap, call.environment, call.execution};
    return to_yaml->call(inner);
  }
};

const FilesMethods kFilesMethods;
const Type kFiles{"engine.files", Kind::kMap, &gotemplate::types::kBytes, &kFilesMethods};

Value FilesMethods::Glob(const Map& files, std::string_view glob, Heap& heap) {
  std::string pattern;
  re2::RE2::Options options;
  options.set_log_errors(false);
  if (!GlobTranslator(glob).Run(pattern)) pattern = "(?s).*";
  const re2::RE2 regex(pattern, options);
  auto* out = heap.NewMap(0, kFiles);
  for (const Map::Entry& file : files.entries()) {
    const re2::StringPiece name(file.key.data(), file.key.size());
    if (!regex.ok() || re2::RE2::FullMatch(name, regex)) out->Set(heap, file.key, file.value);
  }
  return Value::Of(out);
}

}  // namespace

Value MakeFiles(Heap& heap, const std::vector<File>& files) {
  auto* map = heap.NewMap(files.size(), kFiles);
  for (const File& file : files) map->Set(heap, file.name, Value::Bytes(file.data.view()));
  return Value::Of(map);
}

}  // namespace sluice::helm
