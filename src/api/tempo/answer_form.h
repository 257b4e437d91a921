#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/query_call.h"
#include "api/text_source.h"
#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api::tempo {

enum class MediaType { kJson, kProtobuf, kLlm };

/// What `Accept` asks for: the first of protobuf, JSON and Grafana's LLM form that it names, else
/// JSON; quality values are ignored (tempo-api.md section 1.4).
MediaType AcceptedType(std::string_view accept);

/// The same of a request for an answer that comes as JSON and protobuf, and for language models
/// where there is a form for them: INVALID_ARGUMENT where there is none.
Result<MediaType> FormOf(const net::HttpRequest& request, bool has_llm = false);

/// An answer in the form that was asked for. Each part of one in protobuf is a message of the
/// answer's type; one after the other they are the whole, since readers of protobuf join messages.
struct Written {
  MediaType type = MediaType::kJson;
  TextSource parts;
};

/// Of a protobuf message: fields, cut between them into messages that any client of gRPC takes, as
/// Tempo cuts its own (tempo-api.md section 8).
class MessageParts {
 public:
  /// One is larger only when one of its fields is.
  static constexpr std::size_t kPartBytes = 1u << 20;

  /// A field, or some that belong together, as encoded.
  void Add(std::string_view fields);
  /// At least one message, which may be empty.
  std::vector<std::string> Take() && { return std::move(parts_); }

 private:
  std::vector<std::string> parts_ = {{}};
};

/// Takes messages of protobuf while the rest of their answer is still being made.
using EarlyMessages = std::function<void(std::string)>;

/// What is there already, part by part; its memory is counted by `call` until the source is gone.
Written WholeAnswer(const QueryCall& call, MediaType type, std::vector<std::string> parts);

/// The answer over HTTP, with what `call` has left out in a header.
Result<net::HttpResponse> Respond(const QueryCall& call, Written written);

}  // namespace clew::api::tempo
