#include "pipeline/receivers/otlp/http_body.h"

#include <algorithm>
#include <utility>

#include "base/compression.h"
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

std::unexpected<Refusal> Malformed(Error error) {
  return std::unexpected(Refusal{400, "malformed", std::move(error)});
}

std::unexpected<Refusal> NoRoom(const Error& error) {
  return std::unexpected(
      Refusal{wire::otlp::HttpStatusOf(error), receiving::NameOfRefusal(error), error});
}

}  // namespace

std::expected<HttpBody, Refusal> HttpBodyReader::Read(const net::HttpRequest& request,
                                                      model::Signal signal,
                                                      Encoding encoding) const {
  base::MemoryHold hold = intake_.NewHold();
  auto body = Decompress(request, hold);
  if (!body.has_value()) return std::unexpected(std::move(body).error());
  if (encoding == Encoding::kProtobuf) {
    model::ReceivedBody received{CompressionOf(request), request.body};
    return HttpBody{*std::move(body), std::move(received), std::move(hold)};
  }
  const Status reserved = intake_.Reserve(
      hold, wire::otlp::RequestFromJsonBytesMax(signal, body->size()), "reading the body's JSON");
  if (!reserved.has_value()) return NoRoom(reserved.error());
  auto protobuf = wire::otlp::RequestFromJson(signal, body->view());
  if (!protobuf.has_value()) return Malformed(std::move(protobuf).error());
  *body = Bytes(*std::move(protobuf));
  hold.ShrinkTo(body->size());
  return HttpBody{*std::move(body), std::nullopt, std::move(hold)};
}

std::expected<Bytes, Refusal> HttpBodyReader::Decompress(const net::HttpRequest& request,
                                                         base::MemoryHold& hold) const {
  const base::Compression compression = CompressionOf(request);
  if (compression == base::Compression::kNone) return request.body;
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
  if (!reserved.has_value()) return NoRoom(reserved.error());
  if (body.error().code == Code::kResourceExhausted) return std::unexpected(head_.TooLarge());
  return Malformed(std::move(body).error());
}

}  // namespace clew::pipeline::receivers::otlp
