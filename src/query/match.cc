#include "query/match.h"

#include <limits>
#include <string>
#include <string_view>

#include "model/service_name.h"
#include "query/filter_match.h"
#include "query/resource_services.h"
#include "query/tag_match.h"
#include "wire/otlp/json_text.h"

namespace clew::query {
namespace {

using storage::ScanColumnPtr;
using storage::SpanField;
using storage::SpanSource;

Status KeepService(const SpanSource& source, std::string_view service, RowSet* spans) {
  RowSet resources(source.stats().resource_count, RowSet::Fill::kNone);
  ASSIGN_OR_RETURN(const ResourceServices services, ServicesOf(source));
  for (std::size_t row = 0; row < services.names.size(); ++row) {
    if (wire::otlp::IsShownAs(services.names[row], service)) resources.Add(row);
  }
  resources.Subtract(services.lost);
  ASSIGN_OR_RETURN(const RowSet found, SpansOf(source, SpanField::kResource, resources));
  spans->Intersect(found);
  return {};
}

Status KeepOperation(const SpanSource& source, std::string_view operation, RowSet* spans) {
  ASSIGN_OR_RETURN(const ScanColumnPtr stored, source.Field(SpanField::kName));
  RowSet found(source.stats().span_count, RowSet::Fill::kNone);
  TRY(AddEqualTexts(source, *stored, operation, &found));
  if (operation == model::kNoSpanName) TRY(AddEqualTexts(source, *stored, {}, &found));
  spans->Intersect(found);
  return {};
}

Status KeepRange(const SpanSource& source, SpanField field, std::int64_t min, std::int64_t max,
                 RowSet* spans) {
  ASSIGN_OR_RETURN(const ScanColumnPtr column, source.Field(field));
  RowSet found(source.stats().span_count, RowSet::Fill::kNone);
  for (std::size_t i = 0; i < column->numbers.size(); ++i) {
    if (column->numbers[i] >= min && column->numbers[i] <= max) found.Add(column->RowOf(i));
  }
  spans->Intersect(found);
  return {};
}

Status KeepNumbers(const SpanSource& source, const SearchRequest& request, RowSet* spans) {
  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kHighest = std::numeric_limits<std::int64_t>::max();
  if (request.status) {
    const auto code = static_cast<std::int64_t>(*request.status);
    TRY(KeepRange(source, SpanField::kStatusCode, code, code, spans));
  }
  if (request.duration_min > Nanos(0) || request.duration_max > Nanos(0)) {
    const std::int64_t min =
        request.duration_min > Nanos(0) ? request.duration_min.count() : kLowest;
    const std::int64_t max =
        request.duration_max > Nanos(0) ? request.duration_max.count() : kHighest;
    TRY(KeepRange(source, SpanField::kDuration, min, max, spans));
  }
  const storage::SourceStats& stats = source.stats();
  const bool is_inside = request.start_min.value_or(kLowest) <= stats.start_min &&
                         stats.start_max <= request.start_max.value_or(kHighest);
  if (is_inside) return {};
  return KeepRange(source, SpanField::kStart, request.start_min.value_or(kLowest),
                   request.start_max.value_or(kHighest), spans);
}

}  // namespace

bool CanSkip(const storage::SourceStats& stats, const SearchRequest& request) {
  return (request.start_min && stats.start_max < *request.start_min) ||
         (request.start_max && stats.start_min > *request.start_max) ||
         (request.duration_min > Nanos(0) && stats.duration_max < request.duration_min.count());
}

Result<RowSet> MatchSpans(const SpanSource& source, const SearchRequest& request) {
  RowSet spans(source.stats().span_count, RowSet::Fill::kAll);
  if (request.service) TRY(KeepService(source, *request.service, &spans));
  if (!request.operation.empty() && !spans.empty()) {
    TRY(KeepOperation(source, request.operation, &spans));
  }
  for (const Tag& tag : request.tags) {
    if (spans.empty()) return spans;
    ASSIGN_OR_RETURN(const RowSet found, MatchTag(source, tag));
    spans.Intersect(found);
  }
  if (!spans.empty()) TRY(KeepNumbers(source, request, &spans));
  if (request.filter && !spans.empty()) {
    ASSIGN_OR_RETURN(const RowSet found, MatchFilter(source, *request.filter));
    spans.Intersect(found);
  }
  return spans;
}

}  // namespace clew::query
