#include "master_password.h"

#include <array>
#include <span>

#include "libcrypto.h"

namespace sluice::gotemplate {
namespace {

constexpr std::string_view kScope = "com.lyndir.masterpassword";

// Each letter of a template is a class of characters.
constexpr std::string_view kMaximum[] = {"anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"};
constexpr std::string_view kLong[] = {
    "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv",
    "CvccCvcvCvcvno", "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc",
    "CvcvCvcvnoCvcc", "CvcvCvcvCvccno", "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno",
    "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno", "CvccnoCvcvCvcc", "CvccCvcvnoCvcc",
    "CvccCvcvCvccno"};
constexpr std::string_view kMedium[] = {"CvcnoCvc", "CvcCvcno"};
constexpr std::string_view kShort[] = {"Cvcn"};
constexpr std::string_view kBasic[] = {"aaanaaan", "aannaaan", "aaannaaa"};
constexpr std::string_view kPin[] = {"nnnn"};

constexpr struct {
  std::string_view name;
  std::span<const std::string_view> templates;
} kTypes[] = {{"basic", kBasic},   {"long", kLong}, {"maximum", kMaximum},
              {"medium", kMedium}, {"pin", kPin},   {"short", kShort}};

constexpr struct {
  char letter;
  std::string_view characters;
} kClasses[] = {
    {'C', "BCDFGHJKLMNPQRSTVWXYZ"},
    {'a', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz"},
    {'c', "bcdfghjklmnpqrstvwxyz"},
    {'n', "0123456789"},
    {'o', "@&%?,=[]_:-+*$#!'^~;()/."},
    {'v', "aeiou"},
    {'x', "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()"},
};

std::span<const std::string_view> TemplatesOf(std::string_view type) {
  for (const auto& t : kTypes) {
    if (t.name == type) return t.templates;
  }
  return {};
}

std::string_view CharactersOf(char letter) {
  for (const auto& c : kClasses) {
    if (c.letter == letter) return c.characters;
  }
  return " ";
}

void AppendBigEndian(std::string& out, uint32_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xff);
}

// The scope and a name behind its length.
std::string Scoped(std::string_view name) {
  std::string out(kScope);
  AppendBigEndian(out, static_cast<uint32_t>(name.size()));
  return out.append(name);
}

const unsigned char* Bytes(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

}  // namespace

bool IsPasswordType(std::string_view type) { return !TemplatesOf(type).empty(); }

base::Result<std::string> MasterPassword(uint32_t counter, std::string_view type,
                                         std::string_view password, std::string_view user,
                                         std::string_view site) {
  SLUICE_TRY(const LibCrypto* ssl, LoadLibCrypto());
  const std::string salt = Scoped(user);
  std::array<unsigned char, 64> key{};
  constexpr uint64_t kMaxMemory = 64 << 20;
  if (ssl->EVP_PBE_scrypt(password.data(), password.size(), Bytes(salt), salt.size(), 32768, 8, 2,
                          kMaxMemory, key.data(), key.size()) != 1) {
    ssl->ERR_clear_error();
    return base::Internal("failed to derive password");
  }
  std::string message = Scoped(site);
  AppendBigEndian(message, counter);
  std::array<unsigned char, EVP_MAX_MD_SIZE> seed{};
  unsigned size = 0;
  if (ssl->HMAC(ssl->EVP_sha256(), key.data(), static_cast<int>(key.size()), Bytes(message),
                message.size(), seed.data(), &size) == nullptr) {
    return base::Internal("failed to derive password");
  }
  const auto templates = TemplatesOf(type);
  std::string out;
  size_t i = 0;
  for (const char letter : templates[seed[0] % templates.size()]) {
    const std::string_view characters = CharactersOf(letter);
    out += characters[seed[++i] % characters.size()];
  }
  return out;
}

}  // namespace sluice::gotemplate
