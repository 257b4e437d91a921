#pragma once

#include <malloc.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

/// Counts what is allocated. It replaces the operators, so only one file of a test program includes
/// this.
namespace clew::base::testing {

inline std::atomic<std::uint64_t> held_bytes = 0;
inline std::atomic<std::uint64_t> most_bytes = 0;
/// Pieces that this thread has taken.
inline thread_local std::uint64_t taken_count = 0;

// What malloc keeps in front of each piece.
inline constexpr std::uint64_t kHeadBytes = 8;

inline void* TryTake(std::size_t size) {
  void* const piece = std::malloc(std::max<std::size_t>(size, 1));
  if (piece == nullptr) return nullptr;
  ++taken_count;
  const std::uint64_t held = held_bytes += malloc_usable_size(piece) + kHeadBytes;
  std::uint64_t most = most_bytes;
  while (most < held && !most_bytes.compare_exchange_weak(most, held)) {
  }
  return piece;
}

inline void* Take(std::size_t size) {
  if (void* const piece = TryTake(size)) return piece;
  throw std::bad_alloc();
}

inline void GiveBack(void* piece) {
  if (piece == nullptr) return;
  held_bytes -= malloc_usable_size(piece) + kHeadBytes;
  std::free(piece);
}

/// How many bytes more than before were held at once during `work`.
template <typename Work>
std::uint64_t PeakOf(const Work& work) {
  const std::uint64_t before = held_bytes;
  most_bytes = before;
  work();
  return most_bytes - before;
}

/// How many pieces of memory this thread took during `work`.
template <typename Work>
std::uint64_t AllocationsOf(const Work& work) {
  const std::uint64_t before = taken_count;
  work();
  return taken_count - before;
}

}  // namespace clew::base::testing

// All that may be mixed; a sanitizer would otherwise have its own of some.
void* operator new(std::size_t size) { return clew::base::testing::Take(size); }
void* operator new[](std::size_t size) { return clew::base::testing::Take(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return clew::base::testing::TryTake(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return clew::base::testing::TryTake(size);
}
void operator delete(void* piece) noexcept { clew::base::testing::GiveBack(piece); }
void operator delete[](void* piece) noexcept { clew::base::testing::GiveBack(piece); }
void operator delete(void* piece, std::size_t) noexcept { clew::base::testing::GiveBack(piece); }
void operator delete[](void* piece, std::size_t) noexcept { clew::base::testing::GiveBack(piece); }
