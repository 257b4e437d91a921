#include "query/visit_whole.h"

#include <utility>

namespace clew::query {

// Recursion ends with the logarithm of the number of ids.
Status VisitWhole(const Scan& scan, decltype(ReadWholeTraces)& read, std::span<const TraceId> ids,
                  std::uint64_t bytes_max,
                  const std::function<Status(std::vector<model::SpanColumnsPtr>)>& visit,
                  const std::function<void(const TraceId&, const Error&)>& leave_out) {
  TRY(scan.Check());
  AnswerBudget budget{.bytes_max = bytes_max};
  PassingMemory memory(scan.context);
  Result<std::vector<model::SpanColumnsPtr>> traces = read(scan, ids, &budget);
  memory.Adopt(budget.memory_bytes);
  if (traces) return visit(*std::move(traces));
  if (traces.error().code != Code::kResourceExhausted) return std::unexpected(traces.error());
  memory.GiveBack();
  if (ids.size() == 1) {
    leave_out(ids[0], traces.error());
    return {};
  }
  const std::size_t half = ids.size() / 2;
  TRY(VisitWhole(scan, read, ids.first(half), bytes_max, visit, leave_out));
  return VisitWhole(scan, read, ids.subspan(half), bytes_max, visit, leave_out);
}

}  // namespace clew::query
