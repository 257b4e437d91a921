#include "query/whole_trace.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "base/for_each.h"
#include "query/fragment_joiner.h"

namespace clew::query {

namespace {

using Traces = std::vector<model::SpanColumnsPtr>;

// How many of the `left` sources are read at the same time, however many threads there are; takes
// the memory of all but the first. By the largest so far it is judged how much those that are read
// ahead may take. Of the first nothing is known: only the second is read with it, since most traces
// are in one or two, and is judged to be of some thousand spans at most.
std::size_t CountAtOnce(const QueryContext& context, std::size_t begin, std::size_t left,
                        std::uint64_t largest_bytes, PassingMemory& ahead) {
  constexpr std::size_t kSourcesAtOnce = 8;
  constexpr std::size_t kFirstAtOnce = 2;
  constexpr std::uint64_t kUnknownBytes = 1u << 20;
  const std::size_t wanted = std::min(begin == 0 ? kFirstAtOnce : kSourcesAtOnce, left);
  const std::uint64_t each = begin == 0 ? kUnknownBytes : largest_bytes;
  const bool has_room = ahead.TryTake(each * (wanted - 1));
  // What nobody knows the size of is not what makes memory scarce.
  const bool is_scarce = begin == 0 && context.memory != nullptr && context.memory->IsScarce();
  if (has_room && !is_scarce) return wanted;
  ahead.GiveBack();
  return 1;
}

// The fragments of each trace in one, every span as often as it came.
Status JoinTraces(const Scan& scan, std::span<const TraceId> ids, scan::ReadExtent extent,
                  FragmentJoiner& joiner) {
  std::vector<TraceId> ascending(ids.begin(), ids.end());
  std::ranges::sort(ascending);
  std::uint64_t largest_bytes = 0;
  std::size_t count = 1;
  for (std::size_t begin = 0; begin < scan.sources.size(); begin += count) {
    TRY(scan.Check());
    PassingMemory ahead(scan.context);
    count = CountAtOnce(scan.context, begin, scan.sources.size() - begin, largest_bytes, ahead);
    std::vector<std::optional<FragmentJoiner::Fragment>> read(count);
    std::vector<FragmentJoiner::Expected> expected(count);
    {
      const DamageNotes::Keeping keeping(scan.notes);
      base::ForEach(scan.context.helpers, read.size(), [&](std::size_t i) {
        read[i] = FragmentJoiner::Read(scan, *scan.sources[begin + i], ascending, extent);
      });
    }
    // The one whose turn it is passes into the answer, which counts it.
    std::uint64_t ahead_bytes = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint64_t bytes = FragmentJoiner::TableBytes(*read[i]);
      largest_bytes = std::max(largest_bytes, bytes);
      if (i == 0) continue;
      ahead_bytes += bytes;
      // More than was thought: it is read again when its turn comes.
      if (ahead_bytes > ahead.bytes() && !ahead.TryTake(ahead_bytes - ahead.bytes())) {
        ahead_bytes -= bytes;
        read[i].reset();
      } else {
        expected[i] = joiner.Expect(*read[i]);
      }
    }
    ahead.ShrinkTo(ahead_bytes);
    const FragmentJoiner::LetGo let_go = [&] {
      bool is_any = ahead.bytes() > 0;
      for (std::optional<FragmentJoiner::Fragment>& one : read) {
        is_any = is_any || one.has_value();
        one.reset();
      }
      ahead.GiveBack();
      return is_any;
    };
    for (std::size_t i = 0; i < count; ++i) {
      std::optional<FragmentJoiner::Fragment> fragment = std::exchange(read[i], std::nullopt);
      joiner.Unexpect(std::exchange(expected[i], {}));
      if (fragment && i > 0) {
        ahead.ShrinkTo(ahead.bytes() -
                       std::min(ahead.bytes(), FragmentJoiner::TableBytes(*fragment)));
      }
      scan.Tell(begin + i);
      TRY(joiner.Add(*scan.sources[begin + i], ascending, extent, std::move(fragment), let_go));
      std::erase_if(ascending, [&](const TraceId& id) { return joiner.IsLeftOut(id); });
    }
  }
  return {};
}

}  // namespace

Result<Traces> ReadWholeTraces(const Scan& scan, std::span<const TraceId> ids,
                               AnswerBudget* budget) {
  FragmentJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kAll, joiner));
  return joiner.Settle(nullptr);
}

Result<Traces> ReadFoundTraces(const Scan& scan, std::span<const TraceId> ids,
                               const ScanSpans& wanted, AnswerBudget* budget) {
  FragmentJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kAll, joiner));
  return joiner.Settle(&wanted);
}

Result<Traces> ReadWholeTrees(const Scan& scan, std::span<const TraceId> ids,
                              AnswerBudget* budget) {
  FragmentJoiner joiner(scan, ids, *budget);
  TRY(JoinTraces(scan, ids, scan::ReadExtent::kTree, joiner));
  return joiner.Join();
}

Result<std::vector<std::optional<UnixNanos>>> WholeTraceStarts(const Scan& scan,
                                                               std::span<const TraceId> ids) {
  // Many sources rule all of them out at once: some at a time, so that what they say is not much.
  constexpr std::size_t kSourcesAtOnce = 8;
  using Starts = std::vector<std::optional<UnixNanos>>;
  Starts first(ids.size());
  for (std::size_t begin = 0; begin < scan.sources.size(); begin += kSourcesAtOnce) {
    TRY(scan.Check());
    std::vector<Result<Starts>> starts(std::min(kSourcesAtOnce, scan.sources.size() - begin));
    {
      const DamageNotes::Keeping keeping(scan.notes);
      base::ForEach(scan.context.helpers, starts.size(),
                    [&](std::size_t i) { starts[i] = scan.sources[begin + i]->TraceStarts(ids); });
    }
    for (std::size_t place = begin; place < begin + starts.size(); ++place) {
      const Result<Starts>& of_source = starts[place - begin];
      scan.Tell(place);
      if (!of_source.has_value()) {
        TRY(scan.Tolerate(*scan.sources[place], of_source.error()));
        continue;
      }
      for (std::size_t i = 0; i < ids.size(); ++i) {
        const std::optional<UnixNanos>& start = (*of_source)[i];
        if (start) first[i] = std::min(first[i].value_or(*start), *start);
      }
    }
  }
  return first;
}

}  // namespace clew::query
