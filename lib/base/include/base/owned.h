// Owned: a C library's object that is freed with its owner. The library itself stays in the .cc
// file:
//   using Key = base::Owned<EVP_PKEY, EVP_PKEY_free>;
// Not shared, not copied; null owns nothing. As thread-safe as the object it holds.
#pragma once

#include <memory>

namespace sluice::base {

template <auto kFree>
struct FreeWith {
  template <class T>
  void operator()(T* p) const {
    kFree(p);
  }
};

template <class T, auto kFree>
using Owned = std::unique_ptr<T, FreeWith<kFree>>;

}  // namespace sluice::base
