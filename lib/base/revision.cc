#include "base/revision.h"

#include <algorithm>
#include <iterator>

#include "base/strings.h"

namespace sluice::base {
namespace {

constexpr struct {
  std::string_view name;
  size_t hex_length;
} kAlgorithms[] = {{"sha1", 40}, {"sha256", 64}, {"sha384", 96}, {"sha512", 128}, {"blake3", 64}};

bool IsHex(std::string_view s, size_t length) {
  return s.size() == length && s.find_first_not_of("0123456789abcdef") == s.npos;
}

Status Invalid(std::string_view text, std::string_view why) {
  constexpr size_t kMaxEcho = 64;  // the message ends up in a condition: bound it
  return InvalidArgument(Cat("invalid revision '", TruncateUtf8(text, kMaxEcho), "': ", why));
}

}  // namespace

Result<Revision> Revision::Parse(std::string_view text) {
  if (text.empty()) return Invalid(text, "empty");
  Revision rev;
  if (const size_t colon = text.rfind(':'); colon != text.npos) {
    // A pointer may hold '@' itself ("pkg@v1.0.0@sha256:…"): the last one separates.
    const size_t at = text.rfind('@', colon);
    if (at == 0) return Invalid(text, "empty pointer before '@'");
    if (at != text.npos) rev.pointer_ = text.substr(0, at);
    const size_t begin = at == text.npos ? 0 : at + 1;
    rev.algorithm_ = text.substr(begin, colon - begin);
    rev.checksum_ = text.substr(colon + 1);
    const auto* it = std::ranges::find(kAlgorithms, rev.algorithm_, [](auto& a) { return a.name; });
    if (it == std::end(kAlgorithms)) return Invalid(text, "unknown digest algorithm");
    if (!IsHex(rev.checksum_, it->hex_length)) return Invalid(text, "malformed checksum");
    return rev;
  }
  rev.pointer_ = text;
  const size_t slash = text.rfind('/');
  const auto hash = slash == text.npos ? text : text.substr(slash + 1);
  if (IsHex(hash, 40)) {  // pre-RFC Git form; "HEAD" is no pointer
    rev.pointer_ = slash == text.npos ? "" : text.substr(0, slash);
    if (rev.pointer_ == "HEAD") rev.pointer_.clear();
    rev.algorithm_ = "sha1";
    rev.checksum_ = hash;
  }
  return rev;
}

std::string Revision::ToString() const {
  if (checksum_.empty()) return pointer_;
  return (pointer_.empty() ? "" : pointer_ + "@") + algorithm_ + ":" + checksum_;
}

}  // namespace sluice::base
