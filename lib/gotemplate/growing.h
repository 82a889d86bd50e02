// Growing: the lists of a syntax tree while they are parsed. Internal, one thread.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace sluice::gotemplate::internal {

// A list that grows while what stands in it is parsed: on top of those that grow around it, all in
// one vector.
template <class T>
class Growing {
 public:
  explicit Growing(std::vector<T>& all) : all_(all), begin_(all.size()) {}
  ~Growing() { all_.resize(begin_); }
  Growing(const Growing&) = delete;
  Growing& operator=(const Growing&) = delete;

  void Add(T item) { all_.push_back(item); }
  std::span<T const> items() const { return std::span(all_).subspan(begin_); }

 private:
  std::vector<T>& all_;
  const size_t begin_;
};

}  // namespace sluice::gotemplate::internal
