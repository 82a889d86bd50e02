#include "rnp_library.h"

#include <dlfcn.h>

#include "base/strings.h"

namespace sluice::pgp {
namespace {

constexpr const char* kFile = "librnp.so.0";  // of the interface the headers describe

struct Loaded {
  RnpLibrary library;
  base::Status status;
};

template <class Function>
void Resolve(void* handle, const char* name, Function& into, base::Status& status) {
  into = reinterpret_cast<Function>(dlsym(handle, name));
  if (into == nullptr && status.ok()) status = base::Internal(base::Cat(kFile, " has no ", name));
}

Loaded Load() {
  Loaded out;
  void* handle = dlopen(kFile, RTLD_NOW | RTLD_LOCAL);  // kept to the end of the process
  if (handle == nullptr) {
    const char* why = dlerror();
    out.status =
        base::Internal(base::Cat("failed to load OpenPGP: ", why == nullptr ? kFile : why));
    return out;
  }
#define SLUICE_RNP_RESOLVE(name) Resolve(handle, "rnp_" #name, out.library.name, out.status);
  SLUICE_RNP_FUNCTIONS(SLUICE_RNP_RESOLVE)
#undef SLUICE_RNP_RESOLVE
  return out;
}

const Loaded& Once() {
  static const Loaded loaded = Load();
  return loaded;
}

}  // namespace

base::Status LoadRnp() { return Once().status; }
const RnpLibrary& Rnp() { return Once().library; }

}  // namespace sluice::pgp
