#include "credentials.h"

#include <fstream>
#include <iterator>

#include "base/clock.h"
#include "base/strings.h"

namespace sluice::kube {
namespace {

constexpr auto kTokenFilePeriod = std::chrono::minutes(1);  // as client-go
constexpr size_t kMaxToken = 1u << 20;

base::Result<std::string> ReadToken(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return base::Unavailable(base::Cat("failed to read token file ", base::QuoteGo(path), ": open ",
                                       path, ": no such file or directory"));
  std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string token(base::TrimSpace(text));
  base::ZeroAndClear(text);
  if (token.empty() || token.size() > kMaxToken) {
    return base::Unavailable(base::Cat("read empty token from file ", base::QuoteGo(path)));
  }
  return token;
}

}  // namespace

void CredentialSource::Invalidate() {
  observe::MutexLock lock(mu_);
  if (!config_.token_file.empty() || config_.exec.enabled()) valid_until_ = {};
}

base::Result<std::shared_ptr<const http::Credentials>> CredentialSource::Get() {
  observe::MutexLock lock(mu_);
  if (current_ && Clock::now() < valid_until_) return current_;
  if (auto status = Refresh(); !status.ok()) {
    if (!current_) return status;
    // the old one may still do; try again soon
    valid_until_ = Clock::now() + std::chrono::seconds(10);
  }
  return current_;
}

base::Status CredentialSource::Refresh() {
  auto fresh = std::make_shared<http::Credentials>();
  fresh->username = config_.username;
  fresh->password = config_.password;
  fresh->bearer = config_.token;
  Clock::time_point until = Clock::time_point::max();
  if (!config_.token_file.empty()) {
    auto token = ReadToken(config_.token_file);
    if (!token.ok() && config_.token.empty()) return token.status();
    if (token.ok()) fresh->bearer = base::SecretString(*std::move(token));
    until = Clock::now() + kTokenFilePeriod;
  } else if (config_.exec.enabled()) {
    SLUICE_TRY(auto credential, RunExecPlugin(config_));
    fresh->bearer = std::move(credential.token);
    if (const auto expires = base::ParseRfc3339(credential.expires); expires.ok()) {
      until = Clock::now() + (*expires - base::SystemClock().Now()) - std::chrono::seconds(10);
    }
  }
  // Keep the pointer when nothing changed.
  if (!current_ || !(current_->bearer == fresh->bearer)) current_ = std::move(fresh);
  valid_until_ = until;
  return {};
}

}  // namespace sluice::kube
