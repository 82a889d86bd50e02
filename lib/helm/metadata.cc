#include "helm/metadata.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "base/semver.h"
#include "base/strings.h"
#include "base/unicode.h"
#include "base/utf8.h"
#include "document/yaml.h"
#include "go_decode.h"
#include "metadata_fields.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Status;
using document::Value;

constexpr GoField<Maintainer> kMaintainerFields[] = {
    {"name", [](GoDecoder& d, const Value& v, Maintainer& m) { d.Text(v, m.name); }},
    {"email", [](GoDecoder& d, const Value& v, Maintainer& m) { d.Text(v, m.email); }},
    {"url", [](GoDecoder& d, const Value& v, Maintainer& m) { d.Text(v, m.url); }},
};

constexpr GoField<Dependency> kDependencyFields[] = {
    {"name", [](GoDecoder& d, const Value& v, Dependency& o) { d.Text(v, o.name); }},
    {"version", [](GoDecoder& d, const Value& v, Dependency& o) { d.Text(v, o.version); }},
    {"repository", [](GoDecoder& d, const Value& v, Dependency& o) { d.Text(v, o.repository); }},
    {"condition", [](GoDecoder& d, const Value& v, Dependency& o) { d.Text(v, o.condition); }},
    {"tags", [](GoDecoder& d, const Value& v, Dependency& o) { d.Texts(v, o.tags); }},
    {"enabled", [](GoDecoder& d, const Value& v, Dependency& o) { d.Bool(v, o.enabled); }},
    {"import-values",
     [](GoDecoder& d, const Value& v, Dependency& o) {
       o.import_values.clear();
       d.List(v, "[]interface {}", [&](const Value& item) { o.import_values.push_back(item); });
     }},
    {"alias", [](GoDecoder& d, const Value& v, Dependency& o) { d.Text(v, o.alias); }},
};

// As Go reads a list of pointers over one that is there: what stands at a place already keeps the
// fields that are not named again. False where the list is null.
template <class T>
bool ReadElements(GoDecoder& d, const Value& v, std::string_view type,
                  std::span<const GoField<T>> fields, std::vector<T>& out) {
  size_t n = 0;
  const bool list = d.List(v, Cat("[]*", type), [&](const Value& item) {
    if (n == out.size()) out.emplace_back();
    T& to = out[n++];
    if (item.is_null() || to.null) to = T();
    to.null = item.is_null();
    d.Object<T>(item, type, fields, to);
  });
  if (list || v.is_null()) out.resize(n);
  return list;
}

void ReadMaintainers(GoDecoder& d, const Value& v, Metadata& m) {
  ReadElements<Maintainer>(d, v, "v2.Maintainer", kMaintainerFields, m.maintainers);
}

bool ReadDependencies(GoDecoder& d, const Value& v, std::vector<Dependency>& out) {
  return ReadElements<Dependency>(d, v, "v2.Dependency", kDependencyFields, out);
}

constexpr GoField<Metadata> kMetadataFields[] = {
    {"name", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.name); }},
    {"home", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.home); }},
    {"sources", [](GoDecoder& d, const Value& v, Metadata& m) { d.Texts(v, m.sources); }},
    {"version", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.version); }},
    {"description", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.description); }},
    {"keywords", [](GoDecoder& d, const Value& v, Metadata& m) { d.Texts(v, m.keywords); }},
    {"maintainers", ReadMaintainers},
    {"icon", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.icon); }},
    {"apiVersion", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.api_version); }},
    {"condition", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.condition); }},
    {"tags", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.tags); }},
    {"appVersion", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.app_version); }},
    {"deprecated", [](GoDecoder& d, const Value& v, Metadata& m) { d.Bool(v, m.deprecated); }},
    {"annotations", [](GoDecoder& d, const Value& v, Metadata& m) { d.TextMap(v, m.annotations); }},
    {"kubeVersion", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.kube_version); }},
    {"dependencies",
     [](GoDecoder& d, const Value& v, Metadata& m) {
       m.empty_dependencies = ReadDependencies(d, v, m.dependencies) && m.dependencies.empty();
     }},
    {"type", [](GoDecoder& d, const Value& v, Metadata& m) { d.Text(v, m.type); }},
};

constexpr GoField<Lock> kLockFields[] = {
    {"generated", [](GoDecoder& d, const Value& v, Lock& l) { ReadGoTime(d, v, l.generated); }},
    {"digest", [](GoDecoder& d, const Value& v, Lock& l) { d.Text(v, l.digest); }},
    {"dependencies",
     [](GoDecoder& d, const Value& v, Lock& l) {
       if (!ReadDependencies(d, v, l.dependencies.emplace())) l.dependencies.reset();
     }},
};

Status Invalid(std::string_view message) {
  return base::InvalidArgument(Cat("validation: ", message));
}

void Sanitize(std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size();) {
    const base::Rune rune = base::DecodeRune(text, i);
    i += rune.size;
    if (base::IsSpace(rune.code)) {
      out += ' ';
    } else if (base::IsPrint(rune.code)) {  // U+FFFD, that a malformed byte is, can be printed
      base::AppendRune(out, rune.code);
    }
  }
  text = std::move(out);
}

void Sanitize(std::initializer_list<std::string*> texts) {
  for (std::string* text : texts) Sanitize(*text);
}

void Sanitize(std::vector<std::string>& texts) {
  for (std::string& text : texts) Sanitize(text);
}

// filepath.Base(name) == name for a name that is not empty.
bool IsBaseName(std::string_view name) { return name == "/" || name.find('/') == name.npos; }

bool IsAlias(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
}

Status ValidateDependencies(std::vector<Dependency>& dependencies) {
  std::set<std::string> names;
  for (Dependency& d : dependencies) {
    if (d.null) return Invalid("dependencies must not contain empty or null nodes");
    Sanitize({&d.name, &d.version, &d.repository, &d.condition});
    Sanitize(d.tags);
    if (!IsAlias(d.alias))
      return Invalid(
          Cat("dependency ", base::QuoteGo(d.name), " has disallowed characters in the alias"));
    if (!names.insert(d.effective_name()).second) {
      return Invalid(
          Cat("more than one dependency with name or alias ", base::QuoteGo(d.effective_name())));
    }
  }
  return {};
}

// Maps of Go come out in the order of their keys.
void SortDeep(Value& value) {
  if (value.is_array()) {
    for (Value& item : value.mutable_items()) SortDeep(item);
  }
  if (!value.is_object()) return;
  value.SortMembers();
  for (const auto& [key, unused] : value.members()) SortDeep(*value.Find(key));
}

// Builds an object, leaving out what Go's omitempty leaves out.
class Object {
 public:
  Object& Add(std::string_view key, Value value) {
    out_.Set(key, std::move(value));
    return *this;
  }
  Object& Text(std::string_view key, const std::string& text) {
    return text.empty() ? *this : Add(key, text);
  }
  Object& Texts(std::string_view key, const std::vector<std::string>& texts) {
    if (texts.empty()) return *this;
    Value list = Value::Array();
    for (const std::string& text : texts) list.Append(text);
    return Add(key, std::move(list));
  }
  Object& Flag(std::string_view key, bool flag) { return flag ? Add(key, true) : *this; }
  Value Take() { return std::move(out_); }

 private:
  Value out_ = Value::Object();
};

Value ToList(const std::vector<Dependency>& dependencies) {
  Value list = Value::Array();
  for (const Dependency& d : dependencies) list.Append(d.null ? Value() : ToValue(d));
  return list;
}

template <class T>
Status DecodeYaml(std::string_view text, std::string_view type, std::span<const GoField<T>> fields,
                  T& into, bool* null) {
  auto value = document::ParseYamlToValue(text);
  if (!value.ok()) return std::move(value).status().Wrap("error converting YAML to JSON");
  if (null != nullptr) *null = value->is_null();
  GoDecoder decoder({.coerce = true});
  decoder.Object<T>(*value, type, fields, into);
  return decoder.status().Wrap("error unmarshaling JSON: while decoding JSON");
}

// Helm 3's package is "chart".
Status InWordsOf(HelmVersion helm, Status status) {
  if (helm == HelmVersion::kV4 || status.ok()) return status;
  std::string words = base::ReplaceAll(status.message(), "*v2.", "*chart.");
  return Status(status.code(), base::ReplaceAll(words, "type v2.", "type chart."));
}

}  // namespace

std::span<const GoField<Metadata>> MetadataFields() { return kMetadataFields; }

bool Metadata::is_library() const { return base::EqualFold(type, "library"); }

Status Metadata::Validate(HelmVersion helm) {
  Sanitize({&name, &description, &home, &icon, &condition, &tags, &app_version, &kube_version});
  Sanitize(sources);
  Sanitize(keywords);
  if (api_version.empty()) return Invalid("chart.metadata.apiVersion is required");
  if (name.empty()) return Invalid("chart.metadata.name is required");
  if (helm == HelmVersion::kV4 && (name == "." || name == "..")) {
    return Invalid(Cat("chart.metadata.name ", base::QuoteGo(name), " is not allowed"));
  }
  if (!IsBaseName(name))
    return Invalid(Cat("chart.metadata.name ", base::QuoteGo(name), " is invalid"));
  if (version.empty()) return Invalid("chart.metadata.version is required");
  if (!base::SemVer::Parse(version).ok())
    return Invalid(Cat("chart.metadata.version ", base::QuoteGo(version), " is invalid"));
  if (!type.empty() && type != "application" && type != "library") {
    return Invalid("chart.metadata.type must be application or library");
  }
  for (Maintainer& m : maintainers) {
    if (m.null) return Invalid("maintainers must not contain empty or null nodes");
    Sanitize({&m.name, &m.email, &m.url});
  }
  return ValidateDependencies(dependencies);
}

Value ToValue(const Dependency& d) {
  Object out;
  out.Add("name", d.name)
      .Text("version", d.version)
      .Add("repository", d.repository)
      .Text("condition", d.condition)
      .Texts("tags", d.tags);
  out.Flag("enabled", d.enabled);
  if (!d.import_values.empty()) {
    Value list = Value::Array(d.import_values);
    SortDeep(list);
    out.Add("import-values", std::move(list));
  }
  return out.Text("alias", d.alias).Take();
}

Value ToValue(const Metadata& m) {
  Object out;
  out.Text("name", m.name)
      .Text("home", m.home)
      .Texts("sources", m.sources)
      .Text("version", m.version);
  out.Text("description", m.description).Texts("keywords", m.keywords);
  if (!m.maintainers.empty()) {
    Value list = Value::Array();
    for (const Maintainer& p : m.maintainers) {
      list.Append(
          p.null ? Value()
                 : Object().Text("name", p.name).Text("email", p.email).Text("url", p.url).Take());
    }
    out.Add("maintainers", std::move(list));
  }
  out.Text("icon", m.icon)
      .Text("apiVersion", m.api_version)
      .Text("condition", m.condition)
      .Text("tags", m.tags);
  out.Text("appVersion", m.app_version).Flag("deprecated", m.deprecated);
  if (!m.annotations.empty()) {
    Value map = Value::Object();
    for (const auto& [key, text] : m.annotations) map.Set(key, text);
    out.Add("annotations", std::move(map));
  }
  out.Text("kubeVersion", m.kube_version);
  if (!m.dependencies.empty()) out.Add("dependencies", ToList(m.dependencies));
  return out.Text("type", m.type).Take();
}

Value ToValue(const Lock& lock) {
  return Value::Object(
      {{"generated", lock.generated},
       {"digest", lock.digest},
       {"dependencies", lock.dependencies ? ToList(*lock.dependencies) : Value()}});
}

Status FromValue(const Value& value, Metadata* into) {
  GoDecoder decoder({});
  decoder.Object<Metadata>(value, "v2.Metadata", kMetadataFields, *into);
  return decoder.status();
}

Status FromValue(const Value& value, Lock* into) {
  GoDecoder decoder({});
  decoder.Object<Lock>(value, "v2.Lock", kLockFields, *into);
  return decoder.status();
}

Status FromYaml(std::string_view text, Metadata* into, HelmVersion helm) {
  return InWordsOf(helm,
                   DecodeYaml<Metadata>(text, "v2.Metadata", kMetadataFields, *into, nullptr));
}

Status CheckStrictly(std::string_view chart_yaml, HelmVersion helm) {
  auto value =
      document::ParseYamlToValue(chart_yaml, {.duplicate_keys = document::DuplicateKeys::kError});
  if (!value.ok()) return std::move(value).status().Wrap("error converting YAML to JSON");
  GoDecoder decoder({.coerce = true, .strict = true});
  Metadata ignored;
  decoder.Object<Metadata>(*value, "v2.Metadata", kMetadataFields, ignored);
  return InWordsOf(helm, decoder.status()).Wrap("error unmarshaling JSON: while decoding JSON");
}

Status FromYaml(std::string_view text, std::optional<Lock>* into, HelmVersion helm) {
  bool null = false;
  SLUICE_TRY(
      InWordsOf(helm, DecodeYaml<Lock>(text, "v2.Lock", kLockFields, into->emplace(), &null)));
  if (null) into->reset();
  return {};
}

}  // namespace sluice::helm
