#include "wire/otlp/testing/sample_request.h"

#include <protozero/pbf_writer.hpp>

#include "wire/otlp/value_writer.h"

namespace clew::wire::otlp::testing {

std::string SpanMessage(std::string_view trace_id, std::string_view span_id, std::string_view name,
                        std::string_view more_fields) {
  std::string message;
  protozero::pbf_writer span(message);
  span.add_bytes(1, trace_id.data(), trace_id.size());
  span.add_bytes(2, span_id.data(), span_id.size());
  span.add_string(5, name.data(), name.size());
  span.add_fixed64(7, 1'000);
  span.add_fixed64(8, 3'000);
  message.append(more_fields);
  return message;
}

std::string Request(const std::vector<std::string>& spans) {
  std::string resource;
  WriteKeyValue(1, "service.name", model::Value{std::string("shop")}, &resource);
  std::string scope;
  protozero::pbf_writer scope_writer(scope);
  scope_writer.add_string(1, "lib");
  scope_writer.add_string(2, "1.0");
  std::string scope_spans;
  protozero::pbf_writer scope_spans_writer(scope_spans);
  scope_spans_writer.add_message(1, scope);
  for (const std::string& span : spans) scope_spans_writer.add_message(2, span);
  std::string resource_spans;
  protozero::pbf_writer resource_spans_writer(resource_spans);
  resource_spans_writer.add_message(1, resource);
  resource_spans_writer.add_message(2, scope_spans);
  std::string request;
  protozero::pbf_writer(request).add_message(1, resource_spans);
  return request;
}

}  // namespace clew::wire::otlp::testing
