#include "helm/warning.h"

#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"

namespace sluice::helm {
namespace {

// log/slog's TextHandler.
std::string LogValue(std::string_view text) {
  bool quote = text.empty();
  for (size_t i = 0; i < text.size() && !quote;) {
    const base::Rune rune = base::DecodeRune(text, i);
    quote = rune.code == 0xfffd || rune.code == ' ' || rune.code == '=' || rune.code == '"' ||
            base::IsSpace(rune.code) || !base::IsPrint(rune.code);
    i += rune.size;
  }
  return quote ? base::QuoteGo(text) : std::string(text);
}

}  // namespace

std::string LogLine(const Warning& warning, HelmVersion version) {
  if (version == HelmVersion::kV3) return base::Cat(warning.place, ": ", warning.text, "\n");
  constexpr std::string_view kLevels[] = {"INFO", "WARN", "ERROR"};
  std::string out = base::Cat("level=", kLevels[static_cast<size_t>(warning.level)],
                              " msg=", LogValue(warning.text));
  for (const auto& [key, value] : warning.fields) out += base::Cat(" ", key, "=", LogValue(value));
  return out + '\n';
}

}  // namespace sluice::helm
