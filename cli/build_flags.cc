#include "build_flags.h"

#include <optional>

#include "base/strings.h"

namespace sluice::cli {
namespace {

using base::Cat;
using base::Status;

constexpr std::string_view kRestrictions[] = {"LoadRestrictionsRootOnly", "LoadRestrictionsNone"};

// Flags that take a value; the rest of the known ones are booleans.
constexpr std::string_view kValued[] = {"load-restrictor",
                                        "reorder",
                                        "helm-command",
                                        "helm-api-versions",
                                        "helm-kube-version",
                                        "output",
                                        "network-name",
                                        "mount",
                                        "env"};
constexpr std::string_view kSwitches[] = {
    "enable-helm", "enable-alpha-plugins",   "enable-exec", "enable-star", "as-current-user",
    "network",     "enable-managedby-label", "helm-debug",  "stack-trace", "help"};

bool Contains(const auto& list, std::string_view name) {
  for (const std::string_view item : list) {
    if (item == name) return true;
  }
  return false;
}

std::string LongName(char letter) {
  switch (letter) {
    case 'o':
      return "output";
    case 'e':
      return "env";
    case 'h':
      return "help";
    default:
      return "";
  }
}

class Parser {
 public:
  Parser(const std::vector<std::string>& args, BuildCommand& out) : args_(args), out_(out) {}

  Status Run() {
    for (at_ = 0; at_ < args_.size(); ++at_) {
      const std::string& arg = args_[at_];
      if (arg == "--") {
        for (++at_; at_ < args_.size(); ++at_) paths_.push_back(args_[at_]);
      } else if (arg.starts_with("--")) {
        SLUICE_TRY(Long(std::string_view(arg).substr(2)));
      } else if (arg.size() > 1 && arg.front() == '-') {
        SLUICE_TRY(Short(std::string_view(arg).substr(1)));
      } else {
        paths_.push_back(arg);
      }
    }
    if (paths_.size() > 1) return base::InvalidArgument("specify one path to kustomization.yaml");
    if (!paths_.empty()) out_.path = paths_[0];
    return CheckValues();
  }

 private:
  Status Long(std::string_view text) {
    if (text.empty() || text.front() == '-' || text.front() == '=')
      return base::InvalidArgument(Cat("bad flag syntax: --", text));
    const auto cut = base::Cut(text, "=");
    const std::string name(cut.has_value() ? cut->first : text);
    std::optional<std::string> value;
    if (cut.has_value()) value = cut->second;
    if (Contains(kSwitches, name)) return Switch(name, value);
    if (!Contains(kValued, name)) return base::InvalidArgument(Cat("unknown flag: --", name));
    if (!value.has_value()) {
      if (at_ + 1 == args_.size())
        return base::InvalidArgument(Cat("flag needs an argument: --", name));
      value = args_[++at_];
    }
    return Value(name, *value);
  }

  Status Short(std::string_view text) {
    const std::string name = LongName(text.front());
    if (name.empty()) {
      return base::InvalidArgument(
          Cat("unknown shorthand flag: '", text.substr(0, 1), "' in -", text));
    }
    if (name == "help") return Switch(name, std::nullopt);
    text.remove_prefix(1);
    if (text.starts_with('=')) text.remove_prefix(1);
    if (!text.empty()) return Value(name, std::string(text));
    if (at_ + 1 == args_.size())
      return base::InvalidArgument(
          Cat("flag needs an argument: '", name.substr(0, 1), "' in -", name.substr(0, 1)));
    return Value(name, args_[++at_]);
  }

  Status Switch(const std::string& name, const std::optional<std::string>& value) {
    bool on = true;
    if (value.has_value()) {
      const auto parsed = base::ParseBool(*value);
      if (!parsed.has_value()) {
        return base::InvalidArgument(Cat("invalid argument ", base::QuoteGo(*value), " for \"--",
                                         name, "\" flag: strconv.ParseBool: parsing ",
                                         base::QuoteGo(*value), ": invalid syntax"));
      }
      on = *parsed;
    }
    if (name == "enable-helm" && !out_.options.enable_plugins) out_.options.enable_helm = on;
    // as the peer's plugin settings have it
    if (name == "enable-alpha-plugins") out_.options.enable_plugins = out_.options.enable_helm = on;
    if (name == "enable-exec") out_.options.enable_exec = on;
    if (name == "network") out_.options.function_network = on;
    if (name == "enable-managedby-label") {
      out_.options.managed_by_label = on;
      out_.notes.emplace_back(
          "Flag --enable-managedby-label has been deprecated, The flag `enable-managedby-label` "
          "has been deprecated. Use the "
          "`managedByLabel` option in the `buildMetadata` field instead.");
    }
    if (name == "help") out_.help = on;
    return {};
  }

  Status Value(const std::string& name, const std::string& value) {
    kustomize::BuildOptions& o = out_.options;
    if (name == "output") out_.output = value;
    if (name == "env") o.function_env.push_back(value);
    if (name == "helm-command") {
      o.helm_command = value;
      out_.notes.emplace_back(
          "note: --helm-command is ignored: charts are inflated without a helm program");
    }
    if (name == "helm-kube-version") o.helm_kube_version = value;
    if (name == "helm-api-versions") o.helm_api_versions.push_back(value);
    if (name == "load-restrictor") {
      restriction_ = value;
      o.load_restriction = value == kRestrictions[1] ? kustomize::LoadRestriction::kNone
                                                     : kustomize::LoadRestriction::kRootOnly;
    }
    if (name == "reorder") {
      out_.notes.emplace_back(
          "Flag --reorder has been deprecated, use the new 'sortOptions' field in "
          "kustomization.yaml instead.");
      reorder_ = value;
      o.reorder = value == "legacy" ? kustomize::Reorder::kLegacy : kustomize::Reorder::kNone;
    }
    return {};
  }

  // Once all flags are read.
  Status CheckValues() const {
    if (!restriction_.empty() && !Contains(kRestrictions, restriction_)) {
      return base::InvalidArgument(
          Cat("illegal flag value --load-restrictor ", restriction_,
              "; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"));
    }
    if (reorder_ != "legacy" && reorder_ != "none") {
      return base::InvalidArgument(
          Cat("illegal flag value --reorder ", reorder_, "; legal values: [legacy none]"));
    }
    return {};
  }

  const std::vector<std::string>& args_;
  BuildCommand& out_;
  size_t at_ = 0;
  std::vector<std::string> paths_;
  std::string restriction_, reorder_ = "legacy";
};

}  // namespace

Status ParseBuildFlags(const std::vector<std::string>& args, std::string_view managed_by_variable,
                       BuildCommand& command) {
  command.options.reorder = kustomize::Reorder::kUnspecified;
  command.options.managed_by_label = managed_by_variable == "on";
  return Parser(args, command).Run();
}

std::string OutputFileName(const kustomize::ObjectId& id, bool with_namespace) {
  std::vector<std::string> parts;
  if (with_namespace) parts.push_back(id.ns.empty() ? "default" : id.ns);
  const auto cut = base::Cut(id.api_version, "/");
  if (cut.has_value() && !cut->first.empty()) parts.emplace_back(cut->first);
  const std::string_view version = cut.has_value() ? cut->second : std::string_view(id.api_version);
  if (!version.empty()) parts.emplace_back(version);
  parts.push_back(id.kind);
  parts.push_back(id.name);
  return Cat(base::ToLower(base::Join(parts, "_")), ".yaml");
}

}  // namespace sluice::cli
