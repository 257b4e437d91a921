#include "query/plan.h"

#include <gmock/gmock.h>

#include "query/search_terms.h"
#include "query/testing/test_query.h"
#include "storage/testing/test_store.h"

namespace clew::query {
namespace {

using storage::testing::MakeData;
using storage::testing::TestStore;
using ::testing::HasSubstr;
using ::testing::StartsWith;

SearchRequest OfService(const std::string& service) {
  return {.condition = ConditionOf({.service = service}), .start_min = 0, .limit = 2};
}

TEST(Plan, IsPrintedBeforeItRuns) {
  EXPECT_EQ(Explain(SearchPlan(OfService("x")), nullptr),
            "join fragments to whole traces, leave out what does not fit\n"
            "  newest 2\n"
            "    scan spans: resource:service = \"x\", start >= 0\n");
  EXPECT_EQ(Explain(TracePlan(*TraceId::FromHex("a")), nullptr),
            "join fragments to whole traces\n"
            "  traces by id: 0000000000000000000000000000000a\n");
  EXPECT_THAT(Explain(TracesPlan(std::vector<TraceId>(8)), nullptr), HasSubstr(" and 3 more\n"));
  EXPECT_EQ(Explain(OperationsPlan("x"), nullptr),
            "group by operation and kind\n"
            "  count operations: resource:service = \"x\"\n");
  EXPECT_EQ(Explain(DependenciesPlan(1, 2), nullptr),
            "count calls from service to service\n"
            "  read trees, start >= 1, start <= 2\n");
}

class RunTest : public ::testing::Test {
 protected:
  // Three blocks of a trace each.
  void Load() {
    for (const char* trace : {"a", "b", "c"}) {
      const std::string service = trace[0] == 'c' ? "y" : "x";
      ASSERT_TRUE(store_
                      .Append(MakeData({{.trace = trace, .span = "1", .service = service},
                                        {.trace = trace, .span = "2", .service = service}}))
                      .has_value());
      ASSERT_TRUE(store_.storage().Flush().has_value());
    }
  }

  TestStore store_;
  TestQuery query_{store_.storage()};
};

TEST_F(RunTest, CountsWhatEachOperatorDid) {
  Load();
  QueryStats stats;

  ASSERT_EQ(query_.Search({.stats = &stats}, OfService("x"))->size(), 2u);

  ASSERT_EQ(stats.operators.size(), 3u);
  const OperatorStats& join = stats.operators[0];
  const OperatorStats& scan = stats.operators[2];
  EXPECT_EQ(join.rows, 2u);
  EXPECT_EQ(stats.operators[1].rows, 2u);
  EXPECT_EQ(scan.rows, 4u);
  EXPECT_EQ(scan.spans_scanned, 4u);
  EXPECT_EQ(scan.row_groups_read, 2u);
  EXPECT_EQ(scan.row_groups_filtered, 1u);
  EXPECT_GT(scan.pages_read, 0u);
  EXPECT_GT(scan.pages_skipped, scan.pages_read);
  EXPECT_GT(join.pages_read, 0u);
  EXPECT_GT(join.bytes_read, join.pages_read);
  EXPECT_GT(join.time, Nanos(0));
  EXPECT_THAT(Explain(SearchPlan(OfService("x")), &stats),
              HasSubstr("4 spans scanned, row groups: 2 read, 1 skipped (1 by filters), pages: "));

  // What was decoded is not read again.
  ASSERT_TRUE(query_.Search({.stats = &stats}, OfService("x")).has_value());
  EXPECT_EQ(stats.operators[2].rows, 4u);
  EXPECT_EQ(stats.operators[2].pages_read, 0u);
}

TEST_F(RunTest, OperatorsThatDoNotFitTogetherAreRefused) {
  ListSink<model::SpanColumnsPtr> sink;
  const Plan without_input{.op = JoinFragments{}};
  const Plan of_names{.op = JoinFragments{.leaves_out = true}, .inputs = {ServicesPlan()}};
  for (const Plan& plan : {without_input, of_names, SearchPlan({}).inputs[0]}) {
    const Status status = query_.Run(plan, {}, sink);
    ASSERT_FALSE(status.has_value());
    EXPECT_EQ(status.error().code, Code::kInvalidArgument);
    EXPECT_THAT(status.error().message, StartsWith("there is no way to run this plan:\n"));
  }
}

TEST_F(RunTest, ConditionsThatCannotBeEvaluatedAreRefused) {
  ListSink<model::SpanColumnsPtr> sink;
  const expr::Expression without_pattern = expr::Matches(expr::Of(expr::Field::kName), nullptr);

  const Status status = query_.Run(SearchPlan({.condition = expr::Not(without_pattern)}), {}, sink);

  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Code::kInvalidArgument);
  EXPECT_THAT(status.error().message, StartsWith("a pattern belongs to a match"));
}

// Keeps nothing, and notes how much memory is held when each row comes.
class PassingSink final : public Sink {
 public:
  explicit PassingSink(const AnswerMemory& memory) : memory_(memory) {}
  Status Take(Row) override {
    held.push_back(memory_.bytes());
    if (held.size() == row_count_max) return MakeError(Code::kCancelled, "it is enough");
    return {};
  }
  bool keeps_rows() const override { return false; }

  std::vector<std::uint64_t> held;
  std::size_t row_count_max = 0;

 private:
  const AnswerMemory& memory_;
};

TEST_F(RunTest, WhatASinkDoesNotKeepTakesMemoryForAWhileOnly) {
  constexpr std::size_t kTraceCount = 600;
  std::vector<storage::testing::SpanSpec> specs;
  for (std::size_t i = 1; i <= kTraceCount; ++i) {
    specs.push_back({.trace = fmt::format("{:x}", i), .span = "1", .service = "x"});
  }
  ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  SearchRequest request = OfService("x");
  request.limit = kTraceCount;
  const auto kept = query_.Search({.memory = &memory}, request);
  ASSERT_EQ(kept->size(), kTraceCount);
  const std::uint64_t memory_of_all = memory.bytes();
  memory.GiveBack(memory_of_all);

  PassingSink sink(memory);
  ASSERT_TRUE(query_.Run(SearchPlan(request), {.memory = &memory}, sink).has_value());

  ASSERT_EQ(sink.held.size(), kTraceCount);
  EXPECT_LT(std::ranges::max(sink.held), memory_of_all / 2);
  EXPECT_EQ(memory.bytes(), 0u);

  // What a sink says ends the run.
  PassingSink impatient(memory);
  impatient.row_count_max = 3;
  const Status status = query_.Run(SearchPlan(request), {.memory = &memory}, impatient);
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(impatient.held.size(), 3u);
}

TEST_F(RunTest, NamedTracesThatASinkDoesNotKeepTakeMemoryForAWhileOnly) {
  class Names final : public Sink {
   public:
    explicit Names(const AnswerMemory& memory) : memory_(memory) {}
    Status Take(Row row) override {
      held_max = std::max(held_max, memory_.bytes());
      if (const auto* const trace = std::get_if<model::SpanColumnsPtr>(&row)) {
        ids.push_back((*trace)->trace_ids.front());
      } else {
        absent.push_back(std::get<AbsentTrace>(row).id);
      }
      return {};
    }
    bool keeps_rows() const override { return false; }

    std::vector<TraceId> ids;
    std::vector<TraceId> absent;
    std::uint64_t held_max = 0;

   private:
    const AnswerMemory& memory_;
  };
  constexpr std::size_t kTraceCount = 600;
  std::vector<storage::testing::SpanSpec> specs;
  std::vector<TraceId> there;
  std::vector<TraceId> absent;
  std::vector<TraceId> wanted;
  for (std::size_t i = 1; i <= kTraceCount; ++i) {
    const std::string digits = fmt::format("{:x}", i);
    there.push_back(*TraceId::FromHex(digits));
    wanted.push_back(there.back());
    specs.push_back({.trace = digits, .span = "1", .service = "x"});
    if (i % 100 != 0) continue;
    absent.push_back(*TraceId::FromHex(fmt::format("{:x}", kTraceCount + i)));
    wanted.insert(wanted.end(), {absent.back(), there.front(), absent.back()});
  }
  ASSERT_TRUE(store_.Append(MakeData(specs)).has_value());
  base::Metrics metrics;
  base::MemoryBudget budget(64u << 20, metrics);
  AnswerMemory memory(budget.account(base::MemoryUse::kAnswers));
  ASSERT_TRUE(query_.FindTraces({.memory = &memory}, wanted).has_value());
  const std::uint64_t memory_of_all = memory.bytes();
  memory.GiveBack(memory_of_all);
  QueryStats stats;

  Names sink(memory);
  ASSERT_TRUE(
      query_.Run(TracesPlan(wanted), {.memory = &memory, .stats = &stats}, sink).has_value());

  EXPECT_EQ(sink.ids, there);
  EXPECT_EQ(sink.absent, absent);
  EXPECT_LT(sink.held_max, memory_of_all * 2 / 3);
  EXPECT_EQ(memory.bytes(), 0u);
  EXPECT_EQ(stats.operators[0].rows, kTraceCount);
}

TEST_F(RunTest, AnswersForSeveralTenants) {
  const TenantId acme = *TenantId::Parse("acme");
  const TenantId other = *TenantId::Parse("other");
  ASSERT_TRUE(
      store_.Append(MakeData({{.trace = "a", .span = "1", .service = "x"}}), acme).has_value());
  ASSERT_TRUE(
      store_.Append(MakeData({{.trace = "a", .span = "2", .service = "y"}}), other).has_value());

  EXPECT_EQ(*query_.Services({.tenants = {acme}}), std::vector<std::string>{"x"});
  EXPECT_EQ(*query_.Services({.tenants = {other, acme, other}}),
            (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(query_.FindTrace({.tenants = {acme, other}}, *TraceId::FromHex("a"))->spans.size(), 2u);
}

}  // namespace
}  // namespace clew::query
