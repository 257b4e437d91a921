#pragma once

#include <string_view>

#include "base/vocabulary.h"
#include "net/http_server.h"

namespace clew::app::telemetry {

/// Whether a request may give orders, so that no web page can make its reader's browser give them.
/// PERMISSION_DENIED when it comes from a page of another origin, or when its Host is a name that
/// may have been pointed here (DNS rebinding): for browsers always, and for everybody when
/// `listening_host` is a loopback address or name, Host must be an address, localhost or
/// `listening_host`. What is no browser sends neither Origin nor Sec-Fetch-Site.
Status CheckOrder(const net::HttpRequest& request, std::string_view listening_host);

}  // namespace clew::app::telemetry
