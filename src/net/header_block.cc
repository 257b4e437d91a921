#include "net/header_block.h"

#include <algorithm>

namespace clew::net {
namespace {

constexpr unsigned char kHeadersFrame = 1;
constexpr unsigned char kContinuationFrame = 9;
constexpr unsigned char kEndHeaders = 4;

}  // namespace

void HeaderBlockMeter::Put(std::string_view bytes) {
  const auto take = [&](std::size_t wanted) {
    const std::string_view taken = bytes.substr(0, wanted);
    bytes.remove_prefix(taken.size());
    return taken;
  };
  preface_left_ -= take(preface_left_).size();
  while (!bytes.empty()) {
    if (head_size_ < kHeadBytes) {
      const std::string_view head = take(kHeadBytes - head_size_);
      std::ranges::copy(head, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
      head_size_ += head.size();
      if (head_size_ == kHeadBytes) BeginFrame();
      continue;
    }
    const std::size_t size = take(payload_left_).size();
    payload_left_ -= size;
    if (is_open_) bytes_ += size;
    if (payload_left_ == 0) EndFrame();
  }
}

void HeaderBlockMeter::BeginFrame() {
  payload_left_ = std::size_t{head_[0]} << 16 | std::size_t{head_[1]} << 8 | head_[2];
  if (head_[3] == kHeadersFrame) {
    is_open_ = true;
    bytes_ = 0;
    ++begun_count_;
  }
  const bool is_of_block = head_[3] == kHeadersFrame || head_[3] == kContinuationFrame;
  is_last_ = is_of_block && (head_[4] & kEndHeaders) != 0;
  if (payload_left_ == 0) EndFrame();
}

void HeaderBlockMeter::EndFrame() {
  head_size_ = 0;
  if (!is_last_) return;
  is_open_ = false;
  bytes_ = 0;
}

}  // namespace clew::net
