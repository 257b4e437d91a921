#include "query/found_traces.h"

#include <algorithm>
#include <utility>

namespace clew::query {

Status FoundTraces::Read(std::vector<TraceId> ids) {
  constexpr std::size_t kTracesAtOnce = 2500;
  const std::size_t at_once = sink_.keeps_rows() ? kTracesAtOnce : kPassingTracesAtOnce;
  std::erase_if(ids, [this](const TraceId& id) { return tried_.contains(id); });
  for (std::span<const TraceId> rest(ids); !rest.empty() && !IsEnough();) {
    const auto some =
        rest.first(std::min({at_once, std::max(missing_count(), ahead_), rest.size()}));
    const std::size_t count_before = given_count_;
    if (some.size() <= missing_count()) {
      TRY(ReadMissing(some));
    } else {
      ASSIGN_OR_RETURN(const bool is_read, ReadAhead(some));
      if (!is_read) continue;
    }
    tried_.insert(some.begin(), some.end());
    ahead_ = 2 * (given_count_ - count_before) < some.size() ? 2 * some.size() : 0;
    rest = rest.subspan(some.size());
  }
  return {};
}

Status FoundTraces::ReadMissing(std::span<const TraceId> ids) {
  const std::uint64_t bytes_before = budget_.bytes;
  const std::uint64_t memory_before = budget_.memory_bytes;
  ASSIGN_OR_RETURN(std::vector<model::SpanColumnsPtr> traces,
                   ReadFoundTraces(scan_, ids, spans_, &budget_));
  return Give(std::move(traces), budget_.bytes - bytes_before,
              budget_.memory_bytes - memory_before);
}

Result<bool> FoundTraces::ReadAhead(std::span<const TraceId> ids) {
  AnswerBudget budget{.bytes_max = budget_.bytes_max - budget_.bytes};
  Result<std::vector<model::SpanColumnsPtr>> traces = ReadFoundTraces(scan_, ids, spans_, &budget);
  if (traces.has_value() && traces->size() <= missing_count()) {
    budget_.bytes += budget.bytes;
    budget_.memory_bytes += budget.memory_bytes;
    TRY(Give(*std::move(traces), budget.bytes, budget.memory_bytes));
    return true;
  }
  ahead_ = traces.has_value() ? ids.size() / 2 : 0;
  if (traces.has_value()) traces->clear();
  if (scan_.context.memory != nullptr) scan_.context.memory->GiveBack(budget.memory_bytes);
  const bool is_for_size = traces.has_value() || traces.error().code == Code::kResourceExhausted ||
                           traces.error().code == Code::kUnavailable;
  if (!is_for_size) return std::unexpected(std::move(traces).error());
  return false;
}

Status FoundTraces::Give(std::vector<model::SpanColumnsPtr> traces, std::uint64_t bytes,
                         std::uint64_t memory_bytes) {
  given_count_ += traces.size();
  for (model::SpanColumnsPtr& trace : traces) TRY(sink_.Take(std::move(trace)));
  if (sink_.keeps_rows()) return {};
  budget_.bytes -= bytes;
  budget_.memory_bytes -= memory_bytes;
  if (scan_.context.memory != nullptr) scan_.context.memory->GiveBack(memory_bytes);
  return {};
}

}  // namespace clew::query
