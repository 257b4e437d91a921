#pragma once

#include <optional>
#include <string_view>

#include "base/vocabulary.h"
#include "model/signal.h"
#include "net/http_server.h"
#include "wire/otlp/response.h"

namespace clew::pipeline::receivers::otlp {

/// What a body and the answer to it are written in.
enum class Encoding { kProtobuf, kJson };
/// Nothing for a type that is not taken.
std::optional<Encoding> EncodingOf(std::string_view content_type);

/// What OTLP/HTTP answers (otlp.md section 4): `taken`, or the error in its place.
net::HttpResponse AnswerTaken(const Result<wire::otlp::PartialSuccess>& taken, model::Signal signal,
                              Encoding encoding);
/// google.rpc.Status, with Retry-After where the error has a time.
net::HttpResponse AnswerError(int status, const Error& error, Encoding encoding);

}  // namespace clew::pipeline::receivers::otlp
