// libzmq is not built with the thread sanitizer, which therefore does not see how its lock-free
// pipes order what they carry: every message would be a race. What happens inside of it is left
// out; a race in our own code is still found.
#if defined(__SANITIZE_THREAD__)
extern "C" const char* __tsan_default_options();  // NOLINT(bugprone-reserved-identifier)
extern "C" const char* __tsan_default_options() { return "ignore_noninstrumented_modules=1"; }
#endif
