#include "pipeline/receivers/otlp/http_endpoint.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/compression.h"
#include "base/excerpt.h"
#include "pipeline/item_counter.h"
#include "pipeline/receivers/otlp/content_type.h"
#include "pipeline/receiving/request_context.h"
#include "wire/otlp/json.h"

namespace clew::pipeline::receivers::otlp {
namespace {

/// What undoes the Content-Encoding, which CheckHead has found to be known. Both forms of snappy go
/// by one name; the framed one is recognised by how it begins.
base::Compression CompressionOf(const net::HttpRequest& request) {
  const auto named = base::ParseCompression(request.headers.Get("Content-Encoding"));
  const bool is_framed =
      named == base::Compression::kSnappy &&
      base::CompressionOfHead(request.body.view()) == base::Compression::kSnappyFramed;
  return is_framed ? base::Compression::kSnappyFramed : *named;
}

std::string RetryAfterSeconds(Nanos delay) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(delay).count();
  return std::to_string(std::max<std::int64_t>(seconds, 1));
}

}  // namespace

HttpEndpoint::HttpEndpoint(const HttpSection& section, const receiving::TenancySection& tenancy,
                           receiving::Intake& intake)
    : section_(section),
      tenancy_(tenancy),
      paths_(PathsOf(section, intake.signals())),
      intake_(intake) {}

std::vector<HttpEndpoint::Path> HttpEndpoint::PathsOf(const HttpSection& section,
                                                      model::SignalSet signals) {
  std::vector<Path> paths;
  for (const model::Signal signal : model::kSignals) {
    if (signals.Contains(signal)) paths.push_back({section.PathOf(signal), signal});
  }
  return paths;
}

std::optional<model::Signal> HttpEndpoint::SignalOf(std::string_view path) const {
  const auto found = std::ranges::find(paths_, path, &Path::path);
  return found == paths_.end() ? std::nullopt : std::optional(found->signal);
}

base::Later<net::HttpResponse> HttpEndpoint::Handle(const net::HttpRequest& request) {
  if (const auto refusal = CheckHead(request)) {
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
  const model::Signal signal = *SignalOf(request.path);
  return Take(signal, request, encoding, *std::move(body), *std::move(context), std::move(hold))
      .MapBy([signal, encoding](const Result<wire::otlp::PartialSuccess>& taken) {
        return AnswerTaken(taken, signal, encoding);
      });
}

net::HttpResponse HttpEndpoint::AnswerTaken(const Result<wire::otlp::PartialSuccess>& taken,
                                            model::Signal signal, Encoding encoding) {
  if (!taken.has_value()) {
    return AnswerError(wire::otlp::HttpStatusOf(taken.error()), taken.error(), encoding);
  }
  net::HttpResponse response;
  if (encoding == Encoding::kJson) {
    response.content_type = kJsonType;
    response.body = wire::otlp::EncodeResponseJson(signal, *taken);
  } else {
    response.content_type = kProtobufType;
    response.body = wire::otlp::EncodeResponse(*taken);
  }
  return response;
}

std::optional<HttpEndpoint::Refusal> HttpEndpoint::CheckHead(
    const net::HttpRequest& request) const {
  if (!SignalOf(request.path).has_value()) {
    std::vector<std::string> taken;
    for (const Path& path : paths_) {
      taken.push_back(fmt::format("{} are taken at {}", ItemsName(path.signal), path.path));
    }
    return Refusal{
        404,
        "path",
        {Code::kNotFound, fmt::format("404 page not found: {}; {}", base::Excerpt(request.path),
                                      fmt::join(taken, ", "))}};
  }
  if (request.method != "POST") {
    return Refusal{
        405, "method", {Code::kUnimplemented, "405 method not allowed, supported: [POST]"}};
  }
  if (!EncodingOf(request.headers.Get("Content-Type")).has_value()) {
    return Refusal{415,
                   "media_type",
                   {Code::kInvalidArgument,
                    "415 unsupported media type, supported: [application/json, "
                    "application/x-protobuf]"}};
  }
  if (const std::string charset = ForeignCharset(request.headers.Get("Content-Type"));
      !charset.empty()) {
    return Refusal{415,
                   "media_type",
                   {Code::kInvalidArgument,
                    fmt::format("415 unsupported charset of application/json: {}; send UTF-8",
                                base::Excerpt(charset))}};
  }
  const std::string_view coding = request.headers.Get("Content-Encoding");
  if (!section_.AllowsEncoding(coding)) {
    return Refusal{400,
                   "content_encoding",
                   {Code::kInvalidArgument,
                    fmt::format("unsupported Content-Encoding: {}", base::Excerpt(coding))}};
  }
  if (request.body.size() > section_.max_request_body_size) {
    return TooLarge();
  }
  return std::nullopt;
}

std::expected<Bytes, HttpEndpoint::Refusal> HttpEndpoint::Decompress(
    const net::HttpRequest& request, base::MemoryHold& hold) const {
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
        Refusal{wire::otlp::HttpStatusOf(error), receiving::Intake::NameOfRefusal(error), error});
  }
  if (body.error().code == Code::kResourceExhausted) {
    return std::unexpected(TooLarge());
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
      intake_.CountRefusedRequest(receiving::Intake::NameOfRefusal(reserved.error()));
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

HttpEndpoint::Refusal HttpEndpoint::TooLarge() const {
  return {413,
          "too_large",
          {Code::kResourceExhausted,
           fmt::format("request body too large: the limit is {} bytes, before and after "
                       "decompression (max_request_body_size); send smaller batches",
                       section_.max_request_body_size)}};
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
      refusal = TooLarge();
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

std::optional<HttpEndpoint::Encoding> HttpEndpoint::EncodingOf(std::string_view content_type) {
  const std::string type = MediaType(content_type);
  if (type == kProtobufType) {
    return Encoding::kProtobuf;
  }
  return type == kJsonType ? std::optional(Encoding::kJson) : std::nullopt;
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

net::HttpResponse HttpEndpoint::AnswerError(int status, const Error& error, Encoding encoding) {
  net::HttpResponse response;
  response.status = status;
  if (encoding == Encoding::kProtobuf) {
    response.content_type = kProtobufType;
    response.body = wire::otlp::EncodeStatus(error);
  } else {
    response.content_type = kJsonType;
    response.body = wire::otlp::EncodeStatusJson(error);
  }
  if ((status == 429 || status == 503) && error.retry_after.has_value()) {
    response.headers.Add("Retry-After", RetryAfterSeconds(*error.retry_after));
  }
  return response;
}

}  // namespace clew::pipeline::receivers::otlp
