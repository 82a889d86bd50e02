// Quiet: while one lives, what librnp prints on its own does not get out. As Debian builds it
// librnp tells stderr of whatever it refuses, by fprintf and with no switch. quiet.cc stands in
// front of that one function of the C library: what a thread with a Quiet writes to stderr is
// dropped, everything else goes on; no file descriptor is touched. Not for code that has something
// to say itself.
#pragma once

namespace sluice::pgp {

class Quiet {
 public:
  Quiet();
  ~Quiet();
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
};

}  // namespace sluice::pgp
