#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <set>
#include <tuple>

#include "analysis/adjust.h"
#include "analysis/testing/adjust_objects.h"
#include "api/jaeger/search_params.h"
#include "api/jaeger/trace_json.h"
#include "api/json_document.h"
#include "query/match.h"
#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"
#include "wire/otlp/testing/random_request.h"

/// A property of the house: whatever the API shows of a span finds it, in just that form.
namespace clew::api::jaeger {
namespace {

std::string TextIn(const JsonValue& object, std::string_view name) {
  const auto value = MemberOf(object, name);
  std::int64_t number = 0;
  double real = 0;
  bool truth = false;
  if (value->get(number) == simdjson::SUCCESS) return std::to_string(number);
  if (value->get(real) == simdjson::SUCCESS) return fmt::format("{}", real);
  if (value->get(truth) == simdjson::SUCCESS) return truth ? "true" : "false";
  return TextOf(*value).value();
}

simdjson::dom::array ListIn(const JsonValue& object, std::string_view name) {
  return MemberOf(object, name)->get_array().value();
}

class ShownIsFoundTest : public ::testing::TestWithParam<bool> {
 protected:
  void Load(std::uint64_t seed) {
    const model::TraceData data = wire::otlp::testing::RandomTraceData(
        seed, seed % 2 == 0 ? wire::otlp::testing::TextKind::kUtf8
                            : wire::otlp::testing::TextKind::kAnyOctets);
    if (data.spans.empty()) return;
    for (const model::Span& span : data.spans) traces_.insert(span.trace_id);
    ASSERT_TRUE(store_.Append(data).has_value());
  }

  void ExpectFound(const TraceId& id, const query::SearchTerms& terms, const std::string& what) {
    ExpectFound(id, query::SearchRequest{.condition = ConditionOf(terms)}, what);
  }

  void ExpectFound(const TraceId& id, const query::SearchRequest& search, const std::string& what) {
    bool is_found = false;
    for (const scan::SpanSourcePtr& source : store_.storage().Sources({})) {
      const auto spans = query::MatchSpans(*source, search.spans());
      ASSERT_TRUE(spans.has_value());
      const auto ids = source->TraceIds(spans->Rows());
      ASSERT_TRUE(ids.has_value());
      is_found = is_found || std::ranges::find(*ids, id) != ids->end();
    }
    EXPECT_TRUE(is_found) << id.ToHex() << " by " << what;
  }

  void ExpectTagsFound(const TraceId& id, simdjson::dom::array tags) {
    for (const JsonValue tag : tags) {
      const std::string key = TextIn(tag, "key");
      const std::string value = TextIn(tag, "value");
      // Those of a process are shown once a span.
      if (!asked_.emplace(id, key, value).second) continue;
      ExpectFound(id, {.tags = {{key, value}}}, simdjson::minify(tag));
    }
  }

  /// By the time and the duration of a span, as both searches take them.
  void ExpectTimesFound(const TraceId& id, const std::string& service, const JsonValue& span) {
    const std::string start = TextIn(span, "startTime");
    const std::string duration = TextIn(span, "duration") + "us";
    net::HttpRequest classic;
    classic.query = {{"service", service},
                     {"start", start},
                     {"end", start},
                     {"minDuration", duration},
                     {"maxDuration", duration}};
    net::HttpRequest v3;
    v3.query = {{"query.startTimeMin", "1970-01-01T00:00:00Z"},
                {"query.startTimeMax", "2262-04-11T23:47:16.854775807Z"},
                {"query.durationMin", duration},
                {"query.durationMax", duration}};
    const SearchDefaults defaults{.now = 0, .limit_max = 500};
    for (const auto& parsed :
         {ParseClassicSearch(classic, defaults), ParseV3Search(v3, defaults)}) {
      ASSERT_TRUE(parsed.has_value()) << parsed.error().message;
      ExpectFound(id, parsed->search, simdjson::minify(span));
    }
  }

  static std::string AttributeIs(const std::string& key, const std::string& value) {
    rapidjson::StringBuffer text;
    JsonWriter json(text);
    WriteText(json, value);
    return fmt::format(R"({{"op":"eq","args":[{{"attr":{{"key":"{}","level":"resource"}}}},)"
                       R"({{"scalar":{{"value":{},"type":"string"}}}}]}})",
                       key, TakeJson(text));
  }

  void ExpectFilterFinds(const TraceId& id, const std::string& filter) {
    net::HttpRequest request;
    request.query = {{"query.startTimeMin", "1970-01-01T00:00:00Z"},
                     {"query.startTimeMax", "2262-04-11T23:47:16.854775807Z"},
                     {"query.filter", filter}};
    auto parsed = ParseV3Search(request, {.now = 0, .limit_max = 500});
    ASSERT_TRUE(parsed.has_value()) << filter << ": " << parsed.error().message;
    // Times beyond 2^63 - 1 ns lie before 1970 here.
    parsed->search.start_min.reset();
    ExpectFound(id, parsed->search, filter);
  }

  void ExpectShownFound(const TraceId& id, bool is_raw) {
    const auto found = query_.FindTraces({}, {&id, 1});
    ASSERT_TRUE(found.has_value());
    analysis::ShownTrace trace{*found->traces.at(0)};
    if (!is_raw) analysis::AdjustTrace(trace, {});
    rapidjson::StringBuffer buffer;
    JsonWriter json(buffer);
    TraceJsonWriter writer(json);
    writer.Add(trace.spans, trace.warnings);
    writer.Finish();
    const auto document = JsonDocument::Parse(TakeJson(buffer));
    ASSERT_TRUE(document.has_value());
    // Times beyond 2^63 - 1 ns are shown, but no bound names them; adjusted ones are not stored.
    const bool is_nameable =
        std::ranges::all_of(trace.spans.starts, [](UnixNanos start) { return start >= 0; });
    const auto processes = MemberOf(document->root(), "processes");
    for (const JsonValue span : ListIn(document->root(), "spans")) {
      const auto process = MemberOf(*processes, TextIn(span, "processID"));
      const std::string service = TextIn(*process, "serviceName");
      const std::string operation = TextIn(span, "operationName");
      ExpectFound(id, {.service = service, .operation = operation}, service + " " + operation);
      // As v3 shows it.
      ExpectFound(id, {.tags = {{"service.name", service}}}, service);
      ExpectFilterFinds(id, AttributeIs("service.name", service));
      if (is_raw && is_nameable) ExpectTimesFound(id, service, span);
      ExpectTagsFound(id, ListIn(span, "tags"));
      ExpectTagsFound(id, ListIn(*process, "tags"));
      for (const JsonValue log : ListIn(span, "logs")) ExpectTagsFound(id, ListIn(log, "fields"));
    }
  }

  storage::testing::TestStore store_;
  query::TestQuery query_{store_.storage()};
  std::set<TraceId> traces_;
  std::set<std::tuple<TraceId, std::string, std::string>> asked_;
};

TEST_P(ShownIsFoundTest, EveryTagAndName) {
  for (std::uint64_t seed = 0; seed < 4; ++seed) Load(seed);
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  ASSERT_FALSE(traces_.empty());
  for (const TraceId& id : traces_) {
    ExpectShownFound(id, true);
    ExpectShownFound(id, false);
  }
}

TEST_P(ShownIsFoundTest, WhatIsListed) {
  for (std::uint64_t seed = 0; seed < 12; ++seed) Load(seed);
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }
  const std::vector<std::string> services = *query_.Services({});
  for (const std::string& service : services) {
    const std::vector<query::Operation> operations = *query_.Operations({}, service);
    for (const query::Operation& operation : operations) {
      const auto found = query_.Search(
          {}, {.condition = query::ConditionOf({.service = service, .operation = operation.name})});
      EXPECT_FALSE(found->empty()) << service << ": " << operation.name;
    }
  }
}

TEST_P(ShownIsFoundTest, NumbersThatAreShownAsAddresses) {
  const auto id = TraceId::FromHex("a").value();
  ASSERT_TRUE(
      store_
          .Append(storage::testing::MakeData({{.trace = "a",
                                               .span = "1",
                                               .attributes = {{"ip", {std::int64_t{0x0A000001}}},
                                                              {"peer.ipv4", {3232235777.0}}}}}))
          .has_value());
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  ExpectShownFound(id, false);
  ExpectShownFound(id, true);
}

TEST_P(ShownIsFoundTest, ByAStructuredFilterInTheFormOfV3) {
  const model::Value kValues[] = {{},
                                  {std::string()},
                                  {model::ByteString{"\x01\xff"}},
                                  {std::int64_t{9007199254740993}},
                                  {false}};
  for (const model::Value& value : kValues) {
    ASSERT_TRUE(
        store_
            .Append(storage::testing::MakeData(
                {{.trace = "a",
                  .span = "1",
                  .attributes = {{"telemetry.sdk.name", {std::string("one")}}},
                  .resource_attributes = {{"service.name", value}, {"ip", {std::int64_t{5}}}}}}))
            .has_value());
  }
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  const auto id = TraceId::FromHex("a").value();
  ExpectShownFound(id, false);
  ExpectFilterFinds(id, AttributeIs("telemetry.sdk.name", "one"));
  ExpectFilterFinds(id, AttributeIs("ip", "0.0.0.5"));
  ExpectFilterFinds(
      id,
      R"({"op":"eq","args":[{"field":{"name":"name","level":"span"}},{"scalar":{"value":""}}]})");
  ExpectFound(id, {.tags = {{"resource.telemetry.sdk.name", "one"}}}, "a tag of the resource");
}

/// Of one resource in two requests, whose rows blocks join.
TEST_P(ShownIsFoundTest, WhatOneSpanSaysOfItsLibraryIsNotShownAtAnother) {
  ASSERT_TRUE(store_
                  .Append(storage::testing::MakeData(
                      {{.trace = "a",
                        .span = "1",
                        .service = "s",
                        .attributes = {{"telemetry.sdk.name", {std::string("one")}}}}}))
                  .has_value());
  ASSERT_TRUE(
      store_.Append(storage::testing::MakeData({{.trace = "a", .span = "2", .service = "s"}}))
          .has_value());
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  const auto id = TraceId::FromHex("a").value();
  auto trace = query_.FindTrace({}, id);
  ASSERT_TRUE(trace.has_value());
  analysis::testing::AdjustObjects(
      *trace, [](analysis::ShownTrace& shown) { analysis::AdjustTrace(shown, {}); });
  ASSERT_EQ(trace->spans.size(), 2u);
  EXPECT_EQ(trace->spans[0].resource, trace->spans[1].resource);
  EXPECT_EQ(trace->spans[0].scope, trace->spans[1].scope);
  EXPECT_EQ(model::FindString(trace->spans[0].attributes, "telemetry.sdk.name"), "one");
  EXPECT_EQ(trace->resources[trace->spans[1].resource].attributes.size(), 1u);
  ExpectShownFound(id, false);
  ExpectShownFound(id, true);
}

TEST_P(ShownIsFoundTest, TimesThatAreNoWholeMicroseconds) {
  constexpr UnixNanos kStart = 1'700'000'000'000'000'999;
  constexpr UnixNanos kLast = std::numeric_limits<UnixNanos>::max();
  ASSERT_TRUE(store_
                  .Append(storage::testing::MakeData(
                      {{.trace = "a", .span = "1", .start = kStart, .duration = Nanos(123'999)},
                       {.trace = "b", .span = "2", .start = kLast, .duration = Nanos(0)}}))
                  .has_value());
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  for (const char* id : {"a", "b"}) ExpectShownFound(TraceId::FromHex(id).value(), true);
}

INSTANTIATE_TEST_SUITE_P(Sources, ShownIsFoundTest, ::testing::Bool(),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

}  // namespace
}  // namespace clew::api::jaeger
