// A smart-HTTP git server on loopback (git http-backend), and work trees that push to it.
//
//   GitServer server;
//   GitWorkTree tree(server, "fleet");
//   tree.Write("apps/a.yaml", "…");
//   const std::string sha = tree.CommitAndPush("add a");
//   … spec.url = tree.url()
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "test_support/process.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where the server does not come up. Use
// it on the main thread.
class GitServer {
 public:
  GitServer();
  // http://127.0.0.1:PORT/<name>.git; a name below "private/" asks for kUser and kPassword.
  std::string Url(const std::string& name) const;
  std::string Folder(const std::string& name) const;  // the bare repository
  size_t Requests() const;                            // answered so far
  // Every repository is served badly from now on, as git_server.py's KIND says ("cut", "flip",
  // "503" …); "" = well again.
  void SetFault(const std::string& kind) const;
  void Stop();   // as if the host were down
  void Start();  // again, on a new port: Url() changes

  static constexpr const char* kUser = "reader";
  static constexpr const char* kPassword = "s3cr3t";

 private:
  TempDir root_;
  int port_ = 0;
  std::optional<Process> process_;
};

// A repository `name` on the server, branch main, with a clone to change it by. Commits have fixed
// authors and rising dates.
class GitWorkTree {
 public:
  GitWorkTree(const GitServer& server, const std::string& name);

  std::string url() const { return server_.Url(name_); }
  const std::string& path() const { return dir_.path(); }

  void Write(const std::string& file, const std::string& content) const;
  void Remove(const std::string& file) const;
  void Symlink(const std::string& file, const std::string& target) const;
  // Commits everything and pushes it with all tags; the commit's SHA.
  std::string CommitAndPush(const std::string& message);
  // Any git command in the work tree; aborts when it fails. Its output without the last newline.
  std::string Git(std::vector<std::string> args);

 private:
  const GitServer& server_;
  std::string name_;
  TempDir dir_;
  int commits_ = 0;
};

}  // namespace sluice::test_support
