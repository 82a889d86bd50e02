// Objects of OpenSSL that are freed with their owner.
#pragma once

#include <memory>

namespace sluice::sigstore {

template <auto Free>
struct Deleter {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Deleter<Free>>;

}  // namespace sluice::sigstore
