// What a mirror knows of itself, and the folder of packs it holds.
#pragma once

#include <atomic>
#include <deque>
#include <set>
#include <string>
#include <string_view>

#include "base/status.h"
#include "git/object_id.h"
#include "io/rooted_fs.h"

namespace sluice::git {

// One set of packs on disk. A retired one is removed when its last reader is gone.
class Generation {
 public:
  Generation(io::RootedFs fs, std::string name) : fs_(std::move(fs)), name_(std::move(name)) {}
  ~Generation() {
    if (retired_) static_cast<void>(fs_.RemoveAll(name_));
  }
  Generation(const Generation&) = delete;
  Generation& operator=(const Generation&) = delete;
  void Retire() { retired_ = true; }
  void MarkDamaged() { damaged_ = true; }
  bool damaged() const { return damaged_; }
  const std::string& name() const { return name_; }
  std::string objects() const { return fs_.Absolute(name_); }

 private:
  io::RootedFs fs_;
  const std::string name_;
  std::atomic<bool> retired_ = false, damaged_ = false;
};

// Which commits have all their objects here, which have all but the blobs, which of both lack their
// parents. In a text file:
//   sluice-mirror 1 <generation> <packs>
//   complete <oid>      newest first
//   partial <oid>       likewise
//   shallow <oid>
struct MirrorState {
  static constexpr size_t kMaxCommits = 32;  // of each kind; older ones are forgotten
  std::string generation{};
  size_t packs = 0;
  std::deque<ObjectId> complete{}, partial{};
  std::set<ObjectId> shallow{};

  std::string ToString() const;
  static base::Result<MirrorState> Parse(std::string_view text);  // kDataLoss
  void AddComplete(const ObjectId& id);
  void AddPartial(const ObjectId& id);
  bool Knows(const ObjectId& id) const;
};

}  // namespace sluice::git
