#include "engine_values.h"

#include "base/strings.h"
#include "document/yaml.h"
#include "gotemplate/function.h"

namespace sluice::helm {
namespace {

using base::Cat;
using base::Result;
using gotemplate::Call;
using gotemplate::Heap;
using gotemplate::Kind;
using gotemplate::Map;
using gotemplate::Type;
using gotemplate::Value;

// ---- .Values

class ValuesMethods final : public gotemplate::TypeMethods {
 public:
  std::string_view Method(std::string_view name) const override {
    if (name == "AsMap") return ">M";
    if (name == "YAML") return ">S";
    if (name == "Table") return "S>M";
    if (name == "PathValue") return "S>A";
    if (name == "Encode") return "{io.Writer}>A";  // no value of a template is one
    return "";
  }
  Result<Value> Call(const Value& receiver, std::string_view name,
                     gotemplate::Call& call) const override {
    Map& map = receiver.map();
    if (name == "AsMap") {
      return map.empty() ? Value::Of(call.heap.NewMap()) : receiver.WithoutName();
    }
    if (name == "YAML") {
      SLUICE_TRY(const auto data, gotemplate::ToDocument(receiver));
      std::string text;
      SLUICE_TRY(document::AppendYaml(text, data));
      return call.String(text);
    }
    if (name == "Encode")
      return base::InvalidArgument(
          "runtime error: invalid memory address or nil pointer dereference");
    const std::string_view path = call[0].text();
    if (name == "Table") {
      const Value table = NamedTable(call.heap, map, path, map.type());
      if (table.is_nil())
        return base::NotFound(Cat(base::QuoteGo(FirstMissing(map, path)), " is not a table"));
      return table;
    }
    return PathValue(map, path);
  }

 private:
  // The first part of the path at which there is no table.
  static std::string_view FirstMissing(Map& map, std::string_view path) {
    for (size_t dot = path.find('.'); dot != path.npos; dot = path.find('.', dot + 1)) {
      if (FindTable(map, path.substr(0, dot)) == nullptr) return LastPart(path.substr(0, dot));
    }
    return LastPart(path);
  }
  static std::string_view LastPart(std::string_view path) {
    return path.substr(path.rfind('.') + 1);
  }
  static Result<Value> PathValue(Map& map, std::string_view path) {
    if (path.empty()) return base::InvalidArgument("YAML path cannot be empty");
    const std::string_view last = LastPart(path);
    Map* table = last.size() == path.size()
                     ? &map
                     : FindTable(map, path.substr(0, path.size() - last.size() - 1));
    const Value* found = table == nullptr ? nullptr : table->Find(last);
    if (found == nullptr || found->is_map())
      return base::NotFound(Cat(base::QuoteGo(last), " is not a value"));
    return *found;
  }
};
const ValuesMethods kValuesMethods;
const Type kValuesV4{"common.Values", Kind::kMap, nullptr, &kValuesMethods};
const Type kValuesV3{"chartutil.Values", Kind::kMap, nullptr, &kValuesMethods};

// ---- .Capabilities

class VersionSetMethods final : public gotemplate::TypeMethods {
 public:
  std::string_view Method(std::string_view name) const override {
    return name == "Has" ? "S>B" : "";
  }
  Result<Value> Call(const Value& receiver, std::string_view,
                     gotemplate::Call& call) const override {
    for (const Value& item : receiver.list().items()) {
      if (item.text() == call[0].text()) return Value::Bool(true);
    }
    return Value::Bool(false);
  }
};
const VersionSetMethods kVersionSetMethods;
const Type kVersionSetV4{"common.VersionSet", Kind::kList, &gotemplate::types::kString,
                         &kVersionSetMethods};
const Type kVersionSetV3{"chartutil.VersionSet", Kind::kList, &gotemplate::types::kString,
                         &kVersionSetMethods};

const Type kCapabilitiesV4{"*common.Capabilities", Kind::kObject};
const Type kCapabilitiesV3{"*chartutil.Capabilities", Kind::kObject};
const Type kKubeVersionV4{"common.KubeVersion", Kind::kObject};
const Type kKubeVersionV3{"chartutil.KubeVersion", Kind::kObject};
const Type kBuildInfo{"version.BuildInfo", Kind::kObject};

class KubeVersionObject final : public gotemplate::Object {
 public:
  KubeVersionObject(const KubeVersion& version, HelmVersion helm)
      : version_(version), helm_(helm) {}
  const Type& type() const override {
    return helm_ == HelmVersion::kV3 ? kKubeVersionV3 : kKubeVersionV4;
  }
  bool Field(Heap&, std::string_view name, Value& out) const override {
    if (name == "Version")
      out = Value::String(version_.version);
    else if (name == "Major")
      out = Value::String(version_.major);
    else if (name == "Minor")
      out = Value::String(version_.minor);
    else
      return false;
    return true;
  }
  std::string_view Method(std::string_view name) const override {
    return name == "String" || name == "GitVersion" ? ">S" : "";
  }
  Result<Value> CallMethod(std::string_view name, Call&) override {
    return Value::String(name == "String" && helm_ == HelmVersion::kV4 ? version_.normalized
                                                                       : version_.version);
  }
  bool HasString() const override { return true; }
  std::string String() const override {
    return helm_ == HelmVersion::kV4 ? version_.normalized : version_.version;
  }
  std::string GoString() const override {
    return Cat("{", version_.version, " ",
               helm_ == HelmVersion::kV4 ? Cat(version_.normalized, " ") : "", version_.major, " ",
               version_.minor, "}");
  }
  const document::Value* Data() const override {
    if (data_.is_null())
      data_ = document::Value::Object(
          {{"Version", version_.version}, {"Major", version_.major}, {"Minor", version_.minor}});
    return &data_;
  }

 private:
  const KubeVersion& version_;
  HelmVersion helm_;
  mutable document::Value data_;
};

class BuildInfoObject final : public gotemplate::Object {
 public:
  explicit BuildInfoObject(HelmVersion helm) : helm_(helm) {}
  const Type& type() const override { return kBuildInfo; }
  bool Field(Heap&, std::string_view name, Value& out) const override {
    if (name == "Version")
      out = Value::String(Version());
    else if (name == "GoVersion")
      out = Value::String(kGoVersion);
    else if (name == "GitCommit" || name == "GitTreeState")
      out = Value::String({});
    else if (name == "KubeClientVersion" && helm_ == HelmVersion::kV4)
      out = Value::String(kClientVersion);
    else
      return false;
    return true;
  }
  std::string GoString() const override {
    return Cat("{", Version(), "   ", kGoVersion,
               helm_ == HelmVersion::kV4 ? Cat(" ", kClientVersion) : "", "}");
  }
  const document::Value* Data() const override {
    if (data_.is_null())
      data_ = document::Value::Object({{"version", Version()}, {"go_version", kGoVersion}});
    return &data_;
  }

 private:
  static constexpr std::string_view kGoVersion = "go1.26", kClientVersion = "v1.36";
  std::string_view Version() const { return helm_ == HelmVersion::kV3 ? "v3.19" : "v4.2"; }
  HelmVersion helm_;
  mutable document::Value data_;
};

class CapabilitiesObject final : public gotemplate::Object {
 public:
  CapabilitiesObject(Heap& heap, const Capabilities& capabilities, HelmVersion helm)
      : capabilities_(capabilities),
        helm_(helm),
        kube_(Value::Of(heap.NewObject<KubeVersionObject>(capabilities.kube_version, helm))),
        build_(Value::Of(heap.NewObject<BuildInfoObject>(helm))) {}
  const Type& type() const override {
    return helm_ == HelmVersion::kV3 ? kCapabilitiesV3 : kCapabilitiesV4;
  }
  std::string_view kind_name() const override { return "ptr"; }
  bool Field(Heap& heap, std::string_view name, Value& out) const override {
    if (name == "KubeVersion")
      out = kube_;
    else if (name == "HelmVersion")
      out = build_;
    else if (name == "APIVersions")
      out = ApiVersions(heap);
    else
      return false;
    return true;
  }
  std::string_view Method(std::string_view name) const override {
    return name == "Copy" ? ">A" : "";
  }
  Result<Value> CallMethod(std::string_view, Call&) override { return Value::Of(this); }
  std::string GoString() const override {
    return Cat("&{", kube_.object().GoString(), " [", base::Join(capabilities_.api_versions, " "),
               "] ", build_.object().GoString(), "}");
  }
  const document::Value* Data() const override {
    if (!data_.is_null()) return &data_;
    document::Value apis = document::Value::Array();
    for (const std::string& api : capabilities_.api_versions) apis.Append(api);
    data_ = document::Value::Object({{"KubeVersion", *kube_.object().Data()},
                                     {"APIVersions", std::move(apis)},
                                     {"HelmVersion", *build_.object().Data()}});
    return &data_;
  }

 private:
  Value ApiVersions(Heap& heap) const {
    if (apis_.is_nil()) {
      auto* list = heap.NewList(capabilities_.api_versions.size(),
                                helm_ == HelmVersion::kV3 ? kVersionSetV3 : kVersionSetV4);
      for (const std::string& api : capabilities_.api_versions)
        list->Append(heap, Value::String(api));
      apis_ = Value::Of(list);
    }
    return apis_;
  }

  const Capabilities& capabilities_;
  HelmVersion helm_;
  Value kube_, build_;
  mutable Value apis_;
  mutable document::Value data_;
};

// ---- .Chart

Value StringList(Heap& heap, const std::vector<std::string>& texts, const Type& type) {
  auto* list = heap.NewList(texts.size(), type);
  for (const std::string& text : texts) list->Append(heap, Value::String(text));
  return Value::Of(list);
}

Value Annotations(Heap& heap, const Metadata& metadata) {
  auto* map = heap.NewMap(metadata.annotations.size(), gotemplate::types::kStringMap);
  for (const auto& [key, value] : metadata.annotations) map->Set(heap, key, Value::String(value));
  return Value::Of(map);
}

using Fields = std::vector<std::pair<std::string_view, Value>>;

Fields MaintainerFields(const Maintainer& m) {
  return {{"Name", Value::String(m.name)},
          {"Email", Value::String(m.email)},
          {"URL", Value::String(m.url)}};
}

Fields DependencyFields(Heap& heap, const Dependency& d, const Type& strings) {
  auto* imports = heap.NewList(d.import_values.size());
  for (const document::Value& value : d.import_values)
    imports->Append(heap, gotemplate::FromDocument(heap, value));
  return {{"Name", Value::String(d.name)},
          {"Version", Value::String(d.version)},
          {"Repository", Value::String(d.repository)},
          {"Condition", Value::String(d.condition)},
          {"Tags", StringList(heap, d.tags, strings)},
          {"Enabled", Value::Bool(d.enabled)},
          {"ImportValues", Value::Of(imports)},
          {"Alias", Value::String(d.alias)}};
}

// Helm 3's .Chart and what it points to: structs, whose unknown fields are errors.
class Struct final : public gotemplate::Object {
 public:
  Struct(const Type& type, Fields fields, document::Value data, bool pointer)
      : type_(type), fields_(std::move(fields)), data_(std::move(data)), pointer_(pointer) {}
  const Type& type() const override { return type_; }
  std::string_view kind_name() const override { return pointer_ ? "ptr" : "struct"; }
  bool Field(Heap&, std::string_view name, Value& out) const override {
    for (const auto& [field, value] : fields_) {
      if (field != name) continue;
      out = value;
      return true;
    }
    return false;
  }
  std::string GoString() const override {
    std::string out = pointer_ ? "&{" : "{";
    for (const auto& [field, value] : fields_) {
      if (out.back() != '{') out += ' ';
      gotemplate::AppendGoValue(out, value);
    }
    return out + "}";
  }
  const document::Value* Data() const override { return &data_; }

 private:
  const Type& type_;
  Fields fields_;
  document::Value data_;
  bool pointer_;
};
const Type kMaintainer{"*chart.Maintainer", Kind::kObject};
const Type kDependency{"*chart.Dependency", Kind::kObject};
const Type kMaintainers{"[]*chart.Maintainer", Kind::kList, &kMaintainer};
const Type kDependencies{"[]*chart.Dependency", Kind::kList, &kDependency};
const Type kChartStruct{"struct { chart.Metadata; IsRoot bool }", Kind::kObject};

Value MapOf(Heap& heap, const Fields& fields) {
  auto* map = heap.NewMap(fields.size());
  for (const auto& [name, value] : fields) map->Set(heap, name, value);
  return Value::Of(map);
}

document::Value WithoutEmpty(
    std::initializer_list<std::pair<std::string_view, std::string_view>> members) {
  document::Value out = document::Value::Object();
  for (const auto& [key, value] : members) {
    if (!value.empty()) out.Set(key, value);
  }
  return out;
}

}  // namespace

const Type& ValuesType(HelmVersion version) {
  return version == HelmVersion::kV3 ? kValuesV3 : kValuesV4;
}

Map* FindTable(Map& values, std::string_view path) {
  Map* at = &values;
  for (const std::string_view part : base::Split(path, ".")) {
    const Value* below = at->Find(part);
    if (below == nullptr || !below->is_map()) return nullptr;
    at = &below->map();
  }
  return at;
}

Value NamedTable(Heap& heap, Map& values, std::string_view path, const Type& type) {
  const size_t dot = path.rfind('.');
  Map* around = dot == path.npos ? &values : FindTable(values, path.substr(0, dot));
  const std::string_view name = path.substr(dot + 1);
  const Value* found = around == nullptr ? nullptr : around->Find(name);
  if (found == nullptr || !found->is_map() || found->map().type().element != nullptr) return {};
  const Value table = *found;
  around->Set(heap, name, table.type() == &type ? table : table.WithoutName());
  table.map().Rename(type);
  return Value::Of(&table.map());
}

Value MakeChart(Heap& heap, const Chart& chart, HelmVersion version) {
  const Metadata& m = chart.metadata;
  const bool v3 = version == HelmVersion::kV3;
  const Type& strings = v3 ? gotemplate::types::kStringList : gotemplate::types::kList;
  auto* maintainers =
      heap.NewList(m.maintainers.size(), v3 ? kMaintainers : gotemplate::types::kList);
  for (const Maintainer& maintainer : m.maintainers) {
    maintainers->Append(
        heap, v3 ? Value::Of(heap.NewObject<Struct>(kMaintainer, MaintainerFields(maintainer),
                                                    WithoutEmpty({{"name", maintainer.name},
                                                                  {"email", maintainer.email},
                                                                  {"url", maintainer.url}}),
                                                    true))
                 : MapOf(heap, MaintainerFields(maintainer)));
  }
  auto* dependencies =
      heap.NewList(m.dependencies.size(), v3 ? kDependencies : gotemplate::types::kList);
  for (const Dependency& dependency : m.dependencies) {
    Fields fields = DependencyFields(heap, dependency, strings);
    dependencies->Append(heap, v3 ? Value::Of(heap.NewObject<Struct>(kDependency, std::move(fields),
                                                                     ToValue(dependency), true))
                                  : MapOf(heap, fields));
  }
  Fields fields = {
      {"Name", Value::String(m.name)},
      {"Home", Value::String(m.home)},
      {"Sources", StringList(heap, m.sources, strings)},
      {"Version", Value::String(m.version)},
      {"Description", Value::String(m.description)},
      {"Keywords", StringList(heap, m.keywords, strings)},
      {"Maintainers", Value::Of(maintainers)},
      {"Icon", Value::String(m.icon)},
      {"APIVersion", Value::String(m.api_version)},
      {"Condition", Value::String(m.condition)},
      {"Tags", Value::String(m.tags)},
      {"AppVersion", Value::String(m.app_version)},
      {"Deprecated", Value::Bool(m.deprecated)},
      {"Annotations", Annotations(heap, m)},
      {"KubeVersion", Value::String(m.kube_version)},
      {"Dependencies", Value::Of(dependencies)},
      {"Type", Value::String(m.type)},
      {"IsRoot", Value::Bool(chart.is_root())},
  };
  if (!v3) return MapOf(heap, fields);
  document::Value data = ToValue(m);
  data.Set("IsRoot", chart.is_root());
  return Value::Of(heap.NewObject<Struct>(kChartStruct, std::move(fields), std::move(data), false));
}

Value MakeCapabilities(Heap& heap, const Capabilities& capabilities, HelmVersion version) {
  return Value::Of(heap.NewObject<CapabilitiesObject>(heap, capabilities, version));
}

}  // namespace sluice::helm
