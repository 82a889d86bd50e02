// RnpLibrary: librnp's functions, loaded when the first key ring is read. With the Botan and SQLite
// it brings it takes 2.5 MB of memory, which a cluster that verifies no OpenPGP signature never
// spends (docs/design/0016).
#pragma once

#include <rnp/rnp.h>

#include "base/status.h"

#define SLUICE_RNP_FUNCTIONS(X)                                                                   \
  X(buffer_destroy)                                                                               \
  X(ffi_create)                                                                                   \
  X(ffi_destroy) X(ffi_set_log_fd) X(get_public_key_count) X(identifier_iterator_create)          \
      X(identifier_iterator_destroy) X(identifier_iterator_next) X(import_keys) X(input_destroy)  \
          X(input_from_memory) X(key_get_fprint) X(key_get_keyid) X(key_get_primary_fprint)       \
              X(key_get_primary_uid) X(key_get_uid_at) X(key_get_uid_count) X(key_handle_destroy) \
                  X(key_is_expired) X(key_is_primary) X(key_is_revoked) X(key_is_valid)           \
                      X(locate_key) X(op_verify_create) X(op_verify_destroy)                      \
                          X(op_verify_detached_create) X(op_verify_execute)                       \
                              X(op_verify_get_signature_at) X(op_verify_get_signature_count)      \
                                  X(op_verify_signature_get_hash) X(op_verify_signature_get_key)  \
                                      X(op_verify_signature_get_status)                           \
                                          X(op_verify_signature_get_times) X(output_destroy)      \
                                              X(output_memory_get_buf) X(output_to_memory)

namespace sluice::pgp {

// Each member is the function of that name behind "rnp_".
struct RnpLibrary {
#define SLUICE_RNP_MEMBER(name) decltype(&::rnp_##name) name = nullptr;
  SLUICE_RNP_FUNCTIONS(SLUICE_RNP_MEMBER)
#undef SLUICE_RNP_MEMBER
};

// Loads the library at the first call; thread-safe, and asked again the answer is the same.
base::Status LoadRnp();
// The loaded library. Only after LoadRnp() succeeded.
const RnpLibrary& Rnp();

}  // namespace sluice::pgp
