// PoolFixture: repositories of a real `git http-backend`, one server a test suite, and a pool that
// follows them into mirrors of the test's own. For tests of this library and those of what stands
// on it.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "git/repository.h"
#include "http/client.h"
#include "observe/context.h"
#include "test_support/git_server.h"

namespace sluice::git {

class PoolFixture : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = std::make_unique<test_support::GitServer>(); }
  static void TearDownTestSuite() { server_.reset(); }
  void SetUp() override {
    http_ = *http::Client::Create({});
    pool_ = *MakeRepositoryPool(*http_, dir_.path());
    ctx_ = observe::Context().WithTimeout(std::chrono::minutes(5));
  }
  static std::string Name() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }

  // Files of the mirrors.
  std::vector<std::filesystem::path> Files(const std::string& extension = "") const {
    std::vector<std::filesystem::path> out;
    for (const auto& e : std::filesystem::recursive_directory_iterator(dir_.path())) {
      if (e.is_regular_file() && (extension.empty() || e.path().extension() == extension))
        out.push_back(e.path());
    }
    return out;
  }
  uint64_t PackBytes() const {
    uint64_t n = 0;
    for (const auto& f : Files(".pack")) n += std::filesystem::file_size(f);
    return n;
  }

  inline static std::unique_ptr<test_support::GitServer> server_;
  test_support::TempDir dir_;
  std::unique_ptr<http::Client> http_;
  std::unique_ptr<RepositoryPool> pool_;
  observe::Context ctx_;
};

}  // namespace sluice::git
