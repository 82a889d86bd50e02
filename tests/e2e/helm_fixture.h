// What tests of Helm sources share: charts made in the test, indexes of them, Secrets.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/strings.h"
#include "helm/loader.h"
#include "helm/package.h"
#include "lab.h"
#include "test_support/nginx_server.h"
#include "test_support/registry_server.h"

namespace sluice::e2e {

using FileMap = std::map<std::string, std::string>;

inline Lab& SourceLab() {
  static Lab lab({.controllers = false, .stack = {}, .processes = {"source"}});
  return lab;
}

// The .tgz of a chart with these files beside its Chart.yaml.
inline std::string ChartArchive(const std::string& name, const std::string& version,
                                const FileMap& more = {}) {
  FileMap files = {{"Chart.yaml", "apiVersion: v2\nname: " + name + "\nversion: " + version + "\n"},
                   {"values.yaml", "replicas: 1\n"}};
  for (const auto& [path, text] : more) files[path] = text;
  std::vector<helm::File> list;
  for (const auto& [path, text] : files)
    list.push_back({path, helm::SharedText(text), std::nullopt});
  const auto chart = helm::LoadFiles(std::move(list));
  EXPECT_TRUE(chart.ok()) << chart.status().message();
  return *helm::PackageChart(**chart);
}

inline std::string Index(const std::string& chart, const std::vector<std::string>& versions) {
  std::string out =
      "apiVersion: v1\ngenerated: \"2024-01-01T00:00:00Z\"\nentries:\n  " + chart + ":\n";
  for (const auto& v : versions) {
    out += "  - {apiVersion: v2, name: " + chart + ", version: " + v + ", urls: [" + chart + "-" +
           v + ".tgz], created: \"2024-01-01T00:00:00Z\"}\n";
  }
  return out;
}

// A folder of a web server with an index of these charts.
inline void ServeCharts(test_support::NginxServer& web, const std::string& folder,
                        const std::string& chart, const std::vector<std::string>& versions,
                        const FileMap& more = {}) {
  for (const auto& v : versions)
    web.Write(folder + "/" + chart + "-" + v + ".tgz", ChartArchive(chart, v, more));
  web.Write(folder + "/index.yaml", Index(chart, versions));
}

// As `helm push` does; the manifest's digest.
inline std::string PushChart(const test_support::RegistryServer& registry,
                             const std::string& repository, const std::string& tag,
                             const std::string& archive) {
  const auto descriptor = [&](const std::string& type, const std::string& bytes) {
    return base::Cat(R"({"mediaType":")", type, R"(","digest":")",
                     registry.PushBlob(repository, bytes), R"(","size":)",
                     std::to_string(bytes.size()), "}");
  };
  const std::string manifest = "application/vnd.oci.image.manifest.v1+json";
  return registry.PushManifest(
      repository, tag, manifest,
      base::Cat(R"({"schemaVersion":2,"mediaType":")", manifest, R"(","config":)",
                descriptor("application/vnd.cncf.helm.config.v1+json", "{}"), R"(,"layers":[)",
                descriptor("application/vnd.cncf.helm.chart.content.v1.tar+gzip", archive), "]}"));
}

class HelmTest : public testing::Test {
 protected:
  HelmTest() : ns_(SourceLab().NewNamespace()) {}
  static test_support::NginxServer& Web() {
    static test_support::NginxServer web;
    return web;
  }
  static test_support::RegistryServer& Registry() {
    static test_support::RegistryServer registry;
    return registry;
  }
  Ref Repository(const std::string& name = "repo") const { return {"HelmRepository", ns_, name}; }
  Ref Chart(const std::string& name = "chart") const { return {"HelmChart", ns_, name}; }
  void ApplyRepository(const std::string& name, const std::string& url,
                       const std::string& more = "") {
    lab_.Apply(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmRepository\nmetadata: {name: " + name +
        ", namespace: " + ns_ + "}\nspec:\n  interval: 10m\n  url: " + url + "\n" + more);
  }
  void ApplyChart(const std::string& name, const std::string& chart, const std::string& source,
                  const std::string& more = "") {
    const auto parts = base::Cut(source, "/");
    lab_.Apply(base::Cat(
        "apiVersion: source.toolkit.fluxcd.io/v1\nkind: HelmChart\nmetadata: {name: ", name,
        ", namespace: ", ns_, "}\nspec:\n  interval: 10m\n  chart: ", chart,
        "\n  sourceRef: {kind: ", parts->first, ", name: ", parts->second, "}\n", more));
  }
  // Asks for a pass, and waits for it.
  Value Poll(const Ref& ref) {
    lab_.RequestReconcile(ref);
    return lab_.WaitFor(ref, "the request was handled", [](const Value& o) {
      return Text(o["status"]["lastHandledReconcileAt"]) ==
             Text(o["metadata"]["annotations"]["reconcile.fluxcd.io/requestedAt"]);
    });
  }
  bool Said(const std::string& chart, const std::string& reason, const std::string& message) {
    return test_support::Eventually(kSoon, [&] {
      for (const auto& said : lab_.Events(Chart(chart), reason)) {
        if (said == message) return true;
      }
      return false;
    });
  }
  std::string Fetch(const Value& source) {
    return lab_.stack().http().Send("GET", Text(source["status"]["artifact"]["url"])).body;
  }
  static std::string Revision(const Value& source) {
    return Text(source["status"]["artifact"]["revision"]);
  }
  // Of this test's folder: "/chart-1.0.0.tgz 200 reader".
  std::vector<std::string> Asked(const test_support::NginxServer& web,
                                 const std::string& of = "") const {
    std::vector<std::string> out;
    for (const auto& line : web.Requests()) {
      const size_t at = line.find("/" + ns_);
      if (at != line.npos && base::Contains(line, of))
        out.push_back(line.substr(at + ns_.size() + 1));
    }
    return out;
  }

  Lab& lab_ = SourceLab();
  const std::string ns_;
};

}  // namespace sluice::e2e
