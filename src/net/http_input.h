#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/http_parser.h"
#include "net/request_memory.h"

namespace clew::net {

/// The request that a connection is reading, and what has come of the next ones. One thread.
class HttpInput {
 public:
  /// `options` outlive it.
  explicit HttpInput(const HttpServerOptions& options)
      : options_(options), hold_(options.request_memory) {}

  /// The next request begins, with what has come of it.
  void Begin();
  /// Between requests next to nothing is held.
  void Rest();

  /// Whether some of the next request has come.
  bool has_rest() const { return !rest_.empty(); }
  /// The parser of the request that has begun.
  bool has_begun() const { return parser_.has_value(); }
  RequestParser& parser() { return *parser_; }
  const RequestParser& parser() const { return *parser_; }
  RequestHold& hold() { return hold_; }
  const RequestHold& hold() const { return hold_; }

  /// Takes what came, and as much of it as RequestParser::Put; the rest is kept. `error` as there,
  /// but for need_more, which is none; buffer_overflow also when the rest cannot be kept.
  void Put(std::string_view bytes, RequestParser::ErrorCode& error);
  /// How much to read next. Nothing, when too much waits for its peers already.
  std::optional<std::size_t> NextReadSize();

 private:
  /// Counts what is kept beyond the little that every connection may have.
  bool HoldRest();

  const HttpServerOptions& options_;
  RequestHold hold_;
  std::optional<RequestParser> parser_;
  std::string rest_;
  std::size_t held_rest_bytes_ = 0;
};

}  // namespace clew::net
