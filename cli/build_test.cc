// `sluice` as a program: what it starts.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "test_support/process.h"

namespace sluice::cli {
namespace {

using test_support::CommandResult;
using test_support::TempDir;
using ::testing::HasSubstr;

CommandResult Build(const TempDir& dir, std::vector<std::string> flags) {
  std::vector<std::string> argv = {SLUICE_BIN_DIR "/sluice", "build", dir.path()};
  argv.insert(argv.end(), flags.begin(), flags.end());
  return test_support::RunCommand(argv);
}

void WriteProgram(const TempDir& dir, const std::string& name, const std::string& text) {
  std::filesystem::permissions(dir.Write(name, text), std::filesystem::perms::owner_all);
}

TEST(BuildProgramTest, RunsFunctionsInTheirFolder) {
  const TempDir dir;
  dir.Write("kustomization.yaml", "resources: [r.yaml]\ntransformers: [f.yaml]\n");
  dir.Write("r.yaml", "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}, data: {k: old}}\n");
  dir.Write("f.yaml",
            "kind: F\nmetadata:\n  name: f\n  annotations: {config.kubernetes.io/function: '{exec: "
            "{path: ./fn.sh, args: [new], envs: [A=b]}}'}\n");
  WriteProgram(dir, "fn.sh",
               "#!/bin/sh\necho \"in $(pwd) A=$A B=$B\" >&2\nexec sed \"s/old/$1/\"\n");
  const std::vector<std::string> flags = {"--enable-alpha-plugins", "--enable-exec", "-e", "B=c"};
  const CommandResult ran = Build(dir, flags);
  EXPECT_EQ(ran.out, "apiVersion: v1\ndata:\n  k: new\nkind: ConfigMap\nmetadata:\n  name: x\n")
      << ran.err;
  EXPECT_EQ(ran.err, "in " + std::filesystem::canonical(dir.path()).string() + " A=b B=c\n");
  WriteProgram(dir, "fn.sh", "#!/bin/sh\nexit 3\n");
  EXPECT_EQ(Build(dir, flags).err, "Error: couldn't execute function: exit status 3 \n");
  std::filesystem::remove(dir.File("fn.sh"));
  EXPECT_EQ(Build(dir, flags).err,
            "Error: couldn't execute function: fork/exec ./fn.sh: no such file or directory \n");
  EXPECT_THAT(Build(dir, {"--enable-alpha-plugins"}).out, HasSubstr("k: old"));
  EXPECT_THAT(Build(dir, {"--enable-exec"}).err,
              HasSubstr("external plugins disabled; unable to load external plugin 'F'"));
}

// A closed port stands for a schema that cannot be had.
TEST(TemplateProgramTest, FetchesSchemasThatASchemaNames) {
  const TempDir dir;
  dir.Write("Chart.yaml", "apiVersion: v2\nname: c\nversion: 0.1.0\n");
  dir.Write("values.yaml", "a: 1\n");
  const std::string own =
      "file://" + dir.Write("s.json", R"({"type":"object","properties":{"a":{"type":"string"}}})");
  const std::string away = "http://127.0.0.1:1/s.json";
  const auto render = [&](const std::string& url) {
    dir.Write("values.schema.json", "{\"$ref\": \"" + url + "\"}");
    return test_support::RunCommand({SLUICE_BIN_DIR "/sluice", "template", dir.path()}).err;
  };
  EXPECT_THAT(render(own), HasSubstr("- at '/a': got number, want string\n"));
  EXPECT_THAT(render(away), HasSubstr("failing loading \"" + away + "\": HTTP request failed for " +
                                      away + ": Get \"" + away +
                                      "\": dial tcp 127.0.0.1:1: connect: connection refused"));
  EXPECT_THAT(render("ftp://127.0.0.1/s.json"),
              HasSubstr("no URLLoader registered for \"ftp://127.0.0.1/s.json\""));
}

}  // namespace
}  // namespace sluice::cli
