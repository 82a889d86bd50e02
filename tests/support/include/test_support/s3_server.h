// A real S3 server on loopback (versitygw over a folder), which checks every signature.
//
//   S3Server s3;
//   s3.MakeBucket("fleet");
//   s3.Put("fleet", "apps/a.yaml", "a: 1\n");
//   … spec.endpoint = s3.endpoint(), spec.bucketName = "fleet", a Secret with kAccessKey and
//   kSecretKey
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "test_support/certificates.h"

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where it does not come up. Use it on the
// main thread.
class S3Server {
 public:
  struct Options {
    bool tls = false;
    std::string region = "us-east-1";
  };

  S3Server() : S3Server(Options{}) {}
  explicit S3Server(const Options& options);
  ~S3Server();

  std::string endpoint() const;          // "127.0.0.1:PORT"
  const Certificate& authority() const;  // that issued its certificate

  void MakeBucket(const std::string& bucket) const;
  // the ETag, without quotes
  std::string Put(const std::string& bucket, const std::string& key,
                  const std::string& bytes) const;
  void Delete(const std::string& bucket, const std::string& key) const;
  // `count` small objects "<folder>/<n / 100>/<n>.yaml".
  void Fill(const std::string& bucket, size_t count, const std::string& folder,
            const std::string& content) const;

  // "GET /fleet/apps/a.yaml 200", "GET /fleet/?list-type=2 200", in order, from the server's own
  // log, those of this class too unless it speaks TLS. Waits for its writing while `at_least` are
  // not there.
  std::vector<std::string> Requests(size_t at_least = 0) const;

  static constexpr const char* kAccessKey = "AKIDTEST";
  static constexpr const char* kSecretKey = "not-so-secret";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
