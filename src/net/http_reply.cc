#include "net/http_reply.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <ctime>
#include <utility>

#include "base/compression.h"
#include "net/http_cors.h"
#include "net/request_memory.h"

namespace clew::net {
namespace {

constexpr std::size_t kCompressBytesMin = 1024;

std::string HttpDate(const Clock& clock) {
  const std::time_t now = clock.Now() / 1'000'000'000;
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text;
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

bool AcceptsGzip(std::string_view accepted) {
  while (!accepted.empty()) {
    const std::size_t comma = std::min(accepted.find(','), accepted.size());
    std::string item(accepted.substr(0, comma));
    accepted.remove_prefix(std::min(comma + 1, accepted.size()));
    std::erase_if(item, [](char c) { return c == ' ' || c == '\t'; });
    if (item != "gzip" && !item.starts_with("gzip;")) continue;
    // A quality of zero, however it is written, means "not".
    const std::size_t quality = item.find("q=0");
    return quality == std::string::npos ||
           item.find_first_of("123456789", quality) != std::string::npos;
  }
  return false;
}

/// A line break in a value would let a client write headers of its own into the answer.
bool IsSafe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void AddLine(std::string& head, std::string_view name, std::string_view value) {
  if (!IsSafe(name) || !IsSafe(value)) return;
  head.append(name).append(": ").append(value).append("\r\n");
}

void CompressBody(const HttpRequest& request, HttpResponse& response) {
  const std::string_view body =
      response.body.empty() ? response.shared_body.view() : std::string_view(response.body);
  if (body.size() < kCompressBytesMin || response.headers.Has("Content-Encoding")) return;
  response.headers.Add("Vary", "Accept-Encoding");
  if (!AcceptsGzip(request.headers.Get("Accept-Encoding"))) return;
  auto compressed = base::Compress(base::Compression::kGzip, body);
  if (!compressed.has_value()) return;
  response.body = std::move(*compressed);
  response.shared_body = {};
  response.headers.Add("Content-Encoding", "gzip");
}

void ReadQuery(std::string_view query, HttpRequest& request) {
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view item = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = std::min(item.find('='), item.size());
    request.query.emplace_back(PercentDecode(item.substr(0, equals), true),
                               PercentDecode(item.substr(std::min(equals + 1, item.size())), true));
  }
}

}  // namespace

std::string_view HttpReason(int status) {
  static constexpr std::array<std::pair<int, std::string_view>, 25> kReasons = {
      {{200, "OK"},
       {201, "Created"},
       {202, "Accepted"},
       {204, "No Content"},
       {301, "Moved Permanently"},
       {302, "Found"},
       {304, "Not Modified"},
       {307, "Temporary Redirect"},
       {400, "Bad Request"},
       {401, "Unauthorized"},
       {403, "Forbidden"},
       {404, "Not Found"},
       {405, "Method Not Allowed"},
       {406, "Not Acceptable"},
       {408, "Request Timeout"},
       {413, "Payload Too Large"},
       {415, "Unsupported Media Type"},
       {422, "Unprocessable Entity"},
       {429, "Too Many Requests"},
       {431, "Request Header Fields Too Large"},
       {500, "Internal Server Error"},
       {501, "Not Implemented"},
       {503, "Service Unavailable"},
       {504, "Gateway Timeout"},
       {505, "HTTP Version Not Supported"}}};
  const auto* found = std::ranges::find(kReasons, status, &std::pair<int, std::string_view>::first);
  return found == kReasons.end() ? "Status" : found->second;
}

std::string BodyTooLargeText(const HttpServerOptions& options) {
  if (LargestRequest(options.request_memory) < options.body_bytes_max) {
    return TooLargeForMemory(*options.request_memory);
  }
  return "request body too large: the limit is " + std::to_string(options.body_bytes_max) +
         " bytes";
}

HttpReply MakeReply(const HttpServerOptions& options, const HttpRequest& request,
                    HttpResponse response, ReplyPlace place) {
  // Beside others they are a beginning as any.
  if (!response.shared_body.empty() && (!response.body.empty() || response.next_piece)) {
    response.body += response.shared_body.view();
    response.shared_body = {};
  }
  if (options.compress_responses && !response.next_piece) CompressBody(request, response);
  HttpReply reply;
  const bool is_streamed = response.next_piece != nullptr;
  reply.is_chunked = is_streamed && place.takes_chunks;
  // Without chunks the end of the connection is the end of the answer.
  reply.is_last = place.is_last || (is_streamed && !place.takes_chunks);
  std::string& head = reply.head;
  head.reserve(256);
  head.append("HTTP/1.1 ").append(std::to_string(response.status)).append(" ");
  head.append(HttpReason(response.status)).append("\r\n");
  if (!response.content_type.empty()) AddLine(head, "Content-Type", response.content_type);
  for (const auto& [name, value] : response.headers.fields()) AddLine(head, name, value);
  for (const auto& [name, value] : options.response_headers) AddLine(head, name, value);
  AddLine(head, "Date", HttpDate(*options.clock));
  const bool may_have_body =
      response.status >= 200 && response.status != 204 && response.status != 304;
  if (reply.is_chunked) {
    AddLine(head, "Transfer-Encoding", "chunked");
  } else if (may_have_body && !is_streamed) {
    AddLine(head, "Content-Length",
            std::to_string(response.body.size() + response.shared_body.size()));
  }
  AddLine(head, "Connection", reply.is_last ? "close" : "keep-alive");
  head += "\r\n";
  if (!may_have_body || request.method == "HEAD") {
    reply.is_chunked = false;
    return reply;
  }
  reply.body = std::move(response.body);
  reply.shared_body = std::move(response.shared_body);
  reply.next_piece = std::move(response.next_piece);
  reply.held = std::move(response.held);
  return reply;
}

void ReadTarget(std::string_view target, HttpRequest& request) {
  if (!target.starts_with('/')) {
    const std::size_t scheme = target.find("://");
    if (scheme != std::string_view::npos) {
      const std::size_t path = target.find_first_of("/?", scheme + 3);
      target = path == std::string_view::npos ? "/" : target.substr(path);
    }
  }
  target = target.substr(0, target.find('#'));
  const std::size_t question = std::min(target.find('?'), target.size());
  request.path = target.substr(0, question);
  if (request.path.empty()) request.path = "/";
  ReadQuery(target.substr(std::min(question + 1, target.size())), request);
}

}  // namespace clew::net
