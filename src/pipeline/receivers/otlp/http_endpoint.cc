#include "pipeline/receivers/otlp/http_endpoint.h"

#include <algorithm>
#include <utility>

#include "base/compression.h"
#include "pipeline/receiving/request_context.h"
#include "wire/otlp/json.h"

namespace clew::pipeline::receivers::otlp {
namespace {

/// What undoes the Content-Encoding, which HttpHead has found to be known. Both forms of snappy go
/// by one name; the framed one is recognised by how it begins.
base::Compression CompressionOf(const net::HttpRequest& request) {
  const auto named = base::ParseCompression(request.headers.Get("Content-Encoding"));
  const bool is_framed =
      named == base::Compression::kSnappy &&
      base::CompressionOfHead(request.body.view()) == base::Compression::kSnappyFramed;
  return is_framed ? base::Compression::kSnappyFramed : *named;
}

}  // namespace
HttpEndpoint::HttpEndpoint(const HttpSection& section, const receiving::TenancySection& tenancy,
                           receiving::Intake& intake)
    : section_(section), tenancy_(tenancy), head_(section, intake.signals()), intake_(intake) {}

base::Later<net::HttpResponse> HttpEndpoint::Handle(const net::HttpRequest& request) {
  if (const auto refusal = head_.Check(request)) {
    return Answer(*refusal, request);
  }
  auto context = receiving::ContextOf(request, tenancy_, section_.include_metadata);
  if (!context.has_value()) {
    return Answer({wire::otlp::HttpStatusOf(context.error()), "no_tenant", context.error()},
                  request);
  }
  base::MemoryHold hold = intake_.NewHold();
  auto body = Decompress(request, hold);
  if (!body.has_value()) {
    return Answer(body.error(), request);
  }
  const Encoding encoding = *EncodingOf(request.headers.Get("Content-Type"));
  const model::Signal signal = *head_.SignalOf(request.path);
  return Take(signal, request, encoding, *std::move(body), *std::move(context), std::move(hold))
      .MapBy([signal, encoding](const Result<wire::otlp::PartialSuccess>& taken) {
        return AnswerTaken(taken, signal, encoding);
      });
}

std::expected<Bytes, Refusal> HttpEndpoint::Decompress(const net::HttpRequest& request,
                                                       base::MemoryHold& hold) const {
  const base::Compression compression = CompressionOf(request);
  if (compression == base::Compression::kNone) {
    return request.body;
  }
  Status reserved;
  const auto reserve = [&](std::size_t bytes) {
    hold.Release();
    reserved = intake_.Reserve(hold, bytes, "unpacking the body");
    return reserved;
  };
  // How large the body is unpacked is a guess at first: no guess is refused that the body itself
  // would not be.
  const std::uint64_t room = intake_.handling_bytes_max();
  auto body = base::Decompress(compression, request.body.view(),
                               std::min(section_.max_request_body_size, room), reserve);
  if (body.has_value()) {
    hold.ShrinkTo(body->size());
    return Bytes(*std::move(body));
  }
  const bool lacks_room =
      body.error().code == Code::kResourceExhausted && room < section_.max_request_body_size;
  if (lacks_room) reserved = reserve(room + 1);
  if (!reserved.has_value()) {
    const Error& error = reserved.error();
    return std::unexpected(
        Refusal{wire::otlp::HttpStatusOf(error), receiving::NameOfRefusal(error), error});
  }
  if (body.error().code == Code::kResourceExhausted) {
    return std::unexpected(head_.TooLarge());
  }
  return std::unexpected(Refusal{400, "malformed", std::move(body).error()});
}

receiving::Intake::LaterAnswer HttpEndpoint::Take(model::Signal signal,
                                                  const net::HttpRequest& request,
                                                  Encoding encoding, Bytes body,
                                                  const Context& context, base::MemoryHold hold) {
  if (encoding == Encoding::kJson) {
    const Status reserved = intake_.Reserve(
        hold, wire::otlp::RequestFromJsonBytesMax(signal, body.size()), "reading the body's JSON");
    if (!reserved.has_value()) {
      intake_.CountRefusedRequest(receiving::NameOfRefusal(reserved.error()));
      return std::unexpected(reserved.error());
    }
    auto protobuf = wire::otlp::RequestFromJson(signal, body.view());
    if (!protobuf.has_value()) {
      intake_.CountRefusedRequest("malformed");
      return std::unexpected(std::move(protobuf).error());
    }
    body = Bytes(*std::move(protobuf));
    hold.ShrinkTo(body.size());
    return intake_.Take(signal, std::move(body), std::nullopt, context, std::move(hold));
  }
  model::ReceivedBody received{CompressionOf(request), request.body};
  return intake_.Take(signal, std::move(body), std::move(received), context, std::move(hold));
}

net::HttpResponse HttpEndpoint::Refuse(int status, const std::string& message,
                                       const net::HttpRequest& request) {
  Refusal refusal{status, "malformed", {Code::kInvalidArgument, message}};
  switch (status) {
    case 408:
      refusal.reason = "slow_sender";
      refusal.error.code = Code::kDeadlineExceeded;
      break;
    case 413:
      refusal = head_.TooLarge();
      // Memory may allow less than the configuration does.
      if (intake_.request_bytes_max() < section_.max_request_body_size) {
        refusal.error.message = message;
      }
      break;
    case 503:
      refusal.reason = "overloaded";
      refusal.error.code = Code::kUnavailable;
      refusal.error.retry_after = std::chrono::seconds(1);
      break;
    default:
      break;
  }
  return Answer(refusal, request);
}

net::HttpResponse HttpEndpoint::Answer(const Refusal& refusal, const net::HttpRequest& request) {
  intake_.CountRefusedRequest(refusal.reason);
  // Whoever sends what is not known is told in text.
  const Encoding encoding =
      EncodingOf(request.headers.Get("Content-Type")).value_or(Encoding::kJson);
  net::HttpResponse response = AnswerError(refusal.status, refusal.error, encoding);
  if (refusal.status == 405) {
    response.headers.Add("Allow", "POST");
  }
  return response;
}

}  // namespace clew::pipeline::receivers::otlp
