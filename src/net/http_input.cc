#include "net/http_input.h"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

namespace clew::net {

namespace http = boost::beast::http;
using ErrorCode = RequestParser::ErrorCode;

namespace {

/// Read at once: of a head, and of a body that has more. As much is kept uncounted.
constexpr std::size_t kReadBytesMin = 4u << 10;
constexpr std::size_t kReadBytesMax = 64u << 10;

}  // namespace

void HttpInput::Begin() {
  hold_.Release();
  held_rest_bytes_ = 0;
  parser_.emplace(options_, hold_);
}

void HttpInput::Rest() {
  parser_.reset();
  hold_.Release();
  held_rest_bytes_ = 0;
  std::string().swap(rest_);  // with its memory
}

void HttpInput::Put(std::string_view bytes, ErrorCode& error) {
  if (!rest_.empty()) {
    rest_ += bytes;
    bytes = rest_;
  }
  if (bytes.empty()) return;
  const std::size_t taken = parser_->Put(boost::asio::buffer(bytes), error);
  if (error == http::error::need_more) error = {};
  if (rest_.empty()) {
    rest_ = bytes.substr(taken);
  } else {
    rest_.erase(0, taken);
  }
  if (!error && !HoldRest()) error = http::error::buffer_overflow;
}

std::optional<std::size_t> HttpInput::NextReadSize() {
  if (!hold_.Wait()) return std::nullopt;
  if (!parser_->is_head_done()) return kReadBytesMin;
  const std::uint64_t missing = parser_->missing_bytes();
  if (missing == 0) return kReadBytesMax;
  return static_cast<std::size_t>(std::clamp<std::uint64_t>(missing, kReadBytesMin, kReadBytesMax));
}

bool HttpInput::HoldRest() {
  const std::size_t bytes = rest_.capacity();
  if (bytes <= kReadBytesMin || bytes <= held_rest_bytes_) return true;
  if (!hold_.Grow(bytes - held_rest_bytes_)) return false;
  held_rest_bytes_ = bytes;
  return true;
}

}  // namespace clew::net
