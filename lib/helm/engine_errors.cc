#include "engine_errors.h"

#include <optional>
#include <string>

#include "base/strings.h"
#include "engine_functions.h"
#include "manifest_text.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Status;

// One error of the chain, taken apart by its text.
struct Frame {
  std::string location, function, message;
  friend bool operator==(const Frame&, const Frame&) = default;

  std::string Text() const {
    std::string out;
    if (!location.empty()) out += Cat(location, "\n  ");
    if (!function.empty()) out += Cat(function, "\n    ");
    if (!message.empty()) out += Cat(message, "\n");
    return out;
  }
};

std::string_view BeforeNext(std::string_view message) {
  return message.substr(0, message.find(" template:"));
}

// `<file>: executing "<name>" at <<node>>: <message>`
std::optional<Frame> ParseExecuting(std::string_view text) {
  const auto cut = base::Cut(text, ": executing ");
  if (!cut.has_value() || !cut->second.starts_with('"')) return std::nullopt;
  const std::string_view after = cut->second;
  const size_t quote = after.find('"', 1);
  if (quote == after.npos) return std::nullopt;
  const std::string_view name = after.substr(1, quote - 1), rest = after.substr(quote + 1);
  constexpr std::string_view kAt = " at <";
  if (!rest.starts_with(kAt)) return std::nullopt;
  const auto node = base::Cut(rest.substr(kAt.size()), ">: ");
  if (!node.has_value()) return std::nullopt;
  return Frame{std::string(cut->first), Cat("executing \"", name, "\" at <", node->first, ">:"),
               std::string(BeforeNext(node->second))};
}

std::optional<Frame> ParseFrame(std::string_view text) {
  constexpr std::string_view kPrefix = "template: ";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  const std::string_view rest = text.substr(kPrefix.size());
  if (rest.starts_with("no template ")) return Frame{"", "", std::string(text)};
  if (auto frame = ParseExecuting(rest); frame.has_value()) return frame;
  const size_t colon = rest.rfind(": ");
  if (colon == rest.npos) return std::nullopt;
  return Frame{std::string(rest.substr(0, colon)), "",
               std::string(BeforeNext(rest.substr(colon + 2)))};
}

}  // namespace

Status RewriteParseError(std::string_view file, const Status& error) {
  const auto tokens = base::Split(error.message(), ": ");
  if (tokens.size() == 1)
    return Status(error.code(), Cat("parse error in (", file, "): ", error.message()));
  return Status(error.code(), Cat("parse error at (", tokens[1], "): ", tokens.back()));
}

Status RewriteExecuteError(std::string_view file, const gotemplate::ExecuteError& error,
                           HelmVersion version) {
  const std::string& text = error.status.message();
  const base::StatusCode code = error.status.code();
  const auto tokens = base::SplitN(text, ": ", 3);
  if (tokens.size() != 3) return Status(code, Cat("execution error in (", file, "): ", text));
  const size_t start = tokens[2].find(kMessageStart);
  if (start != std::string_view::npos) {
    const size_t begin = start + kMessageStart.size(), end = tokens[2].rfind(kMessageEnd);
    if (end != std::string_view::npos && end >= begin) {
      return Status(code, Cat("execution error at (", tokens[1],
                              "): ", tokens[2].substr(begin, end - begin)));
    }
  }
  if (version == HelmVersion::kV3) return error.status;
  std::string out;
  std::optional<Frame> last;
  for (const size_t offset : error.chain) {
    auto frame = ParseFrame(std::string_view(text).substr(offset));
    if (!frame.has_value()) return error.status;
    if (last == frame) continue;
    out += frame->Text();
    last = std::move(frame);
  }
  return Status(code, std::string(TrimGoSpace(out)));
}

}  // namespace sluice::helm
