#include "api/test_fixture.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>

#include "api/json_indent.h"
#include "model/testing/trace_builder.h"

namespace clew::api::testing {
namespace {

using model::SpanKind;
using model::TraceBuilder;

std::string Printable(const std::string& bytes, bool is_text) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    const bool is_plain = (byte >= 0x20 && byte < 0x7F) || (is_text && c == '\n');
    text += is_plain ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
  }
  return text;
}

std::string Describe(const net::HttpResponse& response) {
  const std::string body = response.body + std::string(response.shared_body.view());
  const bool is_json = body.starts_with("{");
  std::string text = fmt::format("{} {}\n", response.status, response.content_type);
  for (const auto& [name, value] : response.headers.fields()) {
    text += fmt::format("{}: {}\n", name, value);
  }
  return text + "\n" +
         (is_json ? IndentJson(body, 2)
                  : Printable(body, response.content_type.starts_with("text"))) +
         "\n";
}

void AddChild(TraceBuilder* builder) {
  auto& child = builder->Add({.id = "b2",
                              .parent = "a1",
                              .start = 1'700'000'000'000'100,
                              .duration = 500,
                              .name = "SELECT \"cart\"",
                              .kind = SpanKind::kClient,
                              .resource = 1,
                              .scope = 1});
  child.status = model::StatusCode::kError;
  child.status_message = "deadlock";
  child.trace_state = "vendor=1";
  child.flags = 0x101;
  child.attributes = {
      {"array", {model::Value::Array{{std::string("x")}, {std::int64_t{1}}}}},
      {"binary", {model::ByteString{std::string("\x00\xFF\x10", 3)}}},
      {"big", {std::numeric_limits<std::int64_t>::max()}},
      {"bool", {false}},
      {"double", {0.25}},
      {"infinite", {std::numeric_limits<double>::infinity()}},
      {"int", {std::int64_t{200}}},
      {"list", {model::Value::KvList{{"k", {std::string("v")}}}}},
      {"nothing", {}},
      {"text", {std::string("broken \xFF utf-8 \xE2\x82\xAC")}},
  };
  child.events.resize(2);
  child.events[0].time = 1'700'000'000'000'200'000;
  child.events[0].name = "exception";
  child.events[0].attributes = {{"exception.type", {std::string("Deadlock")}}};
  child.events[1].time = 1'700'000'000'000'300'000;
  child.events[1].name = "retry";
  child.events[1].attributes = {{"event", {std::string("own name")}}};
  child.links.resize(3);
  child.links[0].trace_id = TraceId::FromHex("0102030405060708090a0b0c0d0e0f10").value();
  child.links[0].span_id = SpanId::FromHex("77").value();
  child.links[1].trace_id = child.trace_id;
  child.links[1].span_id = child.parent_span_id;
  child.links[1].attributes = {{"opentracing.ref_type", {std::string("follows_from")}}};
  child.links[2].trace_id = child.trace_id;
  child.links[2].span_id = SpanId::FromHex("78").value();
  child.links[2].attributes = {{"opentracing.ref_type", {std::string("child_of")}}};
}

}  // namespace

net::HttpRequest MakeRequest(std::string_view target, std::string_view method) {
  net::HttpRequest request;
  request.arrived_at = base::SystemTime().Time();
  request.method = method;
  const std::size_t mark = target.find('?');
  request.path = target.substr(0, mark);
  std::string_view rest = mark == std::string_view::npos ? "" : target.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const std::size_t equals = pair.find('=');
    request.query.emplace_back(
        net::PercentDecode(pair.substr(0, equals), true),
        equals == std::string_view::npos ? "" : net::PercentDecode(pair.substr(equals + 1), true));
  }
  return request;
}

void ExpectGolden(const std::string& name, const net::HttpResponse& response) {
  const std::filesystem::path path = "tests/golden/api/" + name;
  const std::string actual = Describe(response);
  if (std::getenv("CLEW_UPDATE_GOLDEN") != nullptr) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << actual;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(path, std::ios::binary).rdbuf();
  EXPECT_EQ(actual, expected.str())
      << "in " << path << "; if this is meant, run with CLEW_UPDATE_GOLDEN=1";
}

model::TraceData SampleTrace() {
  TraceBuilder builder("abc123");
  builder.Resource({{"host.name", {std::string("web-1")}}, {"service.name", {std::string("web")}}})
      .Resource({{"service.name", {std::string("db")}}})
      .Resource({{"host.name", {std::string("web-1")}}, {"service.name", {std::string("web")}}});
  auto& scopes = builder.trace().scopes;
  scopes.emplace_back();
  scopes[1].name = "io.clew.sql";
  scopes[1].version = "1.2";
  auto& root = builder.Add({.id = "a1",
                            .start = 1'700'000'000'000'000,
                            .duration = 1000,
                            .name = "GET /cart",
                            .kind = SpanKind::kServer});
  root.status = model::StatusCode::kOk;
  AddChild(&builder);
  builder.Add({.id = "c3",
               .parent = "a1",
               .start = 1'700'000'000'000'700,
               .duration = 100,
               .name = "render",
               .kind = SpanKind::kInternal,
               .resource = 2});
  builder.Add(
      {.id = "d4", .parent = "99", .start = 1'700'000'000'000'800, .duration = 10, .name = "late"});
  return builder.trace();
}

model::TraceData PlainTrace() {
  TraceBuilder builder("0102030405060708090a0b0c0d0e0f10");
  builder.Resource({});
  builder.Add({.id = "1", .start = 1'600'000'000'000'000, .duration = 5, .name = "plain"});
  return builder.trace();
}

}  // namespace clew::api::testing
