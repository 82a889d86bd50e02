// Charts and archives made in tests.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "helm/chart.h"
#include "helm/loader.h"

namespace sluice::helm {

using FileMap = std::map<std::string, std::string>;
std::vector<File> ToFiles(const FileMap& files);
// REQUIRES: the files are a valid chart
std::unique_ptr<Chart> MakeChart(const FileMap& files, HelmVersion version = HelmVersion::kV4);

// A tar entry with any name and type, its checksum right.
std::string TarEntryOf(const std::string& name, const std::string& content, char type = '0');
std::string TarGz(const std::string& entries, int level = 6);
std::string TarGzOf(const FileMap& files);  // below "c/"

// YAML text as values.
document::Value Yaml(const std::string& text, HelmVersion version = HelmVersion::kV4);
std::string Json(const document::Value& value);  // keys sorted

}  // namespace sluice::helm
