#include "test_chart.h"

#include <gtest/gtest.h>

#include "archive/gzip.h"
#include "archive/tar.h"
#include "document/json.h"
#include "helm/values.h"

namespace sluice::helm {

std::vector<File> ToFiles(const FileMap& files) {
  std::vector<File> out;
  for (const auto& [name, text] : files) out.push_back({name, SharedText(text)});
  return out;
}

std::unique_ptr<Chart> MakeChart(const FileMap& files, HelmVersion version) {
  auto chart = LoadFiles(ToFiles(files), {.version = version});
  EXPECT_TRUE(chart.ok()) << chart.status().message();
  return chart.ok() ? *std::move(chart) : std::make_unique<Chart>();
}

std::string TarEntryOf(const std::string& name, const std::string& content, char type) {
  std::string out = *archive::FormatTarHeader({.name = "x", .size = content.size()});
  out.replace(0, 100, std::string(100, '\0'));
  out.replace(0, name.size(), name);
  out[156] = type;
  out.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char c : out) sum += static_cast<unsigned char>(c);
  char text[9];
  std::snprintf(text, sizeof text, "%06o", sum);
  out.replace(148, 8, std::string(text, 6) + std::string("\0 ", 2));
  out += content;
  out.resize((out.size() + 511) / 512 * 512);
  return out;
}

std::string TarGz(const std::string& entries, int level) {
  std::string out;
  archive::GzipWriter writer(
      [&](std::string_view bytes) {
        out += bytes;
        return base::OkStatus();
      },
      {.level = level});
  EXPECT_TRUE(writer.Write(entries + std::string(1024, '\0')).ok() && writer.Finish().ok());
  return out;
}

std::string TarGzOf(const FileMap& files) {
  std::string tar;
  for (const auto& [name, text] : files) tar += TarEntryOf("c/" + name, text);
  return TarGz(tar);
}

document::Value Yaml(const std::string& text, HelmVersion version) {
  auto values = ParseValues(text, version);
  EXPECT_TRUE(values.ok()) << values.status().message();
  return *std::move(values);
}

std::string Json(const document::Value& value) { return document::ToJson(value); }

}  // namespace sluice::helm
