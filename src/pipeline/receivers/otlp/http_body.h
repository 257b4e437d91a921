#pragma once

#include <expected>
#include <optional>

#include "base/memory_budget.h"
#include "model/batch.h"
#include "net/http_server.h"
#include "pipeline/receivers/otlp/http_answers.h"
#include "pipeline/receivers/otlp/http_head.h"
#include "pipeline/receiving/intake.h"

namespace clew::pipeline::receivers::otlp {

/// The body of a request as Intake::Take wants it.
struct HttpBody {
  Bytes protobuf;
  /// What came, when it decompresses to `protobuf`.
  std::optional<model::ReceivedBody> received;
  /// What `protobuf` takes when it is not what came.
  base::MemoryHold hold;
};

/// Makes protobuf of bodies: undoes their Content-Encoding, and JSON. What that takes is reserved
/// first, as Intake::Reserve does. Any thread.
class HttpBodyReader {
 public:
  /// All of it outlives the reader.
  HttpBodyReader(const HttpSection& section, const HttpHead& head, receiving::Intake& intake)
      : section_(section), head_(head), intake_(intake) {}

  /// Of a request that `head` lets go on.
  std::expected<HttpBody, Refusal> Read(const net::HttpRequest& request, model::Signal signal,
                                        Encoding encoding) const;

 private:
  std::expected<Bytes, Refusal> Decompress(const net::HttpRequest& request,
                                           base::MemoryHold& hold) const;

  const HttpSection& section_;
  const HttpHead& head_;
  receiving::Intake& intake_;
};

}  // namespace clew::pipeline::receivers::otlp
