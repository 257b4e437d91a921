#include "net/http_parser.h"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "net/http_reply.h"

namespace clew::net {
namespace {

namespace http = boost::beast::http;

/// Of the lines around a chunk, so many bytes are its due: its size and two line ends.
constexpr std::uint64_t kChunkFrameBytes = 16;
/// So much of the memory of headers is not held before their end: what nearly all requests need.
constexpr std::uint64_t kFreeHeaderBytes = 4u << 10;

std::uint32_t Clamped(std::uint64_t bytes) {
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>(bytes, std::numeric_limits<std::uint32_t>::max()));
}

/// Whether a line of `text` ends without a carriage return. The parser waits for one: without this
/// a peer that sends none would wait for its answer, too.
bool HasBareLineFeed(std::string_view text) {
  for (std::size_t at = text.find('\n'); at != std::string_view::npos;
       at = text.find('\n', at + 1)) {
    if (at == 0 || text[at - 1] != '\r') return true;
  }
  return false;
}

/// Of the empty lines that `text` begins with.
std::size_t EmptyLinesSize(std::string_view text) {
  std::size_t size = 0;
  while (text.substr(size).starts_with("\r\n")) size += 2;
  return size;
}

}  // namespace

RequestParser::RequestParser(const HttpServerOptions& options, RequestHold& hold)
    : header_bytes_max_(options.header_bytes_max), hold_(hold) {
  header_limit(Clamped(header_bytes_max_));
  body_limit(options.body_bytes_max);
}

std::size_t RequestParser::Put(boost::asio::const_buffer data, ErrorCode& error) {
  if (is_started_) return PutRequest(data, error);
  const std::string_view text(static_cast<const char*>(data.data()), data.size());
  const std::size_t empty = EmptyLinesSize(text);
  used_bytes_ += empty;
  const std::string_view rest = text.substr(empty);
  is_started_ = !rest.empty() && rest != "\r";
  if (is_started_) return empty + PutRequest(data + empty, error);
  error = used_bytes_ > header_bytes_max_ ? http::error::header_limit : http::error::need_more;
  return empty;
}

std::size_t RequestParser::PutRequest(boost::asio::const_buffer data, ErrorCode& error) {
  const std::size_t used = put(data, error);
  eager(is_header_done());
  used_bytes_ += used;
  const bool has_no_error = !error || error == http::error::need_more;
  if (!has_no_error) return used;
  // What the parser cannot use yet is the beginning of a head, a chunk's line or trailers.
  const std::uint64_t unused = error ? data.size() - used : 0;
  if (used_bytes_ + unused > free_bytes_ + header_bytes_max_) {
    error = http::error::header_limit;
  } else if (HasBareLineFeed({static_cast<const char*>(data.data()) + data.size() - unused,
                              static_cast<std::size_t>(unused)})) {
    error = http::error::bad_line_ending;
  }
  return used;
}

std::string RequestParser::Describe(const ErrorCode& error) const {
  if (error != http::error::bad_field || !has_bad_host_) return error.message();
  return host_count_ == 0 ? "HTTP/1.1 without a Host header" : "more than one Host header";
}

std::uint64_t RequestParser::missing_bytes() const {
  return is_header_done() ? content_length_remaining().value_or(0) : 0;
}

HttpRequest RequestParser::TakeRequest() {
  if (request_.path.empty()) request_.path = "/";  // where not even the first line came
  request_.body = body_.Take();
  return std::move(request_);
}

void RequestParser::on_request_impl(Verb, StringView method, StringView target, int version,
                                    ErrorCode&) {
  request_.method = std::string(method);
  is_version_11_ = version == 11;
  ReadTarget({target.data(), target.size()}, request_);
}

void RequestParser::on_response_impl(int, StringView, int, ErrorCode&) {}

void RequestParser::on_field_impl(Field field, StringView name, StringView value,
                                  ErrorCode& error) {
  if (is_header_done()) return;
  if (field == Field::transfer_encoding &&
      !(is_version_11_ && boost::beast::iequals(value, "chunked"))) {
    error = http::error::bad_transfer_encoding;
    return;
  }
  if (field == Field::host) ++host_count_;
  request_.headers.Add(std::string(name), std::string(value));
  // The list of them grows to twice what it needs.
  header_memory_ += 2 * sizeof(request_.headers.fields()[0]) + name.size() + value.size();
  if (header_memory_ - held_header_memory_ > kFreeHeaderBytes) HoldHeaders(error);
}

void RequestParser::HoldHeaders(ErrorCode& error) {
  const std::uint64_t more = header_memory_ - held_header_memory_;
  if (hold_.Grow(more)) {
    held_header_memory_ = header_memory_;
  } else {
    error = RefusalOf(more);
  }
}

RequestParser::ErrorCode RequestParser::RefusalOf(std::uint64_t bytes) const {
  return hold_.CanNeverHold(hold_.bytes() + bytes) ? http::error::body_limit
                                                   : http::error::buffer_overflow;
}

void RequestParser::on_header_impl(ErrorCode& error) {
  // RFC 9112, section 3.2: a proxy before us may have taken another host for the one that is meant.
  has_bad_host_ = host_count_ > 1 || (is_version_11_ && host_count_ == 0);
  if (has_bad_host_) {
    error = http::error::bad_field;
    return;
  }
  const std::uint64_t length = content_length_remaining().value_or(0);
  hold_.Announce(length);
  if (hold_.CanNeverHold(hold_.bytes() + header_memory_ - held_header_memory_ + length)) {
    error = http::error::body_limit;
    return;
  }
  HoldHeaders(error);
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>&, ErrorCode&) {}

std::size_t RequestParser::on_body_impl(StringView body, ErrorCode& error) {
  const auto length = content_length();
  const auto announced = length ? std::optional<std::uint64_t>(*length) : std::nullopt;
  if (!body_.Append({body.data(), body.size()}, announced, hold_)) {
    error = RefusalOf(body_.size() + body.size() - body_.capacity());
    return 0;
  }
  free_bytes_ += body.size();
  return body.size();
}

void RequestParser::on_chunk_header_impl(std::uint64_t, StringView, ErrorCode&) {
  free_bytes_ += kChunkFrameBytes;
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, StringView body, ErrorCode& error) {
  return on_body_impl(body, error);
}

void RequestParser::on_finish_impl(ErrorCode&) {}

}  // namespace clew::net
