// An index in JSON: a window over the text, from which one entry at a time is cut by its brackets
// and parsed.
#include <array>
#include <string>

#include "base/strings.h"
#include "document/json.h"
#include "index_table.h"

namespace sluice::helm {
namespace {

using base::Result;
using base::Status;
using document::Value;

constexpr size_t kWindow = 64 << 10;
constexpr int kMaxDepth = 1000;

Status NoJson() { return base::Unimplemented("not JSON"); }

class Scanner {
 public:
  Scanner(IndexSource& source, const IndexOptions& options, IndexBuilder& builder)
      : source_(source), options_(options), builder_(builder) {}

  Status Run() {
    SLUICE_TRY(const char first, Peek());
    if (first != '{') return NoJson();
    SLUICE_TRY(Object([this](const std::string& key) -> Status {
      if (!base::EqualFold(key, "entries")) return Head(key);
      return Entries();
    }));
    SLUICE_TRY(const char after, Peek());
    return after == '\0' ? base::OkStatus() : NoJson();
  }

 private:
  // The byte at the front of the window; '\0' at the end of the text.
  Result<char> Byte() {
    if (next_ == end_) {
      SLUICE_TRY(end_, source_.ReadAt(offset_, window_));
      offset_ += end_;
      next_ = 0;
      if (offset_ > options_.max_bytes) {
        return base::ResourceExhausted(base::Cat("index exceeds the maximum index file size of ",
                                                 std::to_string(options_.max_bytes), " bytes"));
      }
      if (end_ == 0) return '\0';
      // A NUL within the text is no JSON either way.
    }
    return window_[next_];
  }
  Result<char> Peek() {
    for (;;) {
      SLUICE_TRY(const char c, Byte());
      if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return c;
      ++next_;
    }
  }
  Status Expect(char want) {
    SLUICE_TRY(const char c, Peek());
    if (c != want) return NoJson();
    ++next_;
    return {};
  }

  // { key: member(key), … }
  template <class Fn>
  Status Object(Fn member) {
    SLUICE_TRY(Expect('{'));
    SLUICE_TRY(char c, Peek());
    if (c == '}') return Expect('}');
    for (;;) {
      SLUICE_TRY(c, Peek());
      if (c != '"') return NoJson();
      SLUICE_TRY(const Value key, Whole());
      SLUICE_TRY(Expect(':'));
      SLUICE_TRY(member(std::string(key.AsString())));
      SLUICE_TRY(c, Peek());
      if (c == '}') return Expect('}');
      SLUICE_TRY(Expect(','));
    }
  }

  Status Head(const std::string& key) {
    SLUICE_TRY(const Value value, Whole());
    return builder_.Head(key, value);
  }

  Status Entries() {
    SLUICE_TRY(const char c, Peek());
    if (c != '{') {
      SLUICE_TRY(const Value value, Whole());
      if (!value.is_null()) builder_.Mismatch("entries", value, "map[string]v1.ChartVersions");
      return {};
    }
    builder_.Entries(false);
    return Object([this](const std::string& name) { return Chart(name); });
  }

  Status Chart(const std::string& name) {
    SLUICE_TRY(char c, Peek());
    if (c != '[') {
      SLUICE_TRY(const Value value, Whole());
      if (!value.is_null()) builder_.Mismatch("entries", value, "v1.ChartVersions");
      builder_.Chart(name, true);
      return {};
    }
    builder_.Chart(name, false);
    SLUICE_TRY(Expect('['));
    SLUICE_TRY(c, Peek());
    if (c == ']') return Expect(']');
    for (;;) {
      SLUICE_TRY(const Value entry, Whole());
      SLUICE_TRY(builder_.Entry(entry));
      SLUICE_TRY(c, Peek());
      if (c == ']') return Expect(']');
      SLUICE_TRY(Expect(','));
    }
  }

  // The next value, parsed.
  Result<Value> Whole() {
    SLUICE_TRY(Cut());
    auto value = document::ParseJson(text_);
    if (!value.ok()) return NoJson();
    return value;
  }

  // Its text into text_: up to the bracket that closes it, the quote that ends it, or what cannot
  // be part of a word.
  Status Cut() {
    text_.clear();
    SLUICE_TRY(Peek());
    int depth = 0;
    bool quoted = false, escaped = false;
    for (;;) {
      SLUICE_TRY(const char c, Byte());
      if (c == '\0') return text_.empty() || depth > 0 || quoted ? NoJson() : base::OkStatus();
      if (!quoted && depth == 0 && !text_.empty() && base::Contains(",:]} \t\r\n", {&c, 1}))
        return {};
      if (text_.size() >= options_.max_entry_bytes)
        return base::ResourceExhausted("an entry of the index is too large");
      text_ += c;
      ++next_;
      if (quoted) {
        quoted = escaped || c != '"';
        escaped = !escaped && c == '\\';
        if (!quoted && depth == 0) return {};
        continue;
      }
      if (c == '"') quoted = true;
      if ((c == '{' || c == '[') && ++depth > kMaxDepth) return NoJson();
      if ((c == '}' || c == ']') && --depth <= 0) return {};
    }
  }

  IndexSource& source_;
  const IndexOptions& options_;
  IndexBuilder& builder_;
  std::array<char, kWindow> window_;
  size_t next_ = 0, end_ = 0;
  uint64_t offset_ = 0;
  std::string text_;
};

}  // namespace

Status ReadJsonIndex(IndexSource& source, const IndexOptions& options, IndexBuilder& builder) {
  return std::make_unique<Scanner>(source, options, builder)->Run();
}

}  // namespace sluice::helm
