#include "zap.h"

#include <vector>

#include "bus/keys.h"

namespace sluice::bus {
namespace {

constexpr int64_t kLimit = 4096;

void Reply(zmq::socket_t& socket, const std::string& request, bool admit) {
  const std::string parts[] = {"1.0", request, admit ? "200" : "400", admit ? "OK" : "unknown key",
                               "",    ""};
  for (size_t i = 0; i < std::size(parts); ++i) {
    const auto more = i + 1 < std::size(parts) ? zmq::send_flags::sndmore : zmq::send_flags::none;
    socket.send(zmq::buffer(parts[i]), more | zmq::send_flags::dontwait);
  }
}

}  // namespace

ZapHandler::ZapHandler(Loop& loop, std::string keys_dir)
    : loop_(loop),
      keys_dir_(std::move(keys_dir)),
      socket_(loop.context(), zmq::socket_type::rep, kLimit) {
  SLUICE_CHECK(socket_.Bind("inproc://zeromq.zap.01").ok());
  loop_.Add(socket_, *this);
}

ZapHandler::~ZapHandler() { loop_.Remove(socket_); }

bool ZapHandler::Admits(const std::string& raw_key) const {
  if (raw_key.size() != 32) return false;
  char text[41];
  if (zmq_z85_encode(text, reinterpret_cast<const uint8_t*>(raw_key.data()), raw_key.size()) ==
      nullptr)
    return false;
  for (const Role role : {Role::kSource, Role::kKustomize, Role::kHelm, Role::kNotify}) {
    const auto known = LoadPublicKey(keys_dir_, role);
    if (known.ok() && *known == text) return true;
  }
  return false;
}

// A request: version, request id, domain, address, routing id, mechanism, credentials.
void ZapHandler::OnMessages(Socket& socket) try {
  zmq::message_t part;
  while (socket.raw().recv(part, zmq::recv_flags::dontwait)) {
    std::vector<std::string> parts = {part.to_string()};
    while (part.more() && socket.raw().recv(part, zmq::recv_flags::dontwait))
      parts.push_back(part.to_string());
    const bool curve = parts.size() >= 7 && parts[0] == "1.0" && parts[5] == "CURVE";
    const bool admit = curve && Admits(parts[6]);
    if (!admit && parts.size() >= 4) {
      loop_.options().log.Info("bus connection refused: unknown key", {{"address", parts[3]}});
    }
    Reply(socket.raw(), parts.size() > 1 ? parts[1] : "", admit);
  }
} catch (const zmq::error_t&) {
  // REP is out of step only if a request is broken; libzmq then refuses the connection itself.
}

}  // namespace sluice::bus
