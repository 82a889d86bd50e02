// The world as the process has it: its clock, the kernel's randomness, the system's zone files. For
// programs; what is built on the library stays pure. One render at a time.
#pragma once

#include <optional>
#include <string>

#include "gotemplate/function.h"

namespace sluice::gotemplate {

class SystemEnvironment : public Environment {
 public:
  // `zone` is the IANA name of "Local" ("" = UTC); past `deadline` the render ends.
  explicit SystemEnvironment(std::string zone = {}, std::optional<base::Time> deadline = {})
      : zone_(std::move(zone)), deadline_(deadline) {}

  base::Time Now() const override;
  void Random(std::span<uint8_t> out) override;
  std::string_view TimeZone() const override { return zone_; }
  // below /usr/share/zoneinfo, plain files of up to 1 MiB
  std::string ZoneFile(std::string_view name) override;
  bool Expired() override { return deadline_ && Now() >= *deadline_; }

 private:
  const std::string zone_;
  const std::optional<base::Time> deadline_;
};

}  // namespace sluice::gotemplate
