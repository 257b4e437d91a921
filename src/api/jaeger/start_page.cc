#include "api/jaeger/start_page.h"

#include "api/responses.h"

namespace clew::api::jaeger {

net::HttpResponse NotAnEndpoint(const std::string& base_path, const net::HttpRequest& request,
                                std::string_view path, const Bytes& page) {
  if (path == "/api" || path.starts_with("/api/")) {
    return TextResponse(404, "404 page not found: the APIs served here begin with " + base_path +
                                 "/api/services, " + base_path + "/api/traces and " + base_path +
                                 "/api/v3/\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    // Who sends spans here must not believe that they were taken.
    net::HttpResponse refusal = MethodNotAllowed("GET");
    refusal.body =
        "method not allowed, use GET: this port answers queries. OTLP is taken at the port of the "
        "receiver, unless it is set otherwise 4318 over HTTP and 4317 over gRPC\n";
    return refusal;
  }
  net::HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.shared_body = page;
  return response;
}

Bytes StartPage(const std::string& base_path) {
  return Bytes(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>clew</title></head>"
      "<body>\n<h1>clew</h1>\n<p>The web UI is not part of this version. What is served here is "
      "Jaeger's query API:</p>\n<ul>\n<li><a href=\"" +
      base_path + "/api/services\">" + base_path + "/api/services</a></li>\n<li><a href=\"" +
      base_path + "/api/v3/services\">" + base_path +
      "/api/v3/services</a></li>\n</ul>\n<p>Point Grafana's Jaeger data source or a Jaeger UI at "
      "this address, or use <code>clew search</code> and <code>clew trace</code>.</p>\n"
      "</body></html>\n");
}

}  // namespace clew::api::jaeger
