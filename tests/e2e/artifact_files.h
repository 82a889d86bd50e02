// What an object's artifact holds, as anybody would fetch it: by its URL, checked against its
// digest.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "artifact/archive.h"
#include "artifact/unpack.h"
#include "io/file_tree.h"
#include "lab.h"

namespace sluice::e2e {

// The bytes; a test failure where they are not what the status says.
inline std::string ArtifactBytes(Lab& lab, const Value& object) {
  const Value& artifact = object["status"]["artifact"];
  const auto answer = lab.stack().http().Send("GET", Text(artifact["url"]));
  EXPECT_EQ(answer.status, 200) << Text(artifact["url"]);
  const auto whole = artifact::VerifyDigest(answer.body, Text(artifact["digest"]));
  EXPECT_TRUE(whole.ok()) << whole.message();
  EXPECT_EQ(static_cast<int64_t>(answer.body.size()), artifact["size"].AsInt());
  return answer.body;
}

// Its files. Never null: where there are none to be had, the test has failed and the tree is empty.
inline std::shared_ptr<const io::FileTree> ArtifactFiles(Lab& lab, const Value& object) {
  auto tree = artifact::UnpackTarGz(ArtifactBytes(lab, object));
  EXPECT_TRUE(tree.ok()) << tree.status().message();
  if (tree.ok()) return *std::move(tree);
  return io::MakeMemoryTree({});
}

// A tarball of these files, as sources have them.
inline std::string TarGz(std::map<std::string, std::string> files) {
  const auto tree = io::MakeMemoryTree(std::move(files));
  std::string out;
  const auto made = artifact::ArchiveTree(*tree, nullptr, [&out](std::string_view bytes) {
    out += bytes;
    return base::OkStatus();
  });
  EXPECT_TRUE(made.ok());
  return out;
}

}  // namespace sluice::e2e
