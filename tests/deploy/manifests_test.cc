// deploy/ without a cluster: it renders, and what its parts say of one another is so: ports,
// labels, accounts, roles, volumes, images, keys.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "document/value.h"
#include "document/yaml.h"
#include "io/file_tree.h"
#include "kustomize/build.h"
#include "runtime/flags.h"

namespace sluice {
namespace {

using document::Value;
using testing::HasSubstr;

const std::string kRoot = SLUICE_SOURCE_DIR;

std::string ReadAll(const std::string& path) {
  std::ifstream file(kRoot + "/" + path);
  return {std::istreambuf_iterator<char>(file), {}};
}

const std::vector<Value>& Objects() {
  static const auto objects = [] {
    std::vector<Value> out;
    const auto tree = io::OpenDirectory(kRoot);
    SLUICE_CHECK(tree.ok());
    const auto built = kustomize::Build(**tree, "deploy", {});
    EXPECT_TRUE(built.ok()) << built.status().message();
    if (!built.ok()) return out;
    EXPECT_TRUE(built->warnings().empty());
    for (size_t i = 0; i < built->size(); ++i) {
      auto object = document::ParseYamlToValue(built->ToYaml(i));
      EXPECT_TRUE(object.ok());
      if (object.ok()) out.push_back(*std::move(object));
    }
    return out;
  }();
  return objects;
}

std::string Text(const Value& v) { return std::string(v.AsString()); }
std::string NameOf(const Value& object) { return Text(object["metadata"]["name"]); }

std::vector<const Value*> OfKind(std::string_view kind) {
  std::vector<const Value*> out;
  for (const Value& object : Objects()) {
    if (object["kind"].AsString() == kind) out.push_back(&object);
  }
  return out;
}

bool Exists(std::string_view kind, std::string_view name) {
  return std::ranges::any_of(OfKind(kind), [&](const Value* o) { return NameOf(*o) == name; });
}

const Value& PodOf(const Value& deployment) { return deployment["spec"]["template"]["spec"]; }
const Value& ManagerOf(const Value& deployment) {
  return PodOf(deployment)["containers"].items().front();
}

bool HasPort(const Value& container, const Value& name) {
  return std::ranges::any_of(container["ports"].items(),
                             [&](const Value& p) { return p["name"] == name; });
}

std::set<int64_t> PortsOf(const Value& container) {
  std::set<int64_t> out;
  for (const Value& p : container["ports"].items()) out.insert(p["containerPort"].AsInt());
  return out;
}

std::string FlagOf(const Value& container, const std::string& flag) {
  for (const Value& arg : container["args"].items()) {
    if (Text(arg).starts_with("--" + flag + "=")) return Text(arg).substr(flag.size() + 3);
  }
  return "";
}

TEST(ManifestsTest, EveryObjectStandsOnceAndInOurNamespace) {
  std::set<std::string> seen;
  for (const Value& object : Objects()) {
    const std::string id = Text(object["kind"]) + "/" + NameOf(object);
    SCOPED_TRACE(id);
    EXPECT_TRUE(seen.insert(id).second);
    EXPECT_EQ(object["metadata"]["namespace"].AsString("flux-system"), "flux-system");
  }
  EXPECT_EQ(OfKind("Deployment").size(), 3u);
  EXPECT_EQ(OfKind("CustomResourceDefinition").size(), 12u);
}

TEST(ManifestsTest, ProbesPortsAndVolumesOfPodsAreThere) {
  const runtime::CommonFlags defaults;
  for (const Value* deployment : OfKind("Deployment")) {
    SCOPED_TRACE(NameOf(*deployment));
    const Value& manager = ManagerOf(*deployment);
    for (const char* probe : {"livenessProbe", "readinessProbe"})
      EXPECT_TRUE(HasPort(manager, manager[probe]["httpGet"]["port"])) << probe;
    for (const std::string& address : {defaults.metrics_addr, defaults.health_addr}) {
      EXPECT_EQ(PortsOf(manager).count(std::stoi(address.substr(1))), 1u) << address;
    }
    EXPECT_EQ(
        ":" +
            Text(
                (*deployment)["spec"]["template"]["metadata"]["annotations"]["prometheus.io/port"]),
        defaults.metrics_addr);
    for (const Value& mount : manager["volumeMounts"].items()) {
      EXPECT_TRUE(std::ranges::any_of(PodOf(*deployment)["volumes"].items(),
                                      [&](const Value& v) { return v["name"] == mount["name"]; }));
    }
  }
}

TEST(ManifestsTest, PodsAreRestricted) {
  for (const Value* deployment : OfKind("Deployment")) {
    SCOPED_TRACE(NameOf(*deployment));
    const Value& manager = ManagerOf(*deployment);
    const Value& security = manager["securityContext"];
    EXPECT_TRUE(security["runAsNonRoot"].AsBool());
    EXPECT_TRUE(security["readOnlyRootFilesystem"].AsBool());
    EXPECT_TRUE(security["allowPrivilegeEscalation"].is_bool() &&
                !security["allowPrivilegeEscalation"].AsBool());
    EXPECT_EQ(Text(security["seccompProfile"]["type"]), "RuntimeDefault");
    EXPECT_EQ(security["capabilities"]["drop"], Value::Array({"ALL"}));
    for (const char* bound : {"requests", "limits"}) {
      for (const char* what : {"cpu", "memory"})
        EXPECT_FALSE(manager["resources"][bound][what].is_null()) << bound << " " << what;
    }
    // Nothing but volumes can be written.
    EXPECT_TRUE(std::ranges::any_of(manager["volumeMounts"].items(), [](const Value& m) {
      return m["mountPath"].AsString() == "/tmp";
    }));
  }
}

TEST(ManifestsTest, ServicesReachPods) {
  for (const Value* service : OfKind("Service")) {
    SCOPED_TRACE(NameOf(*service));
    const Value& selector = (*service)["spec"]["selector"];
    const auto deployments = OfKind("Deployment");
    const auto found = std::ranges::find_if(deployments, [&](const Value* d) {
      return std::ranges::all_of(selector.members(), [&](const auto& m) {
        return (*d)["spec"]["template"]["metadata"]["labels"][m.first] == m.second;
      });
    });
    ASSERT_NE(found, deployments.end());
    for (const Value& port : (*service)["spec"]["ports"].items())
      EXPECT_TRUE(HasPort(ManagerOf(**found), port["targetPort"]));
  }
}

TEST(ManifestsTest, AccountsAndRolesAreThere) {
  for (const Value* deployment : OfKind("Deployment"))
    EXPECT_TRUE(Exists("ServiceAccount", PodOf(*deployment)["serviceAccountName"].AsString()));
  for (const std::string kind : {"ClusterRoleBinding", "RoleBinding"}) {
    for (const Value* binding : OfKind(kind)) {
      SCOPED_TRACE(NameOf(*binding));
      const Value& role = (*binding)["roleRef"];
      EXPECT_TRUE(Exists(role["kind"].AsString(), role["name"].AsString()) ||
                  role["name"].AsString() == "cluster-admin");
      for (const Value& subject : (*binding)["subjects"].items())
        EXPECT_TRUE(Exists("ServiceAccount", subject["name"].AsString()));
    }
  }
}

TEST(ManifestsTest, NoRoleTakesMoreThanItNames) {
  for (const std::string kind : {"ClusterRole", "Role"}) {
    for (const Value* role : OfKind(kind)) {
      SCOPED_TRACE(NameOf(*role));
      for (const Value& rule : (*role)["rules"].items()) {
        EXPECT_EQ(std::ranges::count(rule["verbs"].items(), Value("*")), 0);
        EXPECT_EQ(std::ranges::count(rule["apiGroups"].items(), Value("*")), 0);
        const bool core = std::ranges::count(rule["apiGroups"].items(), Value("")) > 0;
        EXPECT_TRUE(!core || std::ranges::count(rule["resources"].items(), Value("*")) == 0);
      }
    }
  }
}

// Each image is a target of the Dockerfile, whose entry point is its name, in the version of the
// project.
TEST(ManifestsTest, ImagesAreTheDockerfiles) {
  const std::string dockerfile = ReadAll("deploy/Dockerfile");
  for (const Value* deployment : OfKind("Deployment")) {
    const std::string name = NameOf(*deployment);
    EXPECT_EQ(Text(ManagerOf(*deployment)["image"]),
              "sluice/" + name + ":v" SLUICE_PROJECT_VERSION);
    EXPECT_THAT(dockerfile, HasSubstr("FROM controller AS " + name + "\n"));
    EXPECT_THAT(dockerfile,
                HasSubstr("/usr/local/bin/" + name + "\nENTRYPOINT [\"" + name + "\"]\n"));
  }
}

TEST(ManifestsTest, KeysOfTheBusAreMountedWhereTheyAreLookedFor) {
  for (const Value* deployment : OfKind("Deployment")) {
    SCOPED_TRACE(NameOf(*deployment));
    const std::string folder = FlagOf(ManagerOf(*deployment), "bus-keys");
    std::string volume;
    for (const Value& mount : ManagerOf(*deployment)["volumeMounts"].items()) {
      if (mount["mountPath"].AsString() == folder) volume = Text(mount["name"]);
    }
    std::string secret;
    for (const Value& v : PodOf(*deployment)["volumes"].items()) {
      if (v["name"].AsString() == volume) secret = Text(v["secret"]["secretName"]);
    }
    ASSERT_FALSE(secret.empty());
    EXPECT_THAT(ReadAll("lib/link/bus_link.cc"), HasSubstr("kKeySecret = \"" + secret + "\""));
  }
}

}  // namespace
}  // namespace sluice
