#pragma once

#include <string>
#include <string_view>

#include "model/trace_data.h"
#include "net/http_server.h"

namespace clew::api::testing {

/// A request from "/path?name=value&…", percent-encoded as a client sends it.
net::HttpRequest MakeRequest(std::string_view target, std::string_view method = "GET");

/// Compares status, content type and body with tests/golden/api/<name>. JSON is indented for
/// readers, its members and numbers as they came; other bodies are shown as they are, bytes beyond
/// ASCII escaped. With CLEW_UPDATE_GOLDEN set the file is written instead.
void ExpectGolden(const std::string& name, const net::HttpResponse& response);

/// A trace of two services with every kind of value, status, event, link and oddity that the APIs
/// must show. Its id has a zero high half.
model::TraceData SampleTrace();
/// One span, with a 32 digit id and a resource without attributes.
model::TraceData PlainTrace();

}  // namespace clew::api::testing
