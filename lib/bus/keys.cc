#include "bus/keys.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <zmq.hpp>

#include "base/strings.h"
#include "io/rooted_fs.h"

namespace sluice::bus {
namespace {

constexpr Role kRoles[] = {Role::kSource, Role::kKustomize, Role::kHelm, Role::kNotify};
constexpr size_t kZ85Length = 40;

std::string FileName(Role role, std::string_view suffix) {
  return base::Cat(RoleName(role), suffix);
}

// A mounted Secret's entries are links to links, so this follows them: the directory is the
// operator's own.
base::Result<std::string> ReadKey(const std::string& dir, const std::string& name, bool secret) {
  const std::string path = dir + "/" + name;
  struct stat info = {};
  if (::stat(path.c_str(), &info) != 0)
    return base::NotFound("bus key '" + path + "' is not there");
  if (secret && (info.st_mode & 0007) != 0) {
    return base::PermissionDenied("bus key '" + path + "' can be read by others (want mode 0600)");
  }
  std::ifstream file(path);
  char buffer[128];
  file.read(buffer, sizeof buffer);
  std::string key(base::TrimSpace({buffer, static_cast<size_t>(file.gcount())}));
  if (key.size() != kZ85Length)
    return base::InvalidArgument("bus key '" + path + "' is not 40 characters of Z85");
  uint8_t raw[32];
  if (zmq_z85_decode(raw, key.c_str()) == nullptr)
    return base::InvalidArgument("bus key '" + path + "' is not Z85");
  return key;
}

base::Result<std::string> PublicOf(const std::string& secret) {
  char text[kZ85Length + 1];
  if (zmq_curve_public(text, secret.c_str()) != 0)
    return base::InvalidArgument("bus key is not a CURVE key");
  return std::string(text);
}

}  // namespace

KeyPair NewKeyPair() {
  char public_key[kZ85Length + 1], secret_key[kZ85Length + 1];
  SLUICE_CHECK(zmq_curve_keypair(public_key, secret_key) == 0);
  return {public_key, secret_key};
}

std::map<std::string, std::string> GenerateKeyFiles() {
  std::map<std::string, std::string> files;
  for (const Role role : kRoles) {
    const KeyPair pair = NewKeyPair();
    files[FileName(role, ".key")] = pair.secret_key + "\n";
    files[FileName(role, ".pub")] = pair.public_key + "\n";
  }
  return files;
}

base::Status GenerateKeys(const std::string& dir, bool force) {
  SLUICE_TRY(auto fs, io::RootedFs::OpenOrCreate(dir, 0700));
  for (const Role role : kRoles) {
    const std::string key_file = FileName(role, ".key"), pub_file = FileName(role, ".pub");
    std::string public_key;
    if (!force && fs.Stat(key_file).ok()) {
      if (fs.Stat(pub_file).ok()) continue;
      SLUICE_TRY(auto secret, ReadKey(dir, key_file, true));
      SLUICE_TRY(public_key, PublicOf(secret));
    } else {
      const KeyPair pair = NewKeyPair();
      SLUICE_TRY(fs.WriteFile(key_file, pair.secret_key + "\n", {.mode = 0600}));
      public_key = pair.public_key;
    }
    SLUICE_TRY(fs.WriteFile(pub_file, public_key + "\n", {.mode = 0644}));
  }
  return base::OkStatus();
}

base::Result<KeyPair> LoadKeyPair(const std::string& dir, Role role) {
  SLUICE_TRY(auto secret, ReadKey(dir, FileName(role, ".key"), true));
  SLUICE_TRY(auto public_key, PublicOf(secret));
  return KeyPair{std::move(public_key), std::move(secret)};
}

base::Result<std::string> LoadPublicKey(const std::string& dir, Role role) {
  return ReadKey(dir, FileName(role, ".pub"), false);
}

}  // namespace sluice::bus
