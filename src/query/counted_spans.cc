#include "query/counted_spans.h"

#include <algorithm>
#include <optional>

#include "query/match.h"
#include "query/span_values.h"
#include "traceql/metrics/span_weight.h"

namespace clew::query {

using scan::RowSet;
using scan::SpanSource;
using traceql::evaluate::Value;

void MakeSet(std::vector<TraceId>* ids) {
  std::erase_if(*ids, [](const TraceId& id) { return id.is_zero(); });
  std::ranges::sort(*ids);
  const auto repeats = std::ranges::unique(*ids);
  ids->erase(repeats.begin(), repeats.end());
}

Status RemoveTraces(const SpanSource& source, std::span<const TraceId> traces, RowSet* rows) {
  if (traces.empty()) return {};
  const std::vector<std::uint32_t> all = rows->Rows();
  ASSIGN_OR_RETURN(const std::vector<TraceId> ids, source.TraceIds(all));
  std::optional<TraceId> last;
  bool is_left_out = false;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (last != ids[i]) {
      last = ids[i];
      // One whose trace is lost is in none.
      is_left_out = last->is_zero() || std::ranges::binary_search(traces, *last);
    }
    if (is_left_out) rows->Remove(all[i]);
  }
  return {};
}

Result<std::vector<TraceId>> TracesOfMatching(const SpanSource& source, const ScanSpans& spans) {
  ASSIGN_OR_RETURN(const RowSet rows, MatchSpans(source, spans));
  if (rows.empty()) return std::vector<TraceId>();
  ASSIGN_OR_RETURN(std::vector<TraceId> ids, source.TraceIds(rows.Rows()));
  MakeSet(&ids);
  return ids;
}

Result<std::vector<double>> ReadWeights(const SpanSource& source,
                                        const traceql::metrics::Operand& operand) {
  const traceql::Attribute rate =
      operand.program().fields().sources()[*operand.sample_rate()].attribute;
  ASSIGN_OR_RETURN(const CodedValues rates,
                   ReadCoded(source, rate, operand.program().fields().naming()));
  ASSIGN_OR_RETURN(const CodedValues states, ReadTraceStates(source));
  std::vector<double> of_rates;
  for (const Value& value : rates.values) {
    of_rates.push_back(traceql::metrics::WeightOfSampleRate(value).value_or(1));
  }
  std::vector<std::optional<double>> of_states;
  for (const Value& value : states.values) {
    of_states.push_back(traceql::metrics::WeightOfTraceState(value.text));
  }
  std::vector<double> weights(source.stats().span_count);
  for (std::size_t row = 0; row < weights.size(); ++row) {
    weights[row] = of_states[states.codes[row]].value_or(of_rates[rates.codes[row]]);
  }
  return weights;
}

}  // namespace clew::query
