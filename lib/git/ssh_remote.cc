// Remote over SSH by libssh: one kept connection, a channel for each listing or fetch. Host keys
// come from the Secret's known_hosts alone; no agent, no configuration file, no key file, no
// password is ever used.
#include <libssh/libssh.h>

#include <algorithm>
#include <array>
#include <memory>
#include <mutex>
#include <optional>

#include "base/encoding.h"
#include "base/strings.h"
#include "dial.h"
#include "exchange.h"
#include "git/remote.h"
#include "git/url.h"
#include "io/unique_fd.h"
#include "known_hosts.h"
#include "turn.h"

namespace sluice::git {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kSlice{200};  // how often a wait looks at its context
constexpr milliseconds kConnect{30'000}, kStall{60'000};
constexpr uint32_t kMaxRounds = 2048;  // of bcrypt: ssh-keygen -a; a hundred take about a second
constexpr size_t kMaxSaid = 1024;      // of the server's stderr
constexpr std::string_view kHandshake = "ssh: handshake failed";
constexpr std::string_view kNoMethods =
    "ssh: unable to authenticate, attempted methods [none publickey], no supported methods remain";

// What ended a connection, in the words of Go's client instead of libssh's.
base::Status EndOfConnection(std::string_view text, bool handshake) {
  const auto about = [&](std::string_view what) { return text.find(what) != text.npos; };
  if (about("imeout")) return base::DeadlineExceeded("context deadline exceeded");
  if (handshake && about("Connection reset by peer"))
    return base::Unavailable("read: connection reset by peer");
  for (const std::string_view end : {"isconnected", "closed", "reset by peer", "Broken pipe",
                                     "Decryption error", "HMAC error"}) {
    if (about(end)) return base::Unavailable(handshake ? "EOF" : "unexpected EOF");
  }
  const std::string said = OneLine(text, kMaxSaid);  // a server's words may be among them
  return base::Unavailable(handshake ? said : base::Cat("ssh: ", said));
}

struct SessionFree {
  void operator()(ssh_session s) const {
    ssh_disconnect(s);
    ssh_free(s);
  }
};
struct ChannelFree {
  void operator()(ssh_channel c) const {
    ssh_channel_close(c);
    ssh_channel_free(c);
  }
};
struct KeyFree {
  void operator()(ssh_key k) const { ssh_key_free(k); }
};
using Session = std::unique_ptr<std::remove_pointer_t<ssh_session>, SessionFree>;
using Channel = std::unique_ptr<std::remove_pointer_t<ssh_channel>, ChannelFree>;
using Key = std::unique_ptr<std::remove_pointer_t<ssh_key>, KeyFree>;

// Quoted for the server's shell as git does: 'it'\''s'.
std::string ShellQuote(std::string_view path) {
  return base::Cat("'", base::ReplaceAll(base::ReplaceAll(path, "'", "'\\''"), "!", "'\\!'"), "'");
}

// libssh's names for the types of keys that known_hosts has.
std::string HostKeyAlgorithms(const std::vector<std::string>& types) {
  std::string out;
  for (const std::string& t : types) {
    const std::string_view names = t == "ssh-rsa"
                                       ? std::string_view("rsa-sha2-512,rsa-sha2-256,ssh-rsa")
                                       : std::string_view(t);
    out += base::Cat(out.empty() ? "" : ",", names);
  }
  return out;
}

base::Result<HostKey> KeyOfServer(ssh_session session) {
  ssh_key raw = nullptr;
  if (ssh_get_server_publickey(session, &raw) != SSH_OK)
    return base::Unauthenticated("the server showed no key");
  const Key key(raw);
  char* text = nullptr;
  if (ssh_pki_export_pubkey_base64(key.get(), &text) != SSH_OK)
    return base::Internal("unreadable host key");
  auto blob = base::Base64Decode(text);
  ssh_string_free_char(text);
  if (!blob.ok() || blob->size() < 4) return base::Internal("unreadable host key");
  // The type is the blob's first text: ssh_key_type_to_char says "ecdsa" for all curves.
  uint32_t size = 0;
  for (size_t i = 0; i < 4; ++i) size = size << 8 | static_cast<uint8_t>((*blob)[i]);
  std::string type = blob->substr(4, std::min<size_t>(size, 64));
  return HostKey{std::move(type), *std::move(blob)};
}

class SshRemote final : public Remote {
 public:
  SshRemote(http::Url url, RemoteAuth auth, KnownHosts known, Key key, Proxy proxy,
            RemoteLimits limits)
      : host_(url.host),
        port_(url.port),
        path_(http::QueryUnescape(base::ReplaceAll(url.path, "+", "%2B")).value_or(url.path)),
        auth_(std::move(auth)),
        known_(std::move(known)),
        key_(std::move(key)),
        proxy_(std::move(proxy)),
        limits_(limits) {
    user_ = std::string(url.userinfo.substr(0, url.userinfo.find(':')));
    if (user_.empty()) user_ = auth_.username.empty() ? "git" : auth_.username;
  }

  base::Result<std::vector<RemoteRef>> ListRefs(const observe::Context& ctx,
                                                const std::vector<std::string>& prefixes) override {
    return WithService(ctx, [&](Service& service) {
      return ListRefsOver(ExchangeWith(ctx, service), service.advertisement.legacy().get(),
                          prefixes, limits_);
    });
  }

  base::Result<FetchResult> Fetch(
      const observe::Context& ctx, const FetchRequest& request,
      const std::function<base::Status(std::string_view)>& pack) override {
    bool started = false;
    const std::function<base::Status(std::string_view)> sink = [&](std::string_view bytes) {
      started = true;
      return pack(bytes);
    };
    const auto use = [&](Service& service) {
      return FetchOver(ExchangeWith(ctx, service), service.caps,
                       service.advertisement.legacy().get(), request, limits_, sink);
    };
    return WithService(ctx, use, [&] { return !started; });
  }

 private:
  // git-upload-pack on a channel, its advertisement read.
  struct Service {
    Channel channel;
    AdvertisementParser advertisement;
    Capabilities caps;
    std::string said;  // on stderr
  };

  base::Status Connect(const observe::Context& ctx) {
    SLUICE_TRY(io::UniqueFd fd, Dial(ctx, host_, port_, proxy_));
    Session session(ssh_new());
    if (session == nullptr) return base::ResourceExhausted("out of memory");
    const unsigned port = port_;
    const int off = 0;
    const long timeout =
        static_cast<long>(
            std::chrono::duration_cast<std::chrono::seconds>(ctx.Remaining(kConnect)).count()) +
        1;
    ssh_options_set(session.get(), SSH_OPTIONS_HOST, host_.c_str());
    ssh_options_set(session.get(), SSH_OPTIONS_PORT, &port);
    ssh_options_set(session.get(), SSH_OPTIONS_USER, user_.c_str());
    ssh_options_set(session.get(), SSH_OPTIONS_TIMEOUT, &timeout);
    ssh_options_set(session.get(), SSH_OPTIONS_PROCESS_CONFIG, &off);
    ssh_options_set(session.get(), SSH_OPTIONS_KNOWNHOSTS, "/dev/null");
    ssh_options_set(session.get(), SSH_OPTIONS_GLOBAL_KNOWNHOSTS, "/dev/null");
    std::string algorithms = auth_.ssh_hostkey_algorithms;
    if (algorithms.empty()) algorithms = HostKeyAlgorithms(known_.TypesFor(host_, port_));
    if (!algorithms.empty())
      ssh_options_set(session.get(), SSH_OPTIONS_HOSTKEYS, algorithms.c_str());
    if (!auth_.ssh_kex_algorithms.empty())
      ssh_options_set(session.get(), SSH_OPTIONS_KEY_EXCHANGE, auth_.ssh_kex_algorithms.c_str());
    const socket_t raw = fd.get();
    ssh_options_set(session.get(), SSH_OPTIONS_FD, &raw);
    static_cast<void>(fd.Release());  // the session closes it
    if (ssh_connect(session.get()) != SSH_OK) return Failed(session.get());
    SLUICE_TRY(const HostKey shown, KeyOfServer(session.get()));
    if (auto known = known_.Check(host_, port_, shown); !known.ok())
      return std::move(known).Wrap(kHandshake);
    if (ssh_userauth_publickey(session.get(), nullptr, key_.get()) != SSH_AUTH_SUCCESS) {
      // A connection that ended says nothing about the key.
      if (ssh_is_connected(session.get()) == 0) return Failed(session.get());
      return base::Unauthenticated(base::Cat(kHandshake, ": ", kNoMethods));
    }
    session_ = std::move(session);
    return base::OkStatus();
  }

  // A handshake that found no common host key algorithm is a mismatch, told before the server could
  // show its key.
  base::Status Failed(ssh_session session) const {
    std::string text = ssh_get_error(session);
    if (text.find("hostkey") != text.npos || text.find("server host key") != text.npos) {
      return base::Unauthenticated(base::Cat(kHandshake, ": knownhosts: key mismatch: ", text));
    }
    return EndOfConnection(text, /*handshake=*/true).Wrap(kHandshake);
  }

  base::Result<Service> Start(const observe::Context& ctx) {
    Service service{
        Channel(ssh_channel_new(session_.get())), AdvertisementParser(limits_.max_refs), {}, {}};
    if (service.channel == nullptr || ssh_channel_open_session(service.channel.get()) != SSH_OK)
      return Broken();
    // A server that drops it answers in version 0.
    static_cast<void>(ssh_channel_request_env(service.channel.get(), "GIT_PROTOCOL", "version=2"));
    const std::string command = base::Cat("git-upload-pack ", ShellQuote(path_));
    if (ssh_channel_request_exec(service.channel.get(), command.c_str()) != SSH_OK) return Broken();
    SLUICE_TRY(Receive(
        ctx, service, limits_.max_refs_bytes,
        [&](std::string_view bytes) { return service.advertisement.Feed(bytes); },
        [&] { return service.advertisement.done(); }));
    SLUICE_TRY(service.caps, service.advertisement.Finish());
    return service;
  }

  base::Status Broken() const {
    return EndOfConnection(ssh_get_error(session_.get()), /*handshake=*/false);
  }

  Exchange ExchangeWith(const observe::Context& ctx, Service& service) {
    return [this, &ctx, &service](const std::string& request, uint64_t max_bytes, const Feed& feed,
                                  const std::function<bool()>& done) -> base::Status {
      SLUICE_TRY(Send(ctx, service, request));
      return Receive(ctx, service, max_bytes, feed, done);
    };
  }

  base::Status Send(const observe::Context& ctx, Service& service, std::string_view bytes) {
    constexpr uint32_t kPart = 32 << 10;
    while (!bytes.empty()) {
      SLUICE_TRY(const uint32_t room, Room(ctx, service.channel.get()));
      const auto part =
          static_cast<uint32_t>(std::min<size_t>(bytes.size(), std::min(room, kPart)));
      const int n = ssh_channel_write(service.channel.get(), bytes.data(), part);
      if (n <= 0) return Broken();
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    return base::OkStatus();
  }

  // How much the server takes now: libssh itself would wait for it without an end.
  base::Result<uint32_t> Room(const observe::Context& ctx, ssh_channel channel) {
    for (milliseconds idle{0}; idle <= kStall; idle += kSlice) {
      SLUICE_TRY(ctx.Check());
      if (const uint32_t room = ssh_channel_window_size(channel); room > 0) return room;
      const int n = ssh_channel_poll_timeout(channel, static_cast<int>(kSlice.count()), 0);
      if (n < 0) return Broken();
      if (n > 0) SLUICE_TRY(ctx.Sleep(kSlice));  // it talks instead of listening
    }
    return base::Unavailable("ssh: i/o timeout");
  }

  // Reads until `done`; what the server says on stderr explains an end before that.
  base::Status Receive(const observe::Context& ctx, Service& service, uint64_t max_bytes,
                       const std::function<base::Status(std::string_view)>& feed,
                       const std::function<bool()>& done) {
    std::array<char, 64 << 10> buffer;
    uint64_t total = 0;
    milliseconds idle{0};
    ssh_channel channel = service.channel.get();
    while (!done()) {
      SLUICE_TRY(ctx.Check());
      const int n =
          ssh_channel_read_timeout(channel, buffer.data(), static_cast<uint32_t>(buffer.size()), 0,
                                   static_cast<int>(kSlice.count()));
      if (n == SSH_ERROR) return Broken();
      if (n > 0) {
        idle = milliseconds(0);
        total += static_cast<uint64_t>(n);
        if (total > max_bytes)
          return base::ResourceExhausted(
              base::Cat("the server sent more than ", std::to_string(max_bytes), " bytes"));
        SLUICE_TRY(feed({buffer.data(), static_cast<size_t>(n)}));
        continue;
      }
      while (service.said.size() < kMaxSaid) {
        const int e = ssh_channel_read_nonblocking(channel, buffer.data(), kMaxSaid, 1);
        if (e <= 0) break;
        service.said.append(buffer.data(), static_cast<size_t>(e));
      }
      if (ssh_channel_is_eof(channel) != 0 || ssh_channel_is_open(channel) == 0)
        return Ended(service.said);
      idle += kSlice;
      if (idle > kStall) return base::Unavailable("ssh: i/o timeout");
    }
    return base::OkStatus();
  }

  static base::Status Ended(std::string_view said) {
    const std::string text = OneLine(said, kMaxSaid);
    for (const std::string_view hint :
         {"Repository not found.", "repository does not exist.",
          "does not appear to be a git repository", "no such repository", "access denied",
          "Repository does not exist or you do not have access",
          "The project you were looking for could not be found"}) {
      if (base::Contains(text, hint))
        return base::NotFound("repository not found");  // go-git's list
    }
    if (text.empty()) return base::DataLoss("unexpected EOF");
    return base::FailedPrecondition(base::Cat("unknown error: ", text));
  }

  // One operation at a time. On a kept connection that turns out dead it is tried once more on a
  // new one.
  template <class Use>
  auto WithService(
      const observe::Context& ctx, const Use& use, const std::function<bool()>& may_repeat = [] {
        return true;
      }) -> decltype(use(std::declval<Service&>())) {
    SLUICE_TRY(const Turn::Hold hold, turn_.Take(ctx));
    const bool kept = session_ != nullptr && ssh_is_connected(session_.get()) == 1;
    if (!kept) SLUICE_TRY(Connect(ctx));
    auto result = Once(ctx, use);
    if (result.ok()) return result;
    session_.reset();
    const auto code = result.status().code();
    const bool dead = code == base::StatusCode::kUnavailable || code == base::StatusCode::kDataLoss;
    if (!kept || !dead || ctx.done() || !may_repeat()) return result;
    SLUICE_TRY(Connect(ctx));
    return Once(ctx, use);
  }

  template <class Use>
  auto Once(const observe::Context& ctx, const Use& use)
      -> decltype(use(std::declval<Service&>())) {
    SLUICE_TRY(Service service, Start(ctx));
    auto result = use(service);
    if (service.channel != nullptr) ssh_channel_send_eof(service.channel.get());
    return result;
  }

  const std::string host_;
  const uint16_t port_;
  const std::string path_;
  const RemoteAuth auth_;
  const KnownHosts known_;
  const Key key_;
  const Proxy proxy_;
  const RemoteLimits limits_;
  std::string user_;
  Turn turn_;  // guards session_
  Session session_;
};

}  // namespace

namespace {

// What a key in OpenSSH's own format says of itself before its secret part.
struct OpenSshHead {
  std::string cipher;
  uint32_t rounds = 0;  // of bcrypt
};

std::optional<OpenSshHead> HeadOfKey(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN OPENSSH PRIVATE KEY-----",
                             kMagic("openssh-key-v1\0", 15);
  const size_t begin = text.find(kBegin),
               end = text.find("-----END", begin == text.npos ? text.size() : begin + 10);
  if (begin == text.npos || end == text.npos) return std::nullopt;
  std::string body;
  for (const char c : text.substr(begin + kBegin.size(), end - begin - kBegin.size())) {
    if (static_cast<unsigned char>(c) > ' ') body += c;
  }
  const auto raw = base::Base64Decode(body);
  if (!raw.ok() || !raw->starts_with(kMagic)) return std::nullopt;
  std::string_view rest = std::string_view(*raw).substr(kMagic.size());
  const auto number = [](std::string_view bytes) {
    uint32_t n = 0;
    for (size_t i = 0; i < 4; ++i) n = n << 8 | static_cast<uint8_t>(bytes[i]);
    return n;
  };
  const auto take = [&](std::string_view& out) {
    if (rest.size() < 4 || rest.size() - 4 < number(rest)) return false;
    out = rest.substr(4, number(rest));
    rest.remove_prefix(4 + out.size());
    return true;
  };
  std::string_view cipher, kdf, options;
  if (!take(cipher) || !take(kdf) || !take(options)) return std::nullopt;
  OpenSshHead head{std::string(cipher)};
  if (kdf == "bcrypt" && options.size() >= 4)
    head.rounds = number(options.substr(options.size() - 4));
  return head;
}

}  // namespace

bool IsEncryptedSshKey(std::string_view text) {
  if (text.find("Proc-Type: 4,ENCRYPTED") != text.npos ||
      text.find("BEGIN ENCRYPTED PRIVATE KEY") != text.npos)
    return true;
  const auto head = HeadOfKey(text);
  return head && head->cipher != "none";
}

base::Result<std::unique_ptr<Remote>> MakeSshRemote(std::string_view url, RemoteAuth auth,
                                                    const RemoteLimits& limits) {
  static std::once_flag once;
  std::call_once(once, [] { ssh_init(); });
  SLUICE_TRY(http::Url parsed, ParseUrl(url));
  if (parsed.scheme != "ssh") return base::InvalidArgument("not an SSH URL");
  if (parsed.path.empty()) return base::InvalidArgument("the URL names no repository");
  const auto path = http::QueryUnescape(base::ReplaceAll(parsed.path, "+", "%2B"));
  if (!path.ok() || std::ranges::any_of(*path, [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
      })) {
    // it becomes part of a command
    return base::InvalidArgument("the repository's path holds control characters");
  }
  SLUICE_TRY(Proxy proxy, Proxy::From(auth));
  SLUICE_TRY(KnownHosts known, KnownHosts::Parse(auth.ssh_known_hosts));
  const std::string pem(auth.ssh_identity.Reveal()), passphrase(auth.ssh_passphrase.Reveal());
  if (const auto head = HeadOfKey(pem); head && head->rounds > kMaxRounds) {
    return base::InvalidArgument(
        "unable to construct auth method with options: ssh: the key takes too long to decrypt");
  }
  ssh_key raw = nullptr;
  const int rc = ssh_pki_import_privkey_base64(
      pem.c_str(), passphrase.empty() ? nullptr : passphrase.c_str(), nullptr, nullptr, &raw);
  if (rc != SSH_OK) {
    return base::InvalidArgument(
        IsEncryptedSshKey(pem)
            ? "unable to construct auth method with options: x509: decryption password incorrect"
            : "unable to construct auth method with options: ssh: no key found");
  }
  return std::unique_ptr<Remote>(std::make_unique<SshRemote>(
      std::move(parsed), std::move(auth), std::move(known), Key(raw), std::move(proxy), limits));
}

}  // namespace sluice::git
