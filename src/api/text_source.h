#pragma once

#include <functional>
#include <string>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::api {

/// Appends the next part of a text to `out`, some KiB; false when nothing is left. So that a large
/// answer is never in memory as a whole. One call at a time, any thread.
using TextSource = std::function<Result<bool>(std::string* out)>;

/// `before`, what `source` gives (maybe null), and `after`.
TextSource Surround(std::string before, TextSource source, std::string after);

/// Makes `source` the body: whole when it is small (so that it is compressed, and has a length),
/// else in pieces while it is sent. An error is that of the first part.
Status SetBody(TextSource source, net::HttpResponse* response);

}  // namespace clew::api
