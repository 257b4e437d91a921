#include "net/request_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace clew::net {
namespace {

/// The memory of a body at its first byte, when it is not shorter; then twice as much each time.
constexpr std::uint64_t kFirstBytes = 16u << 10;
/// What a request may come to hold beside its body: its read buffer and some headers.
constexpr std::uint64_t kBesidesBytes = 256u << 10;

}  // namespace

bool RequestBody::Append(std::string_view data, std::optional<std::uint64_t> length,
                         RequestHold& hold) {
  if (data.empty()) return true;
  if (!Reserve(size_ + data.size(), length, hold)) return false;
  std::memcpy(data_.get() + size_, data.data(), data.size());
  size_ += data.size();
  return true;
}

Bytes RequestBody::Take() {
  const std::string_view view(data_.get(), std::exchange(size_, 0));
  capacity_ = 0;
  return data_ == nullptr ? Bytes() : Bytes(std::move(data_), view);
}

bool RequestBody::Reserve(std::size_t bytes, std::optional<std::uint64_t> length,
                          RequestHold& hold) {
  if (bytes <= capacity_) return true;
  std::uint64_t capacity = std::max<std::uint64_t>(2 * capacity_, kFirstBytes);
  // Of an announced length, which the limit of bodies bounds, nothing is left over. To get it at
  // once saves copies.
  if (length) capacity = hold.HasPlenty(*length) ? *length : std::min(capacity, *length);
  // Nor may what is only kept ready make it larger than one may be.
  const std::uint64_t besides = std::max(hold.bytes() - capacity_, kBesidesBytes);
  const std::uint64_t largest = hold.largest();
  capacity = std::min(capacity, largest - std::min(largest, besides));
  capacity = std::max<std::uint64_t>(capacity, bytes);
  if (!hold.Grow(capacity - capacity_)) return false;
  auto larger = std::make_shared_for_overwrite<char[]>(static_cast<std::size_t>(capacity));
  if (size_ > 0) std::memcpy(larger.get(), data_.get(), size_);
  data_ = std::move(larger);
  capacity_ = static_cast<std::size_t>(capacity);
  return true;
}

}  // namespace clew::net
