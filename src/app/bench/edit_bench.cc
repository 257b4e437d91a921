#include <memory>
#include <numeric>
#include <utility>
#include <vector>

#include "app/bench/benches.h"
#include "app/bench/measure.h"
#include "model/edit_attributes.h"
#include "model/select_rows.h"
#include "wire/otlp/decode.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

using model::Owner;
using model::SpanColumns;
using model::SpanColumnsPtr;

constexpr std::uint64_t kDistinctSpans = 200'000;
constexpr std::uint64_t kSpanCount = 20'000'000;
constexpr std::size_t kSpansPerRequest = 1'000;

Result<std::vector<SpanColumnsPtr>> MakeBatches(const BenchOptions& options) {
  workload::Generator generator({.seed = options.seed, .spans_per_request = kSpansPerRequest});
  const wire::otlp::DecodeLimits limits;
  wire::otlp::DecodeCounts counts;
  std::vector<SpanColumnsPtr> batches;
  for (std::uint64_t made = 0; made < kDistinctSpans;) {
    workload::GeneratedRequest request = generator.Next();
    made += request.span_count;
    const std::vector<Bytes> pieces = {Bytes(std::move(request.body))};
    ASSIGN_OR_RETURN(SpanColumnsPtr columns,
                     wire::otlp::DecodeRequest(pieces, limits, counts, request.span_count));
    batches.push_back(std::move(columns));
  }
  return batches;
}

std::vector<std::uint32_t> AllRows(const SpanColumns& columns, Owner owner) {
  std::vector<std::uint32_t> rows(RowCount(columns, owner));
  std::iota(rows.begin(), rows.end(), 0u);
  return rows;
}

/// Gives all rows a text, as a pipeline would: a new batch, while the old one stays as it is.
SpanColumnsPtr Set(const SpanColumns& columns, Owner owner, std::string_view key) {
  SpanColumns edited = columns;
  SetAttribute(owner, key, {.type = model::ValueType::kString, .text = "production"},
               AllRows(columns, owner), &edited);
  return std::make_shared<const SpanColumns>(std::move(edited));
}

/// All but each `step`-th.
SpanColumnsPtr Drop(const SpanColumns& columns, std::size_t step) {
  std::vector<std::uint32_t> rows = AllRows(columns, Owner::kSpan);
  std::erase_if(rows, [&](std::uint32_t row) { return row % step == step - 1; });
  return std::make_shared<const SpanColumns>(model::SelectSpans(columns, rows));
}

/// CPU time of `edit`, one batch after the other, in µs a span.
template <typename Edit>
Result<double> Measure(const std::vector<SpanColumnsPtr>& batches, std::uint64_t wanted,
                       Edit edit) {
  std::uint64_t edited = 0;
  const double cpu_begin = OwnCpuSeconds();
  for (std::size_t i = 0; edited < wanted; i = (i + 1) % batches.size()) {
    edited += batches[i]->span_count();
    edit(*batches[i]);
  }
  return (OwnCpuSeconds() - cpu_begin) * 1e6 / static_cast<double>(edited);
}

}  // namespace

Result<Report> BenchEdit(const BenchOptions& options) {
  const std::uint64_t wanted = options.span_count == 0 ? kSpanCount : options.span_count;
  ASSIGN_OR_RETURN(const std::vector<SpanColumnsPtr> batches, MakeBatches(options));
  const auto set = [](Owner owner, const char* key) {
    return [owner, key](const SpanColumns& columns) { Set(columns, owner, key); };
  };
  ASSIGN_OR_RETURN(const double resource,
                   Measure(batches, wanted, set(Owner::kResource, "deployment.environment")));
  ASSIGN_OR_RETURN(const double added, Measure(batches, wanted, set(Owner::kSpan, "new")));
  ASSIGN_OR_RETURN(const double replaced, Measure(batches, wanted, set(Owner::kSpan, "tenant.id")));
  ASSIGN_OR_RETURN(const double dropped, Measure(batches, wanted, [](const SpanColumns& columns) {
                     Drop(columns, 100);
                   }));
  Report report("edit", "us/span");
  report.SetValue(added);
  report.Add("resource_attribute", resource);
  report.Add("span_attribute_added", added);
  report.Add("span_attribute_replaced", replaced);
  report.Add("drop_one_in_100", dropped);
  report.Add("spans", static_cast<double>(wanted));
  return report;
}

}  // namespace clew::app::bench
