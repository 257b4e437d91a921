#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "model/testing/every_field.h"
#include "pipeline/exporters/debug/config.h"
#include "pipeline/exporters/debug/debug_sender.h"
#include "pipeline/exporters/debug/factory.h"
#include "pipeline/exporters/debug/format.h"
#include "pipeline/testing/fake_host.h"
#include "pipeline/testing/problem_lines.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/json.h"
#include "wire/otlp/testing/sample_request.h"
#include "wire/otlp/testing/signal_samples.h"

namespace clew::pipeline::exporters::debug {
namespace {

using pipeline::testing::FakeHost;
using pipeline::testing::ProblemLines;
using std::chrono::seconds;

TEST(Config, RefusesOtherVerbositiesAndUselessPaths) {
  ProblemLines problems;
  Config config;
  config.verbosity = "none";
  config.output_paths = {"stderr"};
  config.Validate(problems);
  EXPECT_EQ(problems.messages,
            (std::vector<std::string>{
                "verbosity level \"none\" is not supported; use basic, normal or detailed",
                "output_paths is not supported when use_internal_logger is true"}));
}

TEST(Sampler, ShowsTheFirstOfEachSecondThenEverySoManieth) {
  base::ManualClock clock(0);
  Sampler sampler(2, 3, clock);
  std::string shown;
  for (int i = 0; i < 9; ++i) {
    shown += sampler.Takes() ? '+' : '-';
  }
  EXPECT_EQ(shown, "++--+--+-");
  clock.Advance(seconds(1));
  EXPECT_TRUE(sampler.Takes());
}

TEST(Sampler, ZeroThereafterShowsNoMore) {
  base::ManualClock clock(0);
  Sampler sampler(1, 0, clock);
  EXPECT_TRUE(sampler.Takes());
  EXPECT_FALSE(sampler.Takes());
}

model::TraceData SampleData() {
  model::TraceData data;
  model::Resource resource;
  resource.attributes = {{"service.name", {std::string("shop")}}};
  resource.schema_url = "https://schema";
  data.resources.push_back(resource);
  model::Scope scope;
  scope.name = "lib";
  scope.version = "1.0";
  data.scopes.push_back(scope);
  model::Span span;
  span.trace_id = *TraceId::FromHex("5b8efff798038103d269b633813fc60c");
  span.span_id = *SpanId::FromHex("eee19b7ec3c1b174");
  span.parent_span_id = *SpanId::FromHex("eee19b7ec3c1b173");
  span.name = "buy";
  span.kind = model::SpanKind::kServer;
  span.status = model::StatusCode::kError;
  span.status_message = "no stock";
  span.start = 1'544'712'660'300'000'000;
  span.end = 1'544'712'661'000'000'000;
  span.attributes = {{"count", {std::int64_t{3}}}, {"big", {true}}};
  model::Event event;
  event.time = 1'544'712'660'500'000'000;
  event.name = "exception";
  event.attributes = {{"type", {std::string("E")}}};
  span.events.push_back(event);
  model::Link link;
  link.trace_id = span.trace_id;
  link.span_id = span.span_id;
  link.trace_state = "a=b";
  span.links.push_back(link);
  data.spans.push_back(span);
  return data;
}

TEST(FormatNormal, IsALineASpan) {
  EXPECT_EQ(FormatNormal(SampleData()),
            "ResourceTraces #0 [https://schema] service.name=shop\n"
            "ScopeTraces #0 lib@1.0\n"
            "buy 5b8efff798038103d269b633813fc60c eee19b7ec3c1b174 count=3 big=true\n");
}

TEST(FormatDetailed, ShowsEveryField) {
  EXPECT_EQ(FormatDetailed(SampleData()),
            "ResourceSpans #0\n"
            "Resource SchemaURL: https://schema\n"
            "Resource attributes:\n"
            "     -> service.name: Str(shop)\n"
            "ScopeSpans #0\n"
            "ScopeSpans SchemaURL: \n"
            "InstrumentationScope lib 1.0\n"
            "Span #0\n"
            "    Trace ID       : 5b8efff798038103d269b633813fc60c\n"
            "    Parent ID      : eee19b7ec3c1b173\n"
            "    ID             : eee19b7ec3c1b174\n"
            "    Name           : buy\n"
            "    Kind           : Server\n"
            "    Start time     : 2018-12-13 14:51:00.3 +0000 UTC\n"
            "    End time       : 2018-12-13 14:51:01 +0000 UTC\n"
            "    Status code    : Error\n"
            "    Status message : no stock\n"
            "Attributes:\n"
            "     -> count: Int(3)\n"
            "     -> big: Bool(true)\n"
            "Events:\n"
            "SpanEvent #0\n"
            "     -> Name: exception\n"
            "     -> Timestamp: 2018-12-13 14:51:00.5 +0000 UTC\n"
            "     -> DroppedAttributesCount: 0\n"
            "     -> Attributes::\n"
            "          -> type: Str(E)\n"
            "Links:\n"
            "SpanLink #0\n"
            "     -> Trace ID: 5b8efff798038103d269b633813fc60c\n"
            "     -> ID: eee19b7ec3c1b174\n"
            "     -> TraceState: a=b\n"
            "     -> DroppedAttributesCount: 0\n");
}

// Times, kinds and ids are shown in forms of their own, which ShowsEveryField has.
TEST(FormatDetailed, ShowsTheTextsAndNumbersOfEveryFieldButWhatTheCollectorLeavesOut) {
  namespace fields = model::fields;
  using LeftOut = model::FieldList<fields::Flags, fields::LinkFlags, fields::ResourceDropped,
                                   fields::ScopeDropped>;
  const model::TraceData data = model::EveryField();
  const std::string text = FormatDetailed(data);
  model::ForEach(model::AllFields(), [&](auto field) {
    const auto& value = field.ObjectIn(model::LastObject<field.owner>(data));
    using Value = std::remove_cvref_t<decltype(value)>;
    const bool is_left_out = model::AnyOf(LeftOut(), [&](auto left_out) {
      return std::is_same_v<decltype(left_out), decltype(field)>;
    });
    std::string shown;
    if constexpr (std::is_same_v<Value, std::string>) shown = value;
    if constexpr (std::is_same_v<Value, std::uint32_t>) shown = ": " + std::to_string(value) + "\n";
    if (shown.empty()) return;
    EXPECT_EQ(text.find(shown) == text.npos, is_left_out) << field.title << "\n" << text;
  });
}

TEST(DebugExporter, EachLineOfTheTextIsALineOfTheLog) {
  static const wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  FakeHost host;
  Config config;
  config.verbosity = "normal";
  const auto exporter = DebugExporterFactory().create_exporter({"debug", host}, config);
  ASSERT_TRUE((*exporter)->Start(host).has_value());
  const std::string body = wire::otlp::testing::Request(
      {wire::otlp::testing::SpanMessage(std::string(16, 'T'), std::string(8, 'S'), "op")});
  ::testing::internal::CaptureStderr();

  EXPECT_TRUE(
      (*exporter)->Consume(model::Batch::FromWire({Bytes(body)}, 1, codec), {}).Wait().has_value());

  const std::string log = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(log, ::testing::HasSubstr(" ScopeTraces #0 lib@1.0\n"));
  EXPECT_THAT(log, ::testing::HasSubstr(" op 54545454545454545454545454545454 5353535353535353\n"));
}

TEST(DebugExporter, LeavesTheBatchAsLargeAsItWas) {
  static const wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  FakeHost host;
  const auto exporter = DebugExporterFactory().create_exporter({"debug", host}, Config());
  ASSERT_TRUE((*exporter)->Start(host).has_value());
  const std::string body = wire::otlp::testing::Request(
      {wire::otlp::testing::SpanMessage(std::string(16, 'T'), std::string(8, 'S'), "op")});
  const model::BatchPtr batch = model::Batch::FromWire({Bytes(body)}, 1, codec);
  const std::uint64_t before = batch->held_bytes();

  EXPECT_TRUE((*exporter)->Consume(batch, {}).Wait().has_value());
  (*exporter)->Stop(base::kAtOnce);

  EXPECT_EQ(batch->held_bytes(), before);
}

TEST(DebugExporter, WritesToFiles) {
  static const wire::otlp::OtlpCodec codec{wire::otlp::DecodeLimits{}};
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("clew_debug_" + std::to_string(::getpid()) + ".txt");
  std::filesystem::remove(path);
  FakeHost host;
  Config config;
  config.verbosity = "normal";
  config.use_internal_logger = false;
  config.output_paths = {path.string()};
  const auto exporter = DebugExporterFactory().create_exporter({"debug", host}, config);
  ASSERT_TRUE((*exporter)->Start(host).has_value());
  const std::string body = wire::otlp::testing::Request(
      {wire::otlp::testing::SpanMessage(std::string(16, 'T'), std::string(8, 'S'), "op")});

  EXPECT_TRUE(
      (*exporter)->Consume(model::Batch::FromWire({Bytes(body)}, 1, codec), {}).Wait().has_value());
  (*exporter)->Stop(std::chrono::steady_clock::now());

  EXPECT_EQ(*base::ReadFile(path.string(), 1u << 20),
            "Traces {\"resource spans\": 1, \"spans\": 1}\n"
            "ResourceTraces #0 service.name=shop\n"
            "ScopeTraces #0 lib@1.0\n"
            "op 54545454545454545454545454545454 5353535353535353\n");
  std::filesystem::remove(path);
}

TEST(DebugExporter, ShowsWhatEachSignalHas) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() /
                                     ("clew_debug_signals_" + std::to_string(::getpid()) + ".txt");
  std::filesystem::remove(path);
  FakeHost host;
  Config config;
  config.use_internal_logger = false;
  config.output_paths = {path.string()};
  for (const model::Signal signal :
       {model::Signal::kMetrics, model::Signal::kLogs, model::Signal::kProfiles}) {
    config.verbosity = signal == model::Signal::kLogs ? "detailed" : "basic";
    const auto exporter =
        DebugExporterFactory().create_exporter({"debug", host, model::SignalSet{signal}}, config);
    ASSERT_TRUE((*exporter)->Start(host).has_value());
    const auto body = wire::otlp::RequestFromJson(signal, wire::otlp::testing::SampleJson(signal));
    const auto batch = model::Batch::FromWire({Bytes(*body)}, 1, wire::otlp::ItemCodecOf(signal));
    EXPECT_TRUE((*exporter)->Consume(batch, {}).Wait().has_value());
    (*exporter)->Stop(std::chrono::steady_clock::now());
  }

  EXPECT_EQ(*base::ReadFile(path.string(), 1u << 20),
            "Metrics {\"resource metrics\": 1, \"metrics\": 5, \"data points\": 6}\n"
            "Logs {\"resource logs\": 1, \"log records\": 3}\n" +
                std::string(wire::otlp::testing::kLogsJson) +
                "\n"
                "Profiles {\"resource profiles\": 1, \"sample records\": 3}\n");
  std::filesystem::remove(path);
}

TEST(DebugExporter, UnwritablePathIsAStartError) {
  FakeHost host;
  Config config;
  config.use_internal_logger = false;
  config.output_paths = {"/nowhere/at/all"};
  const auto exporter = DebugExporterFactory().create_exporter({"debug", host}, config);

  const Status started = (*exporter)->Start(host);

  ASSERT_FALSE(started.has_value());
  EXPECT_THAT(started.error().message, ::testing::HasSubstr("/nowhere/at/all"));
}

}  // namespace
}  // namespace clew::pipeline::exporters::debug
