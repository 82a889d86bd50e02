// operator new and delete of this binary, whose processes are short: small blocks come off one run
// of memory and go to a list by size, from where the next of that size is taken. Nothing is joined
// or given back: a chart's render allocates half a million times, and the general allocator was a
// fifth of it. What is larger, or aligned beyond 16 bytes, is malloc's.
//
// Thread-safe: each thread has its own lists and run; a block freed by another thread than its
// maker changes owner.
#include <malloc.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "heap.h"

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

namespace {

constexpr size_t kUnit = 16, kClasses = 33, kRun = 64 << 10;
constexpr uint64_t kLarge = ~uint64_t{0};

// Eight bytes before a block: its class, or kLarge. Blocks of class c have 16 c - 8 bytes and begin
// at a multiple of 16.
struct Block {
  uint64_t kind;
  Block* next;  // in a list; the user's first bytes otherwise
};

struct Blocks {
  Block* free[kClasses];
  char *at, *end;
};
thread_local constinit Blocks blocks{};

void* User(Block* block) { return reinterpret_cast<char*>(block) + sizeof(uint64_t); }
Block* Of(void* user) {
  return reinterpret_cast<Block*>(static_cast<char*>(user) - sizeof(uint64_t));
}

constexpr size_t kNever = SIZE_MAX;
constinit std::atomic<size_t> until_huge_pages{kNever};  // bytes

// The room is address space until it is written to; what lies before the first whole huge page is
// passed over.
void GrowInHugePages() noexcept {
  constexpr uintptr_t kRoom = 48 << 20, kHugePage = 2 << 20;
  mallopt(M_TOP_PAD, kRoom);
  constexpr size_t kStep = 1 << 20;  // more than is free anywhere below the heap's end
  char* const room = static_cast<char*>(std::malloc(kStep));
  const uintptr_t at = reinterpret_cast<uintptr_t>(room);
  // nothing is written from here on
  const uintptr_t begin = (at + kStep + 64 + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = reinterpret_cast<uintptr_t>(sbrk(0));
  std::free(room);
  if (end <= begin + kHugePage || end - begin > 2 * kRoom) return;  // another heap than glibc's
  if (madvise(reinterpret_cast<void*>(begin), end - begin, MADV_HUGEPAGE) != 0) return;
  [[maybe_unused]] static void* volatile passed_over = nullptr;
  passed_over = std::malloc(begin - at - 32);
}

// `size` bytes are about to be taken from malloc.
void Count(size_t size) noexcept {
  const size_t left = until_huge_pages.load(std::memory_order_relaxed);
  if (left == kNever) return;
  if (left > size) return until_huge_pages.store(left - size, std::memory_order_relaxed);
  if (until_huge_pages.exchange(kNever) != kNever) GrowInHugePages();
}

[[gnu::noinline]] void* NewLarge(size_t size) noexcept {
  Count(size);
  void* const memory = size <= SIZE_MAX - kUnit ? std::malloc(size + kUnit) : nullptr;
  if (memory == nullptr) return nullptr;
  Block* const block = reinterpret_cast<Block*>(static_cast<char*>(memory) + sizeof(uint64_t));
  block->kind = kLarge;
  return User(block);
}

[[gnu::noinline]] void* NewRun(size_t kind) noexcept {
  // What is left of the old run stays unused: half a kilobyte at most.
  Count(kRun);
  void* const memory = std::malloc(kRun);
  if (memory == nullptr) return nullptr;
  char* const begin = static_cast<char*>(memory) + sizeof(uint64_t);
  blocks.at = begin + kind * kUnit;
  blocks.end = static_cast<char*>(memory) + kRun;
  Block* const block = reinterpret_cast<Block*>(begin);
  block->kind = kind;
  return User(block);
}

inline void* New(size_t size) noexcept {
  const size_t kind = (size + sizeof(uint64_t) + kUnit - 1) / kUnit;
  if (kind >= kClasses || size > kClasses * kUnit) return NewLarge(size);
  if (Block* const block = blocks.free[kind]; block != nullptr) {
    blocks.free[kind] = block->next;
    return User(block);
  }
  if (static_cast<size_t>(blocks.end - blocks.at) < kind * kUnit) return NewRun(kind);
  Block* const block = reinterpret_cast<Block*>(blocks.at);
  blocks.at += kind * kUnit;
  block->kind = kind;
  return User(block);
}

inline void Delete(void* user) noexcept {
  if (user == nullptr) return;
  Block* const block = Of(user);
  if (block->kind == kLarge) {
    std::free(static_cast<char*>(user) - kUnit);
    return;
  }
  block->next = blocks.free[block->kind];
  blocks.free[block->kind] = block;
}

}  // namespace

void* operator new(size_t size) {
  for (;;) {
    if (void* const block = New(size); block != nullptr) return block;
    const std::new_handler handler = std::get_new_handler();
    if (handler == nullptr) throw std::bad_alloc();
    handler();
  }
}
void* operator new[](size_t size) { return operator new(size); }
void* operator new(size_t size, const std::nothrow_t&) noexcept { return New(size); }
void* operator new[](size_t size, const std::nothrow_t&) noexcept { return New(size); }
void operator delete(void* block) noexcept { Delete(block); }
void operator delete[](void* block) noexcept { Delete(block); }
void operator delete(void* block, size_t) noexcept { Delete(block); }
void operator delete[](void* block, size_t) noexcept { Delete(block); }
void operator delete(void* block, const std::nothrow_t&) noexcept { Delete(block); }
void operator delete[](void* block, const std::nothrow_t&) noexcept { Delete(block); }

void sluice::cli::UseHugePagesFrom(size_t taken) {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most glibc takes
  mallopt(M_TRIM_THRESHOLD, 256 << 20);
  mallopt(M_ARENA_MAX, 1);  // threads share it
  if (taken == 0) return GrowInHugePages();
  mallopt(M_TOP_PAD, 1 << 20);
  until_huge_pages = taken;
}

#else

void sluice::cli::UseHugePagesFrom(size_t) {}

#endif
