#include "flag_parser.h"

#include <algorithm>

#include "base/duration.h"
#include "base/strings.h"

namespace sluice::cli {

using base::Cat;
using base::Result;
using base::Status;

namespace {

// One record of encoding/csv.
std::vector<std::string> SplitList(std::string_view text) {
  std::vector<std::string> out;
  std::string field;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"')
        field += c;
      else if (text.substr(i + 1).starts_with('"'))
        field += text[++i];
      else
        quoted = false;
    } else if (c == '"' && field.empty()) {
      quoted = true;
    } else if (c == ',') {
      out.push_back(std::move(field));
      field.clear();
    } else {
      field += c;
    }
  }
  out.push_back(std::move(field));
  return out;
}

}  // namespace

std::string ParsedFlags::Text(std::string_view name, std::string_view fallback) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::string(fallback) : it->second.back();
}

std::vector<std::string> ParsedFlags::Texts(std::string_view name) const {
  const auto it = values_.find(name);
  return it == values_.end() ? std::vector<std::string>() : it->second;
}

class FlagParser {
 public:
  FlagParser(std::span<const std::string> args, std::span<const FlagSpec> specs)
      : args_(args), specs_(specs) {}

  Result<ParsedFlags> Run() {
    for (at_ = 0; at_ < args_.size(); ++at_) {
      const std::string_view arg = args_[at_];
      if (arg == "--") {
        out_.words_.insert(out_.words_.end(), args_.begin() + static_cast<std::ptrdiff_t>(at_) + 1,
                           args_.end());
        break;
      }
      if (arg.starts_with("--"))
        SLUICE_TRY(Long(arg.substr(2)));
      else if (arg.size() > 1 && arg.starts_with('-'))
        SLUICE_TRY(Short(arg.substr(1)));
      else
        out_.words_.emplace_back(arg);
    }
    return std::move(out_);
  }

 private:
  Status Long(std::string_view text) {
    const auto cut = base::Cut(text, "=");
    const std::string_view name = cut.has_value() ? cut->first : text;
    const auto spec = std::ranges::find(specs_, name, &FlagSpec::name);
    if (spec == specs_.end()) return base::InvalidArgument(Cat("unknown flag: --", name));
    if (cut.has_value()) return Set(*spec, cut->second);
    if (spec->kind == FlagKind::kSwitch) return Set(*spec, "true");
    if (spec->kind == FlagKind::kBare) return Set(*spec, "unset");
    if (at_ + 1 == args_.size())
      return base::InvalidArgument(Cat("flag needs an argument: --", name));
    return Set(*spec, args_[++at_]);
  }

  Status Short(std::string_view text) {
    const std::string_view whole = text;
    while (!text.empty()) {
      const auto spec = std::ranges::find(specs_, text.front(), &FlagSpec::shorthand);
      if (spec == specs_.end())
        return base::InvalidArgument(
            Cat("unknown shorthand flag: '", text.substr(0, 1), "' in -", whole));
      const std::string_view letter = text.substr(0, 1);
      text.remove_prefix(1);
      if (spec->kind == FlagKind::kSwitch && !text.starts_with('=')) {
        SLUICE_TRY(Set(*spec, "true"));
        continue;
      }
      if (text.starts_with('='))
        text.remove_prefix(1);
      else if (text.empty() && at_ + 1 == args_.size())
        return base::InvalidArgument(Cat("flag needs an argument: '", letter, "' in -", whole));
      else if (text.empty())
        text = args_[++at_];
      return Set(*spec, text);
    }
    return {};
  }

  static Status Invalid(const FlagSpec& spec, std::string_view value, std::string_view why) {
    const std::string shorthand =
        spec.shorthand == 0 ? "" : Cat("-", std::string(1, spec.shorthand), ", ");
    return base::InvalidArgument(Cat("invalid argument ", base::QuoteGo(value), " for \"",
                                     shorthand, "--", spec.name, "\" flag: ", why));
  }
  static Status InvalidSyntax(const FlagSpec& spec, std::string_view value,
                              std::string_view function) {
    return Invalid(
        spec, value,
        Cat("strconv.", function, ": parsing ", base::QuoteGo(value), ": invalid syntax"));
  }

  // Of the kinds that say more than "a text".
  static Status Check(const FlagSpec& spec, std::string_view value) {
    switch (spec.kind) {
      case FlagKind::kInt:
        return base::ParseInt64(value) ? Status() : InvalidSyntax(spec, value, "ParseInt");
      case FlagKind::kFloat:
        return base::ParseDouble(value) ? Status() : InvalidSyntax(spec, value, "ParseFloat");
      case FlagKind::kDuration: {
        const auto duration = base::ParseDuration(value);
        return duration.ok() ? Status() : Invalid(spec, value, duration.status().message());
      }
      case FlagKind::kPairs:
        for (const std::string& pair : SplitList(value)) {
          if (!base::Contains(pair, "="))
            return Invalid(spec, value, Cat(pair, " must be formatted as key=value"));
        }
        return {};
      default:
        return {};
    }
  }

  Status Set(const FlagSpec& spec, std::string_view value) {
    SLUICE_TRY(Check(spec, value));
    auto& values = out_.values_[std::string(spec.name)];
    switch (spec.kind) {
      case FlagKind::kSwitch: {
        const auto parsed = base::ParseBool(value);
        if (!parsed.has_value()) return InvalidSyntax(spec, value, "ParseBool");
        values = {*parsed ? "true" : "false"};
        return {};
      }
      case FlagKind::kList:
        for (std::string& item : SplitList(value)) values.push_back(std::move(item));
        return {};
      case FlagKind::kPairs:
      case FlagKind::kTexts:
        values.emplace_back(value);
        return {};
      default:
        values = {std::string(value)};
        return {};
    }
  }

  std::span<const std::string> args_;
  std::span<const FlagSpec> specs_;
  size_t at_ = 0;
  ParsedFlags out_;
};

Result<ParsedFlags> ParseFlags(std::span<const std::string> args, std::span<const FlagSpec> specs) {
  return FlagParser(args, specs).Run();
}

}  // namespace sluice::cli
