#include "query/named_traces.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <unordered_set>
#include <utility>
#include <vector>

#include "query/whole_trace.h"

namespace clew::query {

Status RunNamedTraces(const Scan& scan, const JoinFragments& join, const NamedTraces& named,
                      std::size_t place, std::uint64_t bytes_max, Sink& sink) {
  std::unordered_set<TraceId> absent;
  std::vector<TraceId> wanted;
  std::ranges::copy_if(named.ids, std::back_inserter(wanted),
                       [&absent](const TraceId& id) { return absent.insert(id).second; });
  scan.stats.At(place + 1).rows = wanted.size();
  const OperatorWork work(scan, place);
  std::size_t given_count = 0;
  std::optional<Error> left_out;
  for (std::span<const TraceId> rest(wanted); !rest.empty();) {
    const auto some =
        sink.keeps_rows() ? rest : rest.first(std::min(kPassingTracesAtOnce, rest.size()));
    rest = rest.subspan(some.size());
    AnswerBudget budget{.bytes_max = bytes_max, .leaves_out = join.leaves_out};
    ASSIGN_OR_RETURN(std::vector<model::SpanColumnsPtr> traces,
                     ReadWholeTraces(scan, some, &budget));
    for (model::SpanColumnsPtr& trace : traces) {
      absent.erase(trace->trace_ids.front());
      scan.stats.At(place).rows = ++given_count;
      TRY(sink.Take(std::move(trace)));
    }
    if (!sink.keeps_rows() && scan.context.memory != nullptr) {
      scan.context.memory->GiveBack(budget.memory_bytes);
    }
    for (const TraceId& id : budget.left_out_ids) absent.erase(id);
    if (!left_out) left_out = std::move(budget.left_out);
  }
  if (given_count == 0 && left_out) return std::unexpected(*std::move(left_out));
  for (const TraceId& id : wanted) {
    if (absent.contains(id)) TRY(sink.Take(AbsentTrace{id}));
  }
  return {};
}

}  // namespace clew::query
