#include "app/demo/trace_builder.h"

#include <fmt/core.h>

#include <cstring>

namespace clew::app::demo {

model::Value Text(std::string_view text) { return model::Value{std::string(text)}; }
model::Value Int(std::int64_t number) { return model::Value{number}; }
model::Value Double(double number) { return model::Value{number}; }

TraceBuilder::TraceBuilder(base::Random& random) : random_(random) {
  const std::uint64_t high = random.Next();
  const std::uint64_t low = random.Next() | 1;
  std::memcpy(trace_id_.bytes.data(), &high, 8);
  std::memcpy(trace_id_.bytes.data() + 8, &low, 8);
  data_.scopes.push_back({.name = "shop", .version = "1.0.0", .attributes = {}});
}

std::uint32_t TraceBuilder::ResourceOf(std::string_view service) {
  for (std::uint32_t i = 0; i < data_.resources.size(); ++i) {
    if (model::FindString(data_.resources[i].attributes, "service.name") == service) {
      return i;
    }
  }
  model::Resource resource;
  resource.attributes = {
      {"service.name", Text(service)},
      {"service.namespace", Text("shop")},
      {"service.version", Text("1.4.2")},
      {"deployment.environment.name", Text("demo")},
      {"host.name", Text(fmt::format("{}-0", service))},
      {"telemetry.sdk.name", Text("clew-demo")},
      {"telemetry.sdk.language", Text("cpp")},
  };
  data_.resources.push_back(std::move(resource));
  return static_cast<std::uint32_t>(data_.resources.size() - 1);
}

std::size_t TraceBuilder::Begin(std::string_view service, std::string_view name,
                                model::SpanKind kind, std::size_t parent, UnixNanos start) {
  model::Span span;
  span.trace_id = trace_id_;
  const std::uint64_t id = random_.Next() | 1;
  std::memcpy(span.span_id.bytes.data(), &id, 8);
  if (parent != kNoParent) {
    span.parent_span_id = data_.spans[parent].span_id;
  }
  span.trace_state = "shop=demo";
  span.name = name;
  span.kind = kind;
  span.flags = 0x101;
  span.start = start;
  span.end = start;
  span.resource = ResourceOf(service);
  data_.spans.push_back(std::move(span));
  return data_.spans.size() - 1;
}

void TraceBuilder::Set(std::size_t span, std::string_view key, model::Value value) {
  data_.spans[span].attributes.push_back({std::string(key), std::move(value)});
}

void TraceBuilder::AddEvent(std::size_t span, std::string_view name, UnixNanos time,
                            model::Attributes attributes) {
  data_.spans[span].events.push_back(
      {.time = time, .name = std::string(name), .attributes = std::move(attributes)});
}

void TraceBuilder::Fail(std::size_t span, std::string_view type, std::string_view message,
                        UnixNanos time) {
  AddEvent(span, "exception", time,
           {{"exception.type", Text(type)},
            {"exception.message", Text(message)},
            {"exception.stacktrace",
             Text(fmt::format("Traceback (most recent call last):\n"
                              "  File \"/srv/shop/server.py\", line 88, in handle\n"
                              "  File \"/srv/shop/steps.py\", line 41, in {}\n"
                              "{}: {}\n",
                              data_.spans[span].name, type, message))},
            {"exception.escaped", Text("False")}});
  SetError(span, message);
}

void TraceBuilder::SetError(std::size_t span, std::string_view message) {
  data_.spans[span].status = model::StatusCode::kError;
  data_.spans[span].status_message = message;
}

}  // namespace clew::app::demo
