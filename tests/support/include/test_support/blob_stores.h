// Object stores of other people's making, on loopback: Azurite (Microsoft's emulator of Azure Blob
// Storage, which checks keys and shared access signatures) and fake-gcs-server (Google Cloud
// Storage; it asks for nobody). tests/controlplane/build makes both; Azurite only where npm is.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace sluice::test_support {

// Started by its constructor, which aborts the test binary where it does not come up. Use it on the
// main thread.
class Azurite {
 public:
  static bool Installed();
  Azurite();
  ~Azurite();

  std::string endpoint() const;  // "http://devstoreaccount1.blob.localhost:PORT"
  void MakeContainer(const std::string& container) const;
  void Put(const std::string& container, const std::string& key, const std::string& bytes) const;
  void Delete(const std::string& container, const std::string& key) const;
  // A shared access signature of the account, for reading and listing.
  std::string Sas() const;
  // "GET /devstoreaccount1/fleet?comp=list&restype=container 200", in order, without signatures; at
  // most those of the last second may be missing.
  std::vector<std::string> Requests() const;

  static constexpr const char* kAccount = "devstoreaccount1";
  // Known to everybody: https://learn.microsoft.com/azure/storage/common/storage-use-azurite
  static constexpr const char* kKey =
      "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class FakeGcs {
 public:
  static bool Installed();
  FakeGcs();
  ~FakeGcs();

  std::string address() const;  // "127.0.0.1:PORT", for STORAGE_EMULATOR_HOST
  void MakeBucket(const std::string& bucket) const;
  void Put(const std::string& bucket, const std::string& key, const std::string& bytes) const;
  void Delete(const std::string& bucket, const std::string& key) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::test_support
