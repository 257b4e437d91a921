#pragma once

#include <nghttp2/nghttp2.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/vocabulary.h"

namespace clew::net {

/// Headers or trailers of an answer of gRPC, in their order.
class GrpcHeaders {
 public:
  /// One without a value is left out.
  void Add(std::string_view name, std::string value);
  /// grpc-status and what goes with it (gRPC over HTTP/2, "Responses"); the message is cut when it
  /// is long.
  void AddStatus(const Error& error);

  /// For nghttp2, which copies them; as long as this lives and is not changed.
  std::vector<nghttp2_nv> native() const;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

}  // namespace clew::net
