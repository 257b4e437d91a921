#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "net/request_memory.h"

namespace clew::net {

/// The body of a request, in one piece. When memory is not plenty it grows with what arrives, not
/// with what the peer announces.
class RequestBody {
 public:
  /// Takes all of `data`. False, and nothing is taken, when `hold` cannot hold it. `length`: what
  /// the whole body will have, when that is known.
  [[nodiscard]] bool Append(std::string_view data, std::optional<std::uint64_t> length,
                            RequestHold& hold);
  std::uint64_t size() const { return size_; }
  /// What is held for it.
  std::uint64_t capacity() const { return capacity_; }
  /// The body; it is empty after that. What is held for it stays held.
  Bytes Take();

 private:
  bool Reserve(std::size_t bytes, std::optional<std::uint64_t> length, RequestHold& hold);

  std::shared_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace clew::net
