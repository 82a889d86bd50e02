// ZapHandler answers libzmq's question whether a CURVE key may connect (ZeroMQ RFC 27): the .pub
// files of the keys directory may, and no others. Asked once per connection; the directory is read
// each time, so a key is added or withdrawn without a restart.
#pragma once

#include <string>

#include "loop.h"

namespace sluice::bus {

class ZapHandler final : public Pollee {
 public:
  ZapHandler(Loop& loop, std::string keys_dir);  // before the loop's thread starts
  ~ZapHandler() override;
  void OnMessages(Socket& socket) override;

 private:
  bool Admits(const std::string& raw_key) const;

  Loop& loop_;
  const std::string keys_dir_;
  Socket socket_;
};

}  // namespace sluice::bus
