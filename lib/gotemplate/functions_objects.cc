#include "functions_objects.h"

#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <utility>

#include "base/semver.h"
#include "base/strings.h"
#include "coerce.h"
#include "go_url.h"

namespace sluice::gotemplate::internal {
namespace {

using base::Cat;

// The text under `key`, "" where there is none.
base::Result<std::string_view> TextOf(const Value& map, std::string_view key) {
  const Value* value = map.is_map() ? map.map().Find(key) : nullptr;
  if (value == nullptr) return std::string_view();
  if (value->is_nil()) return NilDereference();
  if (!value->is_string()) {
    return base::InvalidArgument(Cat("unable to parse ", key, " key, must be of type string, but ",
                                     value->KindName(), " found"));
  }
  return value->text();
}

bool StrictColons(const Call& call) { return call.environment.helm() == HelmVersion::k4; }

// *semver.Version, and semver.Version, which the methods that change one answer.
class Version final : public Object {
 public:
  Version(base::SemVer version, bool pointer) : version_(std::move(version)), pointer_(pointer) {}

  const Type& type() const override { return pointer_ ? kPointer : kStruct; }
  std::string_view kind_name() const override { return pointer_ ? "ptr" : "struct"; }
  bool HasString() const override { return true; }
  std::string String() const override { return version_.ToString(); }
  std::string GoString() const override {
    const auto part = [](uint64_t n) {
      std::array<char, 16> hex;
      return Cat(
          "0x", std::string_view(hex.data(),
                                 static_cast<size_t>(
                                     std::to_chars(hex.data(), hex.data() + hex.size(), n, 16).ptr -
                                     hex.data())));
    };
    return Cat(pointer_ ? "&" : "", "semver.Version{major:", part(version_.major()),
               ", minor:", part(version_.minor()), ", patch:", part(version_.patch()),
               ", pre:", base::QuoteGo(version_.prerelease()),
               ", metadata:", base::QuoteGo(version_.metadata()),
               ", original:", base::QuoteGo(version_.original()), "}");
  }
  const document::Value* Data() const override {
    if (data_.is_null()) data_ = document::Value(version_.ToString());
    return &data_;
  }
  std::string_view Method(std::string_view name) const override {
    constexpr std::pair<std::string_view, std::string_view> kMethods[] = {
        {"Compare", "{*semver.Version}>I"},
        {"Equal", "{*semver.Version}>B"},
        {"GreaterThan", "{*semver.Version}>B"},
        {"GreaterThanEqual", "{*semver.Version}>B"},
        {"IncMajor", ">{semver.Version}"},
        {"IncMinor", ">{semver.Version}"},
        {"IncPatch", ">{semver.Version}"},
        {"LessThan", "{*semver.Version}>B"},
        {"LessThanEqual", "{*semver.Version}>B"},
        {"Major", ">U"},
        {"Metadata", ">S"},
        {"Minor", ">U"},
        {"Original", ">S"},
        {"Patch", ">U"},
        {"Prerelease", ">S"},
        {"SetMetadata", "S>{semver.Version}"},
        {"SetPrerelease", "S>{semver.Version}"},
        {"String", ">S"},
    };
    for (const auto& [method, signature] : kMethods) {
      if (method == name) return signature;
    }
    return {};
  }
  base::Result<Value> CallMethod(std::string_view name, Call& call) override;

 private:
  static constexpr Type kPointer{"*semver.Version", Kind::kObject},
      kStruct{"semver.Version", Kind::kObject};
  base::Result<Value> Ordering(std::string_view name, const Value& other) const;
  base::Result<Value> Changed(std::string_view name, Call& call) const;

  base::SemVer version_;
  bool pointer_;
  mutable document::Value data_;
};

base::Result<Value> NewVersion(Call& call, std::string_view text, bool pointer) {
  SLUICE_TRY(base::SemVer version, base::SemVer::Parse(text));
  return Value::Of(call.heap.NewObject<Version>(std::move(version), pointer));
}

base::Result<Value> Version::CallMethod(std::string_view name, Call& call) {
  if (name == "Major") return Value::Uint64(version_.major());
  if (name == "Minor") return Value::Uint64(version_.minor());
  if (name == "Patch") return Value::Uint64(version_.patch());
  if (name == "Prerelease") return call.String(version_.prerelease());
  if (name == "Metadata") return call.String(version_.metadata());
  if (name == "Original") return call.String(version_.original());
  if (name == "String") return call.String(version_.ToString());
  if (name.starts_with("Inc") || name.starts_with("Set")) return Changed(name, call);
  return Ordering(name, call[0]);
}

base::Result<Value> Version::Ordering(std::string_view name, const Value& other) const {
  const auto* that =
      other.kind() == Kind::kObject ? dynamic_cast<const Version*>(&other.object()) : nullptr;
  if (that == nullptr) return NilDereference();
  const auto order = version_ <=> that->version_;
  if (name == "Compare") return Value::Int(order < 0 ? -1 : order > 0 ? 1 : 0);
  if (name == "Equal") return Value::Bool(order == 0);
  if (name == "GreaterThan") return Value::Bool(order > 0);
  if (name == "GreaterThanEqual") return Value::Bool(order >= 0);
  if (name == "LessThan") return Value::Bool(order < 0);
  return Value::Bool(order <= 0);
}

// IncPatch of a prerelease is its release; the others count up. All keep the "v" that the text had.
base::Result<Value> Version::Changed(std::string_view name, Call& call) const {
  uint64_t major = version_.major(), minor = version_.minor(), patch = version_.patch();
  std::string suffix;
  if (name == "SetPrerelease" || name == "SetMetadata") {
    const bool pre = name == "SetPrerelease";
    const std::string_view prerelease =
        pre ? call[0].text() : std::string_view(version_.prerelease());
    const std::string_view metadata = pre ? std::string_view(version_.metadata()) : call[0].text();
    if (!prerelease.empty()) suffix += Cat("-", prerelease);
    if (!metadata.empty()) suffix += Cat("+", metadata);
  } else if (name == "IncMajor") {
    ++major;
    minor = patch = 0;
  } else if (name == "IncMinor") {
    ++minor;
    patch = 0;
  } else if (version_.prerelease().empty()) {
    ++patch;
  }
  return NewVersion(call,
                    Cat(version_.original().starts_with('v') ? "v" : "", std::to_string(major), ".",
                        std::to_string(minor), ".", std::to_string(patch), suffix),
                    false);
}

}  // namespace

base::Result<Value> UrlParse(Call& call) {
  auto url = GoUrl::Parse(call[0].text(), StrictColons(call));
  if (!url.ok()) return base::InvalidArgument(Cat("unable to parse url: ", url.status().message()));
  Map* map = call.heap.NewMap(8);
  const auto set = [&](std::string_view key, std::string_view text) {
    map->Set(call.heap, key, call.String(text));
  };
  set("fragment", url->fragment);
  set("host", url->host);
  set("hostname", url->Hostname());
  set("opaque", url->opaque);
  set("path", url->path);
  set("query", url->query);
  set("scheme", url->scheme);
  set("userinfo", url->UserInfo());
  return Value::Of(map);
}

base::Result<Value> UrlJoin(Call& call) {
  GoUrl url;
  const std::pair<std::string_view, std::string*> fields[] = {
      {"scheme", &url.scheme}, {"host", &url.host},     {"path", &url.path},
      {"query", &url.query},   {"opaque", &url.opaque}, {"fragment", &url.fragment}};
  for (const auto& [key, field] : fields) {
    SLUICE_TRY(const std::string_view text, TextOf(call[0], key));
    *field = text;
  }
  SLUICE_TRY(const std::string_view user, TextOf(call[0], "userinfo"));
  if (!user.empty()) {
    auto parsed = GoUrl::Parse(Cat("proto://", user, "@host"), StrictColons(call));
    if (!parsed.ok())
      return base::InvalidArgument(
          Cat("unable to parse userinfo in dict: ", parsed.status().message()));
    url.has_user = parsed->has_user;
    url.has_password = parsed->has_password;
    url.user = std::move(parsed->user);
    url.password = std::move(parsed->password);
  }
  return call.String(url.ToString());
}

base::Result<Value> Semver(Call& call) { return NewVersion(call, call[0].text(), true); }

base::Result<Value> SemverCompare(Call& call) {
  // semver 3.4, Helm 3's, does not quote what it cannot read.
  const auto words = call.environment.helm() == HelmVersion::k4 ? base::SemVerWords::kQuoted
                                                                : base::SemVerWords::kPlain;
  auto constraint = base::SemVerConstraint::Parse(call[0].text(), words);
  if (!constraint.ok()) return constraint.status();
  SLUICE_TRY(const base::SemVer version, base::SemVer::Parse(call[1].text()));
  return Value::Bool(constraint->Matches(version));
}

}  // namespace sluice::gotemplate::internal
