#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <cstddef>
#include <cstdint>

#include "net/http_server.h"
#include "net/request_body.h"
#include "net/request_memory.h"

namespace clew::net {

/// Reads one HTTP/1 request into an HttpRequest. The body grows with what arrives, not with what
/// the peer announces. One limit, `header_bytes_max`, counts for all that is not body: the head,
/// trailers, chunk extensions, and what the lines around chunks have beyond a few bytes each.
/// Trailers are not added to the headers: a proxy that looked at those has not seen them.
///
/// A message whose end two readers could see at different places is malformed: a Transfer-Encoding
/// that is not exactly "chunked", or is together with a Content-Length or HTTP/1.0, and several
/// Content-Lengths that differ.
class RequestParser final : private boost::beast::http::basic_parser<true> {
 public:
  using Base = boost::beast::http::basic_parser<true>;
  using ErrorCode = boost::system::error_code;

  /// `hold` outlives the parser and takes what headers and body need, as they come.
  RequestParser(const HttpServerOptions& options, RequestHold& hold);

  /// Takes from the front of `data`, and gives how many bytes; what is left is given again, with
  /// more behind it. Empty lines before the request are taken and left out (RFC 9112, section 2.2).
  /// Stops after the head, once, and after the request. `error` is need_more when
  /// there is too little to go on, else one of boost::beast::http::error: header_limit, body_limit,
  /// buffer_overflow (no memory for it) or what is malformed.
  std::size_t Put(boost::asio::const_buffer data, ErrorCode& error);

  /// Whether anything but empty lines has come.
  bool is_started() const { return is_started_; }
  bool is_head_done() const { return is_header_done(); }
  bool is_done() const { return Base::is_done(); }
  /// Of a request whose head is complete.
  bool keep_alive() const { return is_header_done() && Base::keep_alive(); }
  /// What `error`, which Put gave, means for the one who sent the request.
  std::string Describe(const ErrorCode& error) const;
  bool is_version_11() const { return is_version_11_; }
  /// Body bytes that are announced and missing; 0 where the peer announces none, as in chunks.
  std::uint64_t missing_bytes() const;
  /// Bytes that Put has taken.
  std::uint64_t used_bytes() const { return used_bytes_; }
  const HttpHeaders& headers() const { return request_.headers; }
  /// What was read, also of a request that is not complete. Once.
  HttpRequest TakeRequest();

 private:
  using StringView = boost::beast::string_view;
  using Verb = boost::beast::http::verb;
  using Field = boost::beast::http::field;

  void on_request_impl(Verb verb, StringView method, StringView target, int version,
                       ErrorCode& error) override;
  void on_response_impl(int status, StringView reason, int version, ErrorCode& error) override;
  void on_field_impl(Field field, StringView name, StringView value, ErrorCode& error) override;
  void on_header_impl(ErrorCode& error) override;
  void on_body_init_impl(const boost::optional<std::uint64_t>& length, ErrorCode& error) override;
  std::size_t on_body_impl(StringView body, ErrorCode& error) override;
  void on_chunk_header_impl(std::uint64_t size, StringView extensions, ErrorCode& error) override;
  std::size_t on_chunk_body_impl(std::uint64_t left, StringView body, ErrorCode& error) override;
  void on_finish_impl(ErrorCode& error) override;

  std::size_t PutRequest(boost::asio::const_buffer data, ErrorCode& error);
  /// Of the headers what is not held yet.
  void HoldHeaders(ErrorCode& error);
  /// Why so many bytes more are not held.
  ErrorCode RefusalOf(std::uint64_t bytes) const;

  const std::uint64_t header_bytes_max_;
  RequestHold& hold_;
  HttpRequest request_;
  RequestBody body_;
  std::uint64_t header_memory_ = 0;
  std::uint64_t held_header_memory_ = 0;
  std::uint64_t used_bytes_ = 0;
  /// Of them, what does not count as header: body, and the usual frame of each chunk.
  std::uint64_t free_bytes_ = 0;
  bool is_started_ = false;
  bool is_version_11_ = false;
  std::size_t host_count_ = 0;
  bool has_bad_host_ = false;
};

}  // namespace clew::net
