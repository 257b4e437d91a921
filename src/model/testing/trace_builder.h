#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "model/trace_data.h"

namespace clew::model {

/// Short forms for traces written by hand in tests. Times are microseconds.
struct SpanSpec {
  std::string_view id;  // hex
  std::string_view parent = "0";
  UnixNanos start = 0;
  UnixNanos duration = 0;
  std::string_view name = "op";
  SpanKind kind = SpanKind::kUnspecified;
  std::uint32_t resource = 0;
  std::uint32_t scope = 0;
};

class TraceBuilder {
 public:
  explicit TraceBuilder(std::string_view trace_id = "1")
      : trace_id_(TraceId::FromHex(trace_id).value()) {
    trace_.scopes.emplace_back();
  }

  TraceBuilder& Resource(Attributes attributes) {
    trace_.resources.emplace_back().attributes = std::move(attributes);
    return *this;
  }
  TraceBuilder& Service(std::string_view name) {
    return Resource({{"service.name", {std::string(name)}}});
  }
  /// The span stays valid until the next one.
  Span& Add(const SpanSpec& spec) {
    if (trace_.resources.empty()) {
      Service("shop");
    }
    Span& span = trace_.spans.emplace_back();
    span.trace_id = trace_id_;
    span.span_id = SpanId::FromHex(spec.id).value();
    span.parent_span_id = SpanId::FromHex(spec.parent).value();
    span.start = spec.start * 1000;
    span.end = (spec.start + spec.duration) * 1000;
    span.name = spec.name;
    span.kind = spec.kind;
    span.resource = spec.resource;
    span.scope = spec.scope;
    return span;
  }
  TraceData& trace() { return trace_; }

 private:
  TraceId trace_id_;
  TraceData trace_;
};

}  // namespace clew::model
