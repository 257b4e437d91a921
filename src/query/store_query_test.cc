#include "query/testing/test_query.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "query/search_terms.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using model::StatusCode;
using model::Value;
using storage::testing::MakeData;
using storage::testing::SpanSpec;
using storage::testing::TestStore;

// Every search must say the same of fresh batches and of blocks.
class StoreQueryTest : public ::testing::TestWithParam<bool> {
 protected:
  void Load(const std::vector<SpanSpec>& specs) {
    ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
    if (GetParam()) {
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  std::vector<std::string> Search(const SearchRequest& request) {
    const auto result = TestQuery(store_.storage()).Search({}, request);
    EXPECT_TRUE(result.has_value());
    std::vector<std::string> ids;
    for (const model::TraceData& trace : *result) {
      std::string id = trace.spans.front().trace_id.ToHex();
      id.erase(0, id.find_first_not_of('0'));
      ids.push_back(std::move(id));
    }
    return ids;
  }

  std::vector<std::string> Search(const SearchTerms& terms) {
    return Search(SearchRequest{.condition = ConditionOf(terms)});
  }
  std::vector<std::string> WithTag(const std::string& key, const std::string& value) {
    return Search(SearchTerms{.tags = {{key, value}}});
  }
  std::vector<std::string> WithAttribute(expr::Scope scope, const std::string& key,
                                         const std::string& text) {
    return Search(SearchRequest{.condition = ShownAs(expr::Attribute(scope, key), text)});
  }

  TestStore store_;
};

using Ids = std::vector<std::string>;

TEST_P(StoreQueryTest, JoinsFragmentsAndDropsDuplicates) {
  Load({{"a", "1", "", "front", "root", 100}});
  Load({{"a", "2", "1", "back", "child", 200}, {"b", "9", "", "back", "other", 1}});
  Load({{"a", "2", "1", "back", "child", 200}});

  const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("a"));

  ASSERT_TRUE(trace.has_value());
  ASSERT_EQ(trace->spans.size(), 2u);
  EXPECT_EQ(trace->spans[0].name, "root");
  EXPECT_EQ(trace->spans[1].parent_span_id, trace->spans[0].span_id);
  EXPECT_EQ(trace->ServiceName(trace->spans[1]), "back");
}

TEST_P(StoreQueryTest, WhatWasReplacedFindsNothing) {
  // Of every trace the unfinished form of the span came first; only one still is unfinished.
  for (const char* trace : {"a", "b", "c", "d"}) {
    SpanSpec span{
        .trace = trace, .span = "1", .service = "x", .start = 100, .duration = Nanos(-100)};
    span.attributes = {{"phase", Value{std::string("begun")}}};
    Load({span});
    if (trace[0] == 'b') continue;
    span.duration = Nanos(10);
    span.attributes = {{"phase", Value{std::string("done")}}};
    Load({span});
  }

  EXPECT_EQ(WithTag("phase", "begun"), Ids{"b"});
  EXPECT_EQ(WithTag("phase", "done"), (Ids{"a", "c", "d"}));
  // Those before it in the order use up neither the limit nor the memory.
  const auto one =
      TestQuery(store_.storage(), 8000)
          .Search({}, {.condition = ConditionOf({.tags = {{"phase", "begun"}}}), .limit = 1});
  ASSERT_TRUE(one.has_value());
  EXPECT_EQ(one->size(), 1u);
  EXPECT_EQ(
      Search(SearchRequest{.condition = ConditionOf({.tags = {{"phase", "begun"}}}), .limit = 1}),
      Ids{"b"});
}

TEST_P(StoreQueryTest, ASearchThatLookedAtAllIsNotPartial) {
  // What it finds was replaced in every trace.
  constexpr std::size_t kLimit = 10;
  constexpr std::size_t kMoreMax = 60;
  const auto load = [this](std::size_t first, std::size_t count) {
    std::vector<SpanSpec> specs;
    for (std::size_t i = first; i < first + count; ++i) {
      specs.push_back({.trace = fmt::format("{:x}", i),
                       .span = "1",
                       .service = "x",
                       .start = 100,
                       .duration = Nanos(-100),
                       .attributes = {{"phase", Value{std::string("begun")}}}});
      specs.push_back(specs.back());
      specs.back().duration = Nanos(1);
      specs.back().attributes.clear();
    }
    Load(specs);
  };
  const auto left_out_texts = [this] {
    LeftOut left_out;
    const auto found =
        TestQuery(store_.storage(), kAnswerBytesMax, kMoreMax)
            .Search({.left_out = &left_out},
                    {.condition = ConditionOf({.tags = {{"phase", "begun"}}}), .limit = kLimit});
    EXPECT_TRUE(found.has_value() && found->empty());
    return left_out.Texts();
  };
  load(1, kLimit + kMoreMax);
  EXPECT_EQ(left_out_texts(), Ids{});

  load(kLimit + kMoreMax + 1, 1);
  ASSERT_EQ(left_out_texts().size(), 1u);
  EXPECT_TRUE(left_out_texts().front().starts_with("of the traces found only 70 were looked"));
}

TEST_P(StoreQueryTest, AClientAndAServerMayShareASpanId) {
  Load({{.trace = "a", .span = "1", .service = "x", .kind = model::SpanKind::kClient},
        {.trace = "a", .span = "1", .service = "y", .kind = model::SpanKind::kServer}});

  EXPECT_EQ(TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("a"))->spans.size(), 2u);
}

TEST_P(StoreQueryTest, DifferentSpansOfOneIdAreAllThere) {
  const SpanSpec one{.trace = "a", .span = "1", .service = "x", .name = "one", .start = 100};
  SpanSpec two = one;
  two.service = "y";
  SpanSpec three = one;
  three.attributes = {{"worker", Value{std::int64_t{3}}}};
  for (const SpanSpec& spec : {one, two, three, one, two, three}) Load({spec});

  const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("a"));

  ASSERT_EQ(trace->spans.size(), 3u);
  EXPECT_EQ(Search(SearchTerms{.service = "y"}), Ids{"a"});
  EXPECT_EQ(WithTag("worker", "3"), Ids{"a"});
}

TEST_P(StoreQueryTest, TheOrderOfEqualStartsDoesNotDependOnTheForm) {
  for (const char* service : {"x", "y", "z", "w"}) {
    Load({{.trace = "a", .span = "1", .service = service, .name = "same", .start = 100},
          {.trace = "a", .span = "2", .service = service, .name = "same", .start = 100}});
  }
  const auto services = [&] {
    const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("a"));
    std::vector<std::string> list;
    for (const model::Span& span : trace->spans) list.push_back(trace->ServiceName(span));
    return list;
  };
  const std::vector<std::string> before = services();

  ASSERT_TRUE(store_.storage().Flush().has_value());

  EXPECT_EQ(services(), before);
  EXPECT_EQ(before.size(), 8u);
}

TEST_P(StoreQueryTest, AFinishedSpanReplacesItsUnfinishedForm) {
  SpanSpec span{.trace = "a", .span = "1", .service = "x", .start = 100, .duration = Nanos(-100)};
  Load({span});
  span.duration = Nanos(5);
  span.attributes = {{"k", Value{true}}};
  Load({span});

  const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("a"));

  ASSERT_EQ(trace->spans.size(), 1u);
  EXPECT_EQ(trace->spans[0].end, 105);
}

TEST_P(StoreQueryTest, DurationsAreNeverNegativeAndFoundAsShown) {
  constexpr UnixNanos kStart = 1'700'000'000'000'000'000;
  Load({{.trace = "a", .span = "1", .service = "x", .start = kStart, .duration = Nanos(-kStart)},
        {.trace = "b", .span = "1", .service = "x", .start = kStart, .duration = Nanos(-5)},
        {.trace = "c", .span = "1", .service = "x", .start = kStart, .duration = Nanos(7)}});
  model::TraceData endless =
      MakeData({{.trace = "d", .span = "1", .service = "x", .start = kStart}});
  endless.spans[0].end = -1;
  ASSERT_TRUE(store_.Append(endless).has_value());
  if (GetParam()) {
    ASSERT_TRUE(store_.storage().Flush().has_value());
  }

  EXPECT_EQ(Search(SearchTerms{.duration_max = Nanos(7)}), (Ids{"a", "b", "c"}));
  EXPECT_EQ(Search(SearchTerms{.duration_min = Nanos(1)}), (Ids{"c", "d"}));
  EXPECT_EQ(Search(SearchTerms{.duration_min = Nanos::max()}), Ids{"d"});
  EXPECT_EQ(Search(SearchTerms{.duration_min = Nanos(9), .duration_max = Nanos(8)}), Ids{});
  for (const char* id : {"a", "b", "c", "d"}) {
    const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex(id));
    const Nanos shown = trace->spans[0].duration();
    EXPECT_GE(shown, Nanos(0));
    const Ids found =
        Search(SearchTerms{.duration_min = shown, .duration_max = std::max(shown, Nanos(1))});
    EXPECT_NE(std::ranges::find(found, id), found.end()) << id;
  }
}

TEST_P(StoreQueryTest, AnUnknownTraceIsNotFound) {
  Load({{"a", "1", "", "front", "root", 100}});

  const auto trace = TestQuery(store_.storage()).FindTrace({}, *TraceId::FromHex("c"));

  EXPECT_EQ(trace.error().code, Code::kNotFound);
}

TEST_P(StoreQueryTest, GivesTheNewestTracesFirstByTheirOwnStart) {
  // The match of c is the newest span, but its trace began before all others.
  Load({{"c", "1", "", "front", "root", 10}, {"a", "1", "", "front", "root", 100}});
  Load({{"b", "1", "", "front", "root", 200}, {"c", "2", "1", "back", "late", 300}});
  Load({{"d", "1", "", "front", "root", 200}, {"b", "2", "1", "back", "late", 210}});

  EXPECT_EQ(Search(SearchRequest{}), (Ids{"b", "d", "a", "c"}));
  EXPECT_EQ(Search(SearchTerms{.operation = "late"}), (Ids{"b", "c"}));
  EXPECT_EQ(Search(SearchRequest{.limit = 2}), (Ids{"b", "d"}));
}

TEST_P(StoreQueryTest, AllConditionsHoldOnOneSpan) {
  Load({{.trace = "a", .span = "1", .service = "x", .name = "one", .start = 1},
        {.trace = "a", .span = "2", .service = "y", .name = "two", .start = 2}});

  EXPECT_EQ(Search(SearchTerms{.service = "x", .operation = "one"}), Ids{"a"});
  EXPECT_EQ(Search(SearchTerms{.service = "x", .operation = "two"}), Ids{});
  EXPECT_EQ(Search(SearchTerms{.service = "z"}), Ids{});
}

TEST_P(StoreQueryTest, NumbersAndTimes) {
  Load({{.trace = "a", .span = "1", .service = "x", .start = 1000, .duration = Nanos(10)},
        {.trace = "b",
         .span = "1",
         .service = "x",
         .start = 2000,
         .duration = Nanos(20),
         .status = StatusCode::kError},
        {.trace = "c", .span = "1", .service = "x", .start = 3000, .duration = Nanos(30)}});

  EXPECT_EQ(Search(SearchTerms{.duration_min = Nanos(20)}), (Ids{"c", "b"}));
  EXPECT_EQ(Search(SearchTerms{.duration_max = Nanos(20)}), (Ids{"b", "a"}));
  EXPECT_EQ(WithTag("span.status", "error"), Ids{"b"});
  EXPECT_EQ(Search(SearchRequest{.start_min = 2000}), (Ids{"c", "b"}));
  EXPECT_EQ(Search(SearchRequest{.start_max = 2000}), (Ids{"b", "a"}));
  EXPECT_EQ(Search(SearchRequest{.start_min = 2001, .start_max = 2999}), Ids{});
}

TEST_P(StoreQueryTest, TagsCompareAsText) {
  Load({{.trace = "a",
         .span = "1",
         .service = "x",
         .attributes = {{"int", Value{std::int64_t{200}}},
                        {"double", Value{1.5}},
                        {"bool", Value{true}},
                        {"text", Value{std::string("k=v:1")}},
                        {"bytes", Value{model::ByteString{"abc"}}},
                        {"list", Value{Value::Array{Value{std::int64_t{1}}}}}},
         .resource_attributes = {{"host.name", Value{std::string("h1")}}},
         .events =
             {{.time = 5, .name = "e", .attributes = {{"event.key", Value{std::string("ev")}}}}}},
        {.trace = "b", .span = "2", .service = "x"}});

  for (const auto& [key, value] :
       std::vector<std::pair<std::string, std::string>>{{"int", "200"},
                                                        {"double", "1.5"},
                                                        {"bool", "true"},
                                                        {"text", "k=v:1"},
                                                        {"bytes", "YWJj"},
                                                        {"list", "[1]"},
                                                        {"host.name", "h1"},
                                                        {"event.key", "ev"},
                                                        {"resource.host.name", "h1"}}) {
    EXPECT_EQ(WithTag(key, value), Ids{"a"}) << key;
    EXPECT_EQ(WithTag(key, value + "x"), Ids{}) << key;
  }
  EXPECT_EQ(WithTag("absent", "1"), Ids{});
  EXPECT_EQ(WithAttribute(expr::Scope::kSpan, "host.name", "h1"), Ids{});
  EXPECT_EQ(WithAttribute(expr::Scope::kResource, "host.name", "h1"), Ids{"a"});
  EXPECT_EQ(WithAttribute(expr::Scope::kSpan, "int", "200"), Ids{"a"});
}

TEST_P(StoreQueryTest, SpecialTags) {
  Load({{.trace = "a", .span = "1", .service = "x", .status = StatusCode::kError},
        {.trace = "b", .span = "1", .service = "x", .kind = model::SpanKind::kClient}});

  EXPECT_EQ(WithTag("error", "true"), Ids{"a"});
  EXPECT_EQ(WithTag("error", "false"), Ids{"b"});
  EXPECT_EQ(WithTag("span.status", "ERROR"), Ids{"a"});
  EXPECT_EQ(WithTag("span.kind", "client"), Ids{"b"});
  EXPECT_EQ(WithTag("scope.name", "lib"), (Ids{"a", "b"}));
  EXPECT_EQ(WithTag("scope.version", "2"), Ids{});
}

TEST_P(StoreQueryTest, ErrorIsTheStatusOrTheTagAndFalseTheRest) {
  const auto span = [](const char* trace, StatusCode status, model::Attributes attributes) {
    return SpanSpec{.trace = trace,
                    .span = "1",
                    .service = "x",
                    .status = status,
                    .attributes = std::move(attributes)};
  };
  Load({span("a", StatusCode::kError, {}), span("b", StatusCode::kUnset, {{"error", Value{true}}}),
        span("c", StatusCode::kOk, {{"code", Value{std::int64_t{200}}}}),
        span("d", StatusCode::kUnset, {{"error", Value{std::string("true")}}}),
        span("e", StatusCode::kUnset, {{"error", Value{false}}}),
        span("f", StatusCode::kError, {{"error", Value{false}}})});

  EXPECT_EQ(WithTag("error", "true"), (Ids{"a", "b", "d", "f"}));
  EXPECT_EQ(WithTag("error", "false"), (Ids{"c", "e", "f"})) << "what is shown is found";
}

TEST_P(StoreQueryTest, AnswersHoldNoMoreThanTheyMay) {
  Load({{.trace = "a",
         .span = "1",
         .service = "x",
         .attributes = {{"large", {std::string(30'000, 'n')}}}}});
  Load({{.trace = "b",
         .span = "1",
         .service = "x",
         .attributes = {{"large", {std::string(30'000, 'n')}}}}});
  TestQuery query(store_.storage(), 50'000);

  LeftOut left_out;
  const auto both =
      query.Search({.left_out = &left_out}, {.condition = ConditionOf({.service = "x"})});
  const auto one = query.Search({}, {.condition = ConditionOf({.service = "x"}), .limit = 1});

  ASSERT_TRUE(both.has_value());
  EXPECT_EQ(both->size(), 1u);
  EXPECT_NE(left_out.first().find("answer_limit_mib"), std::string::npos);
  EXPECT_TRUE(one.has_value());
  EXPECT_TRUE(query.FindTrace({}, *TraceId::FromHex("a")).has_value());
  const auto none = TestQuery(store_.storage(), 30'000).FindTrace({}, *TraceId::FromHex("a"));
  EXPECT_EQ(none.error().code, Code::kResourceExhausted);
}

// What is listed is found, and the trace found shows it.
TEST_P(StoreQueryTest, ServicesAndOperationsHaveOneNameEverywhere) {
  const auto named = [](const char* trace, std::string name, model::Attributes resource) {
    return SpanSpec{.trace = trace,
                    .span = "1",
                    .name = std::move(name),
                    .resource_attributes = std::move(resource)};
  };
  const std::string key = "service.name";
  Load({named("a", "one", {}), named("b", "", {{key, Value{std::int64_t{4242}}}}),
        named("c", "one", {{key, Value{true}}})});
  Load({named("d", "one", {{key, Value{std::string()}}}),
        named("e", "bad \xFF", {{key, Value{std::string("a\xC3")}}})});
  Load({named("f", "one", {{key, Value{1.5}}, {key, Value{std::string("text")}}}),
        named("1", "one", {{key, Value{std::string("first")}}, {key, Value{std::string("b")}}})});
  TestQuery query(store_.storage());
  const std::vector<std::pair<std::string, Ids>> expected = {
      {"4242", {"b"}},          {"OTLPResourceNoServiceName", {"a", "d"}},
      {"a\xEF\xBF\xBD", {"e"}}, {"first", {"1"}},
      {"text", {"f"}},          {"true", {"c"}}};

  std::vector<std::string> names;
  for (const auto& [name, ids] : expected) {
    names.push_back(name);
    EXPECT_EQ(Search(SearchTerms{.service = name}), ids) << name;
    const std::vector<Operation> operations = *query.Operations({}, name);
    for (const Operation& operation : operations) {
      EXPECT_EQ(Search(SearchTerms{.service = name, .operation = operation.name}), ids)
          << operation.name;
      EXPECT_FALSE(operation.name.empty());
    }
  }
  EXPECT_EQ(*query.Services({}), names);
  EXPECT_EQ(query.Operations({}, "4242")->front().name, "empty-span-name");
  EXPECT_EQ(Search(SearchTerms{.service = ""}), Ids{});
}

TEST_P(StoreQueryTest, ListsServicesAndOperations) {
  Load({{.trace = "a", .span = "1", .service = "x", .name = "one"},
        {.trace = "a",
         .span = "2",
         .service = "y",
         .name = "two",
         .kind = model::SpanKind::kClient}});
  Load({{.trace = "b", .span = "1", .service = "x", .name = "one"}});
  TestQuery query(store_.storage());

  EXPECT_EQ(*query.Services({}), (std::vector<std::string>{"x", "y"}));
  const std::vector<Operation> operations = *query.Operations({}, "y");
  ASSERT_EQ(operations.size(), 1u);
  EXPECT_EQ(operations[0], (Operation{"two", model::SpanKind::kClient}));
  EXPECT_EQ(query.Operations({}, "x")->size(), 1u);
}

TEST_P(StoreQueryTest, AnUnknownKindCountsAsUnspecified) {
  Load({{.trace = "a", .span = "1", .service = "x", .kind = static_cast<model::SpanKind>(7)},
        {.trace = "a", .span = "2", .service = "x", .kind = model::SpanKind::kServer},
        {.trace = "a", .span = "3", .service = "x", .kind = model::SpanKind::kUnspecified}});
  TestQuery query(store_.storage());

  const std::vector<Operation> operations = *query.Operations({}, "x");
  ASSERT_EQ(operations.size(), 2u);
  EXPECT_EQ(operations[0].kind, model::SpanKind::kUnspecified);
  EXPECT_EQ(operations[1].kind, model::SpanKind::kServer);
}

TEST_P(StoreQueryTest, TakesMemoryForAnAnswerBeforeItIsMade) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 300; ++i) {
    specs.push_back(
        {.trace = "a",
         .span = std::to_string(i),
         .service = "x",
         .attributes = {{"k", {fmt::format("{:010000}", i)}}, {"n", {std::int64_t{7}}}}});
  }
  Load(specs);
  base::Metrics metrics;
  const TraceId id = *TraceId::FromHex("a");
  base::MemoryBudget large(64u << 20, metrics);
  AnswerMemory memory(large.account(base::MemoryUse::kAnswers));
  const auto trace = TestQuery(store_.storage()).FindTrace({.memory = &memory}, id);
  ASSERT_TRUE(trace.has_value());
  std::size_t size = 0;
  for (const model::Span& span : trace->spans) {
    size += std::get<std::string>(span.attributes.at(0).value.data).size();
  }
  EXPECT_GE(memory.bytes(), size);
  EXPECT_LE(memory.bytes(), size * 2);

  base::MemoryBudget small(8u << 20, metrics);
  AnswerMemory little(small.account(base::MemoryUse::kAnswers));
  const auto refused = TestQuery(store_.storage()).FindTrace({.memory = &little}, id);
  EXPECT_EQ(refused.error().code, Code::kResourceExhausted);
}

TEST_P(StoreQueryTest, AResourceThatManyTracesShareTakesMemoryForEach) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 200; ++i) {
    specs.push_back(
        {.trace = fmt::format("{:x}", i), .span = "1", .service = std::string(60'000, 's')});
  }
  Load(specs);
  base::Metrics metrics;
  const SearchRequest request{.limit = 200};
  base::MemoryBudget large(256u << 20, metrics);
  AnswerMemory memory(large.account(base::MemoryUse::kAnswers));
  const auto found = TestQuery(store_.storage()).Search({.memory = &memory}, request);
  ASSERT_TRUE(found.has_value());
  const std::uint64_t size = 60'000 * found->size();
  EXPECT_GE(size, 200u * 60'000);
  EXPECT_GE(memory.bytes(), size);

  base::MemoryBudget small(16u << 20, metrics);
  AnswerMemory little(small.account(base::MemoryUse::kAnswers));
  const auto part = TestQuery(store_.storage()).Search({.memory = &little}, request);
  EXPECT_LE(part->size() * 60'000, 4u << 20);
  // And they are part of what one answer may take.
  const auto limited = TestQuery(store_.storage(), 4u << 20).Search({}, request);
  EXPECT_LE(limited->size() * 60'000, 4u << 20);
  EXPECT_GE(limited->size() * 60'000, 3u << 20);
}

TEST_P(StoreQueryTest, ListsOfNamesTakeMemory) {
  std::vector<SpanSpec> specs;
  for (int i = 1; i <= 500; ++i) {
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", i),
                     .service = fmt::format("{:01000}", i),
                     .name = "x",
                     .start = 100});
  }
  Load(specs);
  base::Metrics metrics;
  base::MemoryBudget large(64u << 20, metrics);
  AnswerMemory memory(large.account(base::MemoryUse::kAnswers));
  EXPECT_EQ(TestQuery(store_.storage()).Services({.memory = &memory})->size(), 500u);
  EXPECT_GE(memory.bytes(), 500'000u);

  base::MemoryBudget small(2u << 20, metrics);
  AnswerMemory little(small.account(base::MemoryUse::kAnswers));
  EXPECT_EQ(TestQuery(store_.storage()).Services({.memory = &little}).error().code,
            Code::kResourceExhausted);
}

TEST_P(StoreQueryTest, AListHoldsTheFirstOfVeryManyNames) {
  std::vector<SpanSpec> specs;
  for (int i = 0; i < 20'010; ++i) {
    const int reversed = 20'010 - i;
    specs.push_back({.trace = "a",
                     .span = fmt::format("{:x}", reversed),
                     .service = "x",
                     .name = fmt::format("{:05}", reversed),
                     .start = 100});
  }
  Load(specs);
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  LeftOut left_out;
  const auto names =
      TestQuery(store_.storage()).Operations({.memory = &memory, .left_out = &left_out}, "x");
  ASSERT_TRUE(names.has_value()) << names.error().message;
  ASSERT_EQ(names->size(), 20'000u);
  EXPECT_EQ(names->front().name, "00001");
  EXPECT_EQ(names->back().name, "20000");
  EXPECT_EQ(left_out.first(),
            "the list ends after the first 20000 names: it holds up to 20000 names, or 16 MiB of "
            "them");
  EXPECT_LT(memory.bytes(), 20'000u * 400) << "of those that are not listed nothing is held";

  LeftOut complete;
  EXPECT_EQ(TestQuery(store_.storage()).Services({.left_out = &complete})->size(), 1u);
  EXPECT_TRUE(complete.empty());
}

TEST_P(StoreQueryTest, SaysWhenTimeIsUp) {
  Load({{"a", "1", "", "front", "root", 100}});

  const auto result = TestQuery(store_.storage()).Search({.deadline = Deadline::min()}, {});

  EXPECT_EQ(result.error().code, Code::kDeadlineExceeded);
}

INSTANTIATE_TEST_SUITE_P(Sources, StoreQueryTest, ::testing::Bool(),
                         [](const auto& source) { return source.param ? "Blocks" : "Fresh"; });

}  // namespace
}  // namespace clew::query
