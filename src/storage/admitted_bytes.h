#pragma once

#include <atomic>
#include <cstdint>
#include <utility>

namespace clew::storage {

/// Counts bytes of what was admitted in a sum for all, as long as it lives.
class AdmittedBytes {
 public:
  /// `sum` outlives this.
  AdmittedBytes(std::atomic<std::uint64_t>& sum, std::uint64_t bytes) : sum_(sum), bytes_(bytes) {
    sum_ += bytes_;
  }
  AdmittedBytes(AdmittedBytes&& other) noexcept
      : sum_(other.sum_), bytes_(std::exchange(other.bytes_, 0)) {}
  AdmittedBytes& operator=(AdmittedBytes&&) = delete;
  ~AdmittedBytes() { sum_ -= bytes_; }

 private:
  std::atomic<std::uint64_t>& sum_;
  std::uint64_t bytes_;
};

}  // namespace clew::storage
