// encoding/json on template values.
#include <charconv>
#include <cmath>
#include <string>

#include "base/encoding.h"
#include "base/json_string.h"
#include "base/strings.h"
#include "text_formats.h"

namespace sluice::gotemplate {
namespace {

using base::Status;

// encoding/json looks for cycles from here on; what comes so far has one
constexpr int kMaxDepth = 1000;

class JsonWriter {
 public:
  JsonWriter(std::string& out, const document::JsonWriteOptions& options)
      : out_(out), options_(options), limit_(out.size() + kMaxFormatted) {}

  Status Any(const Value& v) {
    if (out_.size() > limit_) return base::ResourceExhausted("json: text exceeds the limit");
    switch (v.kind()) {
      case Kind::kNil:
        out_ += "null";
        return {};
      case Kind::kBool:
        out_ += v.bool_value() ? "true" : "false";
        return {};
      case Kind::kInt:
      case Kind::kInt64:
        return Integer(v.int_value());
      case Kind::kUint8:
      case Kind::kUint32:
      case Kind::kUint64:
        return Integer(v.uint_value());
      case Kind::kFloat64:
        return Float(v.float_value());
      case Kind::kComplex128:
        return base::InvalidArgument("json: unsupported type: complex128");
      case Kind::kString:
        base::AppendJsonString(out_, v.text(), options_.escape_html);
        return {};
      case Kind::kBytes:
        out_ += base::Cat("\"", base::Base64Encode(v.text()), "\"");
        return {};
      case Kind::kList:
        return Array(v);
      case Kind::kMap:
        return v.map().is_nil() ? Any({}) : Object(v, v.map());
      case Kind::kObject:
        break;
    }
    return AnyObject(v);
  }

 private:
  template <class T>
  Status Integer(T value) {
    char buffer[24];
    out_.append(buffer, std::to_chars(buffer, buffer + sizeof(buffer), value).ptr);
    return {};
  }

  Status Float(double d) {
    if (!std::isfinite(d))
      return base::InvalidArgument(base::Cat("json: unsupported value: ", std::isnan(d) ? "NaN"
                                                                          : d > 0       ? "+Inf"
                                                                                        : "-Inf"));
    document::AppendJsonNumber(out_, d);
    return {};
  }

  Status Enter(const Value& v, char bracket) {
    if (level_ >= kMaxDepth)
      return base::InvalidArgument(
          base::Cat("json: unsupported value: encountered a cycle via ", v.TypeName()));
    out_ += bracket;
    ++level_;
    return {};
  }

  Status Array(const Value& v) {
    if (v.list().is_nil()) return Any({});
    SLUICE_TRY(Enter(v, '['));
    bool first = true;
    for (const Value& item : v.list().items()) {
      Next(first);
      SLUICE_TRY(Any(item));
    }
    Close(first, ']');
    return {};
  }

  Status Object(const Value& v, const Map& map) {
    SLUICE_TRY(Enter(v, '{'));
    bool first = true;
    for (const Map::Entry& entry : map.entries()) {
      Next(first);
      base::AppendJsonString(out_, entry.key, options_.escape_html);
      out_ += options_.indent > 0 ? ": " : ":";
      SLUICE_TRY(Any(entry.value));
    }
    Close(first, '}');
    return {};
  }

  Status AnyObject(const Value& v) {
    if (const document::Value* data = v.object().Data()) {
      document::JsonWriteOptions options = options_;
      options.sort_keys = false;  // a struct's fields stand as declared
      std::string text = document::ToJson(*data, options);
      if (options.indent > 0)
        text = base::ReplaceAll(text, "\n", base::Cat("\n", std::string(Width(), ' ')));
      out_ += text;
      return {};
    }
    if (const Map* map = v.object().AsMap()) return Object(v, *map);
    out_ += "{}";
    return {};
  }

  void Next(bool& first) {
    if (!first) out_ += ',';
    first = false;
    Line();
  }

  void Close(bool was_empty, char bracket) {
    --level_;
    if (!was_empty) Line();
    out_ += bracket;
  }

  size_t Width() const {
    return static_cast<size_t>(level_) * static_cast<size_t>(options_.indent);
  }
  void Line() {
    if (options_.indent <= 0) return;
    out_ += '\n';
    out_.append(Width(), ' ');
  }

  std::string& out_;
  const document::JsonWriteOptions& options_;
  const size_t limit_;
  int level_ = 0;
};

}  // namespace

Status AppendJson(std::string& out, const Value& value, const document::JsonWriteOptions& options) {
  return JsonWriter(out, options).Any(value);
}

}  // namespace sluice::gotemplate
