#include "traceql/evaluate/testing/example_trace.h"

#include "model/testing/trace_builder.h"
#include "traceql/evaluate/testing/run_query.h"
#include "wire/otlp/scatter_objects.h"

namespace clew::traceql::evaluate::testing {
namespace {

using model::Value;

Value Text(const char* text) { return {std::string(text)}; }
Value Int(std::int64_t number) { return {number}; }
Value Texts(std::initializer_list<const char*> texts) {
  Value::Array array;
  for (const char* const text : texts) array.push_back(Text(text));
  return {std::move(array)};
}

void AddEvent(UnixNanos time, const char* name, model::Attributes attributes, model::Span* span) {
  model::Event& event = span->events.emplace_back();
  event.time = time;
  event.name = name;
  event.attributes = std::move(attributes);
}

void AddLink(const char* trace_id, const char* span_id, model::Attributes attributes,
             model::Span* span) {
  model::Link& link = span->links.emplace_back();
  link.trace_id = TraceId::FromHex(trace_id).value();
  link.span_id = SpanId::FromHex(span_id).value();
  link.attributes = std::move(attributes);
}

void AddRoot(model::TraceBuilder* builder) {
  model::Span& root =
      builder->Add({.id = "1", .duration = 100, .name = "root", .kind = model::SpanKind::kServer});
  root.status = model::StatusCode::kOk;
  root.attributes = {{"code", Int(200)},
                     {"flag", {true}},
                     {"score", {1.5}},
                     {"tags", Texts({"a", "b"})},
                     {"sizes", {Value::Array{Int(1), Int(5)}}},
                     {"one", Texts({"only"})},
                     {"both", Text("span")}};
}

void AddPay(model::TraceBuilder* builder) {
  model::Span& pay = builder->Add({.id = "2",
                                   .parent = "1",
                                   .start = 10,
                                   .duration = 20,
                                   .name = "pay",
                                   .kind = model::SpanKind::kClient});
  pay.attributes = {{"code", Int(500)}, {"flag", {false}}, {"word", Text("x")}};
  AddEvent(11'000, "exception", {{"type", Text("io")}, {"n", Int(1)}}, &pay);
  AddEvent(12'000, "retry", {{"type", Text("net")}, {"n", Int(2)}}, &pay);
}

void AddRest(model::TraceBuilder* builder) {
  model::Span& charge = builder->Add({.id = "3",
                                      .parent = "2",
                                      .start = 12,
                                      .duration = 5,
                                      .name = "charge",
                                      .kind = model::SpanKind::kServer,
                                      .resource = 1,
                                      .scope = 1});
  charge.status = model::StatusCode::kError;
  charge.status_message = "boom";
  charge.attributes = {{"code", Text("500")},
                       {"blob", {model::ByteString{"x"}}},
                       {"list", {Value::KvList{{"k", Int(1)}}}},
                       {"mixed", {Value::Array{Int(1), Text("a")}}},
                       {"nested", {Value::Array{{Value::Array{Int(1)}}}}}};
  AddEvent(11'500, "early", {}, &charge);
  model::Span& cache = builder->Add({.id = "4",
                                     .parent = "1",
                                     .start = 40,
                                     .duration = 10,
                                     .name = "cache",
                                     .kind = model::SpanKind::kInternal});
  AddLink("ab", "cd", {{"why", Text("batch")}, {"n", Int(1)}}, &cache);
  AddLink("ac", "ce", {{"n", Int(2)}}, &cache);
  cache.attributes = {{"code", {200.5}}};
  builder->Add({.id = "9",
                .parent = "8",
                .start = 50,
                .duration = 10,
                .name = "lost",
                .kind = model::SpanKind::kProducer,
                .resource = 1});
  builder->Add({.id = "5",
                .parent = "2",
                .start = 90,
                .duration = 5,
                .name = "ack",
                .kind = model::SpanKind::kConsumer});
}

}  // namespace

ExampleTrace::ExampleTrace(model::TraceData trace)
    : trace_(std::make_unique<const model::TraceData>(std::move(trace))),
      columns_(wire::otlp::ScatterSpans(*trace_)) {}

std::string ExampleTrace::Find(std::string_view query) const {
  const auto found = RunQuery(query, columns_);
  if (!found) return found.error().message;
  std::string text;
  for (const FoundSpans& spans : *found) {
    if (!text.empty()) text += "; ";
    for (const std::uint32_t row : spans.rows) {
      if (row != spans.rows.front()) text += ' ';
      text += columns_.names[row];
    }
    for (const auto& [name, value] : spans.values) text += " | " + name + '=' + value;
  }
  return text;
}

ExampleTrace Shop() {
  model::TraceBuilder builder("a1");
  builder.Resource({{"service.name", Text("shop")}, {"zone", Int(1)}, {"both", Text("resource")}});
  builder.Resource({{"service.name", Text("bank")}, {"zone", Int(2)}, {"both", Text("resource")}});
  model::Scope& scope = builder.trace().scopes.emplace_back();
  scope.name = "grpc";
  scope.version = "1.2";
  scope.attributes = {{"lang", Text("go")}};
  AddRoot(&builder);
  AddPay(&builder);
  AddRest(&builder);
  return ExampleTrace(std::move(builder.trace()));
}

}  // namespace clew::traceql::evaluate::testing
