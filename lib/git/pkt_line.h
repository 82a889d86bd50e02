// pkt-lines, git's framing: four hex digits of length (themselves included), then the bytes. 0000
// flush, 0001 delimiter, 0002 response end.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/status.h"

namespace sluice::git {

enum class PktKind : uint8_t { kData, kFlush, kDelimiter, kResponseEnd };

struct Pkt {
  PktKind kind = PktKind::kData;
  std::string_view data;  // valid during the callback

  // The data without one trailing newline.
  std::string_view Line() const {
    return data.ends_with('\n') ? data.substr(0, data.size() - 1) : data;
  }
};

inline constexpr size_t kMaxPkt = 65520;  // with its length
inline constexpr std::string_view kFlushPkt = "0000", kDelimiterPkt = "0001";

void AppendPkt(std::string& out, std::string_view data);  // REQUIRES: fits a packet

// Cuts a stream of any chunking into packets. kDataLoss for a length that is none; an error of the
// callback ends the feed with it.
class PktReader {
 public:
  using Callback = std::function<base::Status(const Pkt&)>;
  base::Status Feed(std::string_view bytes, const Callback& on_packet);
  bool AtBoundary() const { return held_.empty(); }  // no packet is half read

 private:
  std::string held_;  // the beginning of a packet
};

}  // namespace sluice::git
