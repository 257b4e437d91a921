#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "net/http_server.h"

namespace clew::net {

/// An answer as it goes to the socket.
struct HttpReply {
  std::string head;  // status line and header fields, with the empty line
  std::string body;
  Bytes shared_body;           // instead of `body`
  NextPiece next_piece;        // what comes after `body`; null: nothing
  std::shared_ptr<void> held;  // counts the memory of `body`
  bool is_chunked = false;     // `body` and pieces go in chunks
  bool is_last = false;        // the connection ends after it
};

/// What is known of the connection that a reply goes to.
struct ReplyPlace {
  bool is_last = false;      // no request comes after this one
  bool takes_chunks = true;  // HTTP/1.1
};

/// Writes `response` to `request` down with everything the options ask for: CORS, fixed headers,
/// gzip, Date, the length or chunks. The body is left out for HEAD and where HTTP forbids one. Any
/// thread.
HttpReply MakeReply(const HttpServerOptions& options, const HttpRequest& request,
                    HttpResponse response, ReplyPlace place);

/// Which limit a body that is refused with 413 has passed: that of the options or that of memory.
std::string BodyTooLargeText(const HttpServerOptions& options);

/// "Not Found" for 404 and so on; "Status" for what HTTP does not know.
std::string_view HttpReason(int status);

/// Path, query and whatever the request target holds. Absolute targets lose scheme and host.
void ReadTarget(std::string_view target, HttpRequest& request);

}  // namespace clew::net
