#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Hand-made encoded messages for tests, odd ones included.
namespace clew::wire::otlp::testing {

/// A Span message with these bytes as ids, whatever their length.
std::string SpanMessage(std::string_view trace_id, std::string_view span_id, std::string_view name,
                        std::string_view more_fields = {});

/// A request of one resource (service.name=shop) and one scope (lib 1.0) with these spans.
std::string Request(const std::vector<std::string>& spans);

}  // namespace clew::wire::otlp::testing
