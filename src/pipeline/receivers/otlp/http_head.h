#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/signal.h"
#include "net/http_server.h"
#include "pipeline/receivers/otlp/config.h"

namespace clew::pipeline::receivers::otlp {

/// Why a request is refused, as sender and metric hear it.
struct Refusal {
  int status;
  const char* reason;
  Error error;
};

/// What path, method and headers of a request must be. Any thread.
class HttpHead {
 public:
  /// `section` outlives it.
  HttpHead(const HttpSection& section, model::SignalSet signals);

  /// Nothing for a path that takes none.
  std::optional<model::Signal> SignalOf(std::string_view path) const;
  /// Nothing for one that may go on.
  std::optional<Refusal> Check(const net::HttpRequest& request) const;
  /// Of a body.
  Refusal TooLarge() const;

 private:
  struct Path {
    std::string path;
    model::Signal signal;
  };

  const HttpSection& section_;
  std::vector<Path> paths_;
};

}  // namespace clew::pipeline::receivers::otlp
