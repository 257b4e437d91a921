#include "query/source_points.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "expr/or_arrays.h"
#include "storage/testing/test_store.h"
#include "traceql/metrics/metrics_program.h"
#include "traceql/parse.h"

// What AddSource counts is compared with whole traces in measure_spans_test.cc.
namespace clew::query {
namespace {

using traceql::metrics::Collector;
using traceql::metrics::MetricsProgram;

constexpr std::int64_t kOneSecond = 1'000'000'000;

// Says of a source what is not so, as a block can that somebody made.
class FalseSource final : public scan::SpanSource {
 public:
  FalseSource(scan::SpanSourcePtr source, const scan::SourceStats& stats)
      : source_(std::move(source)), stats_(stats) {}

  const scan::SourceStats& stats() const override { return stats_; }
  Result<scan::ColumnPtr> Field(expr::Field field) const override { return source_->Field(field); }
  Result<scan::ColumnPtr> Ties(model::Owner owner) const override { return source_->Ties(owner); }
  Result<std::vector<scan::ColumnPtr>> Attribute(model::Owner owner,
                                                 std::string_view key) const override {
    return source_->Attribute(owner, key);
  }
  Result<std::vector<scan::AttributeCount>> Attributes() const override {
    return source_->Attributes();
  }
  Result<scan::StartIntervalsPtr> Starts() const override { return source_->Starts(); }
  Result<std::vector<TraceId>> TraceIds(const std::vector<std::uint32_t>& rows) const override {
    return source_->TraceIds(rows);
  }
  Result<std::vector<std::optional<UnixNanos>>> TraceStarts(
      std::span<const TraceId> ids) const override {
    return source_->TraceStarts(ids);
  }
  Result<std::vector<scan::TraceSize>> Traces() const override { return source_->Traces(); }
  Result<scan::TraceTreesPtr> Trees(scan::TreeParts parts) const override {
    return source_->Trees(parts);
  }
  Result<std::vector<scan::OperationCount>> Operations() const override {
    return source_->Operations();
  }
  Result<model::SpanColumnsPtr> ReadTraces(std::span<const TraceId> ids,
                                           scan::ReadExtent extent) const override {
    return source_->ReadTraces(ids, extent);
  }
  Result<model::SpanColumnsPtr> ReadAll(scan::ReadExtent extent) const override {
    return source_->ReadAll(extent);
  }
  scan::SpanSourcePtr PastDamage(scan::Reader reader) const override {
    return source_->PastDamage(std::move(reader));
  }
  Status Check() const override { return source_->Check(); }

 private:
  const scan::SpanSourcePtr source_;
  const scan::SourceStats stats_;
};

TEST(SourcePoints, StartsOutsideOfThoseOfTheSourceAreNoPlacesInMemory) {
  storage::testing::TestStore store;
  ASSERT_TRUE(store
                  .Append(storage::testing::MakeData({
                      {.trace = "1", .span = "1", .service = "a", .start = 10 * kOneSecond},
                      {.trace = "2", .span = "2", .service = "b", .start = 5'000 * kOneSecond},
                      {.trace = "3", .span = "3", .service = "b", .start = 9'000 * kOneSecond},
                  }))
                  .has_value());
  const scan::SpanSourcePtr source = store.storage().Sources({}).at(0);
  const auto query = traceql::Parse("{ } | rate() by (resource.service.name)");
  const auto program = MetricsProgram::Prepare(*query);
  ASSERT_TRUE(program.has_value());
  const auto& operand = program->operands().at(0);
  ASSERT_TRUE(operand.scan().has_value());
  const ScanSpans spans{.condition = operand.scan()->condition};
  const ScanSpans odd{.condition = expr::AskedOdd(spans.condition)};
  const auto add = [&](UnixNanos start_min, UnixNanos start_max) {
    scan::SourceStats stats = source->stats();
    stats.start_min = start_min;
    stats.start_max = start_max;
    Collector collector(*program,
                        {.start = 0, .end = 10'000 * kOneSecond, .step = Nanos(kOneSecond)}, {});
    return AddSource(FalseSource(source, stats), {operand, 0, spans, odd}, {}, &collector);
  };

  EXPECT_EQ(add(10 * kOneSecond, 9'000 * kOneSecond).value(), 3u);
  for (const auto& [start_min, start_max] : {std::pair(11 * kOneSecond, 9'000 * kOneSecond),
                                             std::pair(10 * kOneSecond, 8'999 * kOneSecond),
                                             std::pair(4'000 * kOneSecond, 5'500 * kOneSecond)}) {
    const auto added = add(start_min, start_max);
    ASSERT_FALSE(added.has_value()) << start_min << ' ' << start_max;
    EXPECT_EQ(added.error().code, Code::kDataLoss);
  }
}

}  // namespace
}  // namespace clew::query
