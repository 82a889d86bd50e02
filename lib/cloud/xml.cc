#include "cloud/xml.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <vector>

#include "base/strings.h"
#include "base/utf8.h"

namespace sluice::cloud {
namespace {

bool IsNameByte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-' || c == '.' ||
         c == ':' || static_cast<unsigned char>(c) >= 0x80;
}
bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
std::string_view LocalName(std::string_view name) { return name.substr(name.rfind(':') + 1); }

class Reader {
 public:
  Reader(std::string_view xml, XmlVisitor& visitor)
      : xml_(base::TrimPrefix(xml, "\xef\xbb\xbf")), visitor_(visitor) {}

  base::Status Run() {
    while (at_ < xml_.size()) {
      if (xml_[at_] != '<') {
        SLUICE_TRY(TakeText());
      } else if (Skips("<!--")) {
        SLUICE_TRY(SkipPast("-->"));
      } else if (Skips("<?")) {
        SLUICE_TRY(SkipPast("?>"));
      } else if (Skips("<![CDATA[")) {
        const size_t end = xml_.find("]]>", at_);
        if (end == xml_.npos || open_.empty()) return Bad("unexpected EOF in CDATA section");
        text_ += xml_.substr(at_, end - at_);
        at_ = end + 3;
      } else if (Skips("<!")) {
        return Bad("a document type is not read");
      } else {
        SLUICE_TRY(TakeTag());
      }
    }
    if (!open_.empty() || !seen_root_) return Bad("unexpected EOF");
    return base::OkStatus();
  }

 private:
  base::Status Bad(std::string_view what) const {
    const auto line =
        1 + std::count(xml_.begin(),
                       xml_.begin() + static_cast<ptrdiff_t>(std::min(at_, xml_.size())), '\n');
    return base::InvalidArgument(
        base::Cat("XML syntax error on line ", std::to_string(line), ": ", what));
  }
  bool Skips(std::string_view mark) {
    if (!xml_.substr(at_).starts_with(mark)) return false;
    at_ += mark.size();
    return true;
  }
  base::Status SkipPast(std::string_view mark) {
    const size_t end = xml_.find(mark, at_);
    if (end == xml_.npos) return Bad("unexpected EOF");
    at_ = end + mark.size();
    return base::OkStatus();
  }

  base::Status TakeText() {
    const size_t end = std::min(xml_.find('<', at_), xml_.size());
    while (at_ < end) {
      // Not beyond it: a page of many elements would be gone through once for each.
      const std::string_view rest = xml_.substr(at_, end - at_);
      const std::string_view plain = rest.substr(0, rest.find('&'));
      const size_t amp = at_ + plain.size();
      if (open_.empty() && !std::ranges::all_of(plain, IsSpace))
        return Bad("text outside of the root element");
      text_ += plain;
      at_ = amp;
      if (amp < end) SLUICE_TRY(TakeEntity(end));
    }
    return base::OkStatus();
  }

  base::Status TakeEntity(size_t end) {
    const size_t semicolon = xml_.find(';', at_);
    if (semicolon == xml_.npos || semicolon >= end || semicolon - at_ > 10 || open_.empty())
      return Bad("invalid character entity");
    const std::string_view name = xml_.substr(at_ + 1, semicolon - at_ - 1);
    static constexpr std::pair<std::string_view, char> kOwn[] = {
        {"lt", '<'}, {"gt", '>'}, {"amp", '&'}, {"apos", '\''}, {"quot", '"'}};
    const auto* own = std::ranges::find(kOwn, name, &std::pair<std::string_view, char>::first);
    if (own != std::end(kOwn)) {
      text_ += own->second;
    } else if (const auto code = CodeOf(name)) {
      base::AppendRune(text_, *code);
    } else {
      return Bad("invalid character entity");
    }
    at_ = semicolon + 1;
    return base::OkStatus();
  }

  static std::optional<uint32_t> CodeOf(std::string_view name) {
    if (!name.starts_with('#') || name.size() < 2) return std::nullopt;
    const bool hex = name[1] == 'x';
    const std::string_view digits = name.substr(hex ? 2 : 1);
    uint32_t code = 0;
    for (const char c : digits) {
      const int digit = c >= '0' && c <= '9'          ? c - '0'
                        : hex && c >= 'a' && c <= 'f' ? c - 'a' + 10
                        : hex && c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                      : -1;
      if (digit < 0) return std::nullopt;
      code = code * (hex ? 16 : 10) + static_cast<uint32_t>(digit);
      if (code > 0x10FFFF) return std::nullopt;
    }
    const bool legal = code == 9 || code == 10 || code == 13 || (code >= 0x20 && code < 0xD800) ||
                       (code >= 0xE000 && code != 0xFFFE && code != 0xFFFF);
    if (digits.empty() || !legal) return std::nullopt;
    return code;
  }

  // At '<' of a start or end tag.
  base::Status TakeTag() {
    ++at_;
    const bool closes = Skips("/");
    const size_t begin = at_;
    while (at_ < xml_.size() && IsNameByte(xml_[at_])) ++at_;
    const std::string_view name = xml_.substr(begin, at_ - begin);
    if (name.empty())
      return Bad(at_ >= xml_.size() ? "unexpected EOF" : "expected element name after <");
    if (closes) return TakeEnd(name);
    if (open_.empty() && seen_root_) return Bad("more than one root element");
    if (open_.size() >= kMaxXmlDepth) return Bad("elements are nested too deeply");
    const size_t attributes = at_;
    SLUICE_TRY(SkipAttributes());
    const std::string_view written = xml_.substr(attributes, at_ - attributes);
    const bool empty = Skips("/>");
    if (!empty && !Skips(">")) return Bad("unexpected EOF");
    seen_root_ = true;
    open_.push_back(name);
    text_.clear();
    SLUICE_TRY(visitor_.Open(LocalName(name), written));
    return empty ? Leave() : base::OkStatus();
  }

  base::Status TakeEnd(std::string_view name) {
    while (at_ < xml_.size() && IsSpace(xml_[at_])) ++at_;
    if (!Skips(">"))
      return Bad(
          base::Cat("invalid characters between </", base::TruncateUtf8(name, 64), " and >"));
    if (open_.empty())
      return Bad(base::Cat("unexpected end element </", base::TruncateUtf8(name, 64), ">"));
    if (open_.back() != name) {
      return Bad(base::Cat("element <", base::TruncateUtf8(open_.back(), 64), "> closed by </",
                           base::TruncateUtf8(name, 64), ">"));
    }
    return Leave();
  }

  base::Status Leave() {
    const std::string_view name = open_.back();
    open_.pop_back();
    std::string text;
    text.swap(text_);
    return visitor_.Close(LocalName(name), std::move(text));
  }

  // Up to '>' or "/>".
  base::Status SkipAttributes() {
    while (at_ < xml_.size()) {
      const char c = xml_[at_];
      if (c == '>' || (c == '/' && xml_.substr(at_).starts_with("/>"))) return base::OkStatus();
      if (c == '<') return Bad("unescaped < inside quoted string");
      if (c == '"' || c == '\'') {
        const size_t end = xml_.find(c, at_ + 1);
        if (end == xml_.npos) break;
        at_ = end;
      }
      ++at_;
    }
    return Bad("unexpected EOF");
  }

  const std::string_view xml_;
  XmlVisitor& visitor_;
  size_t at_ = 0;
  bool seen_root_ = false;
  std::vector<std::string_view> open_;
  std::string text_;
};

}  // namespace

base::Status ReadXml(std::string_view xml, XmlVisitor& visitor) {
  return Reader(xml, visitor).Run();
}

base::Result<std::string> XmlText(std::string_view xml, std::string_view name) {
  struct Finder final : XmlVisitor {
    explicit Finder(std::string_view n) : wanted(n) {}
    base::Status Open(std::string_view, std::string_view) override { return base::OkStatus(); }
    base::Status Close(std::string_view closed, std::string text) override {
      if (!found && closed == wanted) found = std::move(text);
      return base::OkStatus();
    }
    std::string_view wanted;
    std::optional<std::string> found;
  } finder(name);
  SLUICE_TRY(ReadXml(xml, finder));
  if (!finder.found) return base::NotFound(base::Cat("no ", name, " in the answer"));
  return *std::move(finder.found);
}

}  // namespace sluice::cloud
