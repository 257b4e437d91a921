#include "query/fragment_joiner.h"

#include <algorithm>
#include <utility>

#include "model/concatenate.h"
#include "model/memory.h"
#include "model/select_rows.h"
#include "query/match.h"
#include "scan/batch_source.h"
#include "wire/otlp/same_spans.h"
#include "wire/otlp/well_formed.h"

namespace clew::query {

using model::SpanColumns;
using model::SpanColumnsPtr;
using model::TraceSplitter;

namespace {

// Of model::SelectSpans: what it gives, and where each row goes.
std::uint64_t SelectBytes(const SpanColumns& trace) {
  constexpr std::uint64_t kBytesPerRow = 16;
  // And of the values of one column after the other: where each goes, and in which order.
  std::uint64_t rows = 0;
  for (const model::AttributeColumn& column : trace.attributes) {
    rows = std::max<std::uint64_t>(rows, column.count());
  }
  for (std::size_t i = 0; i < model::kOwnerCount; ++i) {
    rows += RowCount(trace, static_cast<model::Owner>(i));
  }
  return model::TableBytes(trace) + rows * kBytesPerRow;
}

}  // namespace

FragmentJoiner::FragmentJoiner(const Scan& scan, std::span<const TraceId> ids, AnswerBudget& budget)
    : scan_(scan), traces_(scan.context, ids, budget), check_([&scan] { return scan.Check(); }) {
  for (std::size_t i = 0; i < ids.size(); ++i) places_[ids[i]] = i;
}

FragmentJoiner::Fragment FragmentJoiner::Read(const Scan& scan, const scan::SpanSource& source,
                                              std::span<const TraceId> ids,
                                              scan::ReadExtent extent) {
  ASSIGN_OR_RETURN(SpanColumnsPtr columns, source.ReadTraces(ids, extent));
  if (columns == nullptr || columns->span_count() == 0) return nullptr;
  return TraceSplitter::Make(std::move(columns), [&scan] { return scan.Check(); });
}

std::uint64_t FragmentJoiner::TableBytes(const Fragment& fragment) {
  return fragment.has_value() && *fragment != nullptr ? (*fragment)->table_bytes() : 0;
}

FragmentJoiner::Expected FragmentJoiner::Expect(const Fragment& fragment) {
  Expected expected;
  if (!fragment.has_value() || *fragment == nullptr) return expected;
  const TraceSplitter& traces = **fragment;
  expected.reserve(traces.ids().size());
  for (std::size_t i = 0; i < traces.ids().size(); ++i) {
    expected.emplace_back(places_.at(traces.ids()[i]), traces.bytes_max()[i]);
    traces_.Expect(expected.back().first, expected.back().second);
  }
  return expected;
}

void FragmentJoiner::Unexpect(const Expected& expected) {
  for (const auto& [place, bytes] : expected) traces_.Unexpect(place, bytes);
}

Status FragmentJoiner::Add(const scan::SpanSource& source, std::span<const TraceId> ids,
                           scan::ReadExtent extent, std::optional<Fragment> read,
                           const LetGo& let_go) {
  traces_.SetLetGo(&let_go);
  const Status added = AddRead(source, ids, extent, std::move(read), let_go);
  traces_.SetLetGo(nullptr);
  return added;
}

Status FragmentJoiner::AddRead(const scan::SpanSource& source, std::span<const TraceId> ids,
                               scan::ReadExtent extent, std::optional<Fragment> read,
                               const LetGo& let_go) {
  if (!read) read = Read(scan_, source, ids, extent);
  ASSIGN_OR_RETURN(auto fragment, Settled(source, *std::move(read)));
  if (fragment == nullptr) return {};
  // For all at once, so that it is waited for where that is possible.
  const std::uint64_t bytes = WantedBytes(*fragment);
  const Status taken = traces_.TakeMemory(bytes, [&] {
    fragment.reset();
    let_go();
  });
  if (!taken) {
    if (!traces_.MayLeaveOut(taken.error()) || fragment == nullptr) return taken;
    return AddTraces(*fragment, /*is_taken=*/false);
  }
  if (fragment == nullptr) {
    // Let go of while this waited; by now it may be another one.
    ASSIGN_OR_RETURN(fragment, Settled(source, Read(scan_, source, ids, extent)));
    const std::uint64_t bytes_now = fragment == nullptr ? 0 : WantedBytes(*fragment);
    if (bytes_now > bytes) {
      const Status more = traces_.TakeMemory(bytes_now - bytes);
      if (!more) {
        if (!traces_.MayLeaveOut(more.error())) return more;
        traces_.GiveBackMemory(bytes);
        return AddTraces(*fragment, /*is_taken=*/false);
      }
    }
    if (bytes_now < bytes) traces_.GiveBackMemory(bytes - bytes_now);
    if (fragment == nullptr) return {};
  }
  return AddTraces(*fragment, /*is_taken=*/true);
}

// Null when there is nothing, or nothing that can be read, which is noted.
FragmentJoiner::Fragment FragmentJoiner::Settled(const scan::SpanSource& source,
                                                 Fragment fragment) const {
  if (fragment.has_value()) return fragment;
  TRY(scan_.Tolerate(source, fragment.error()));
  return nullptr;
}

std::uint64_t FragmentJoiner::WantedBytes(const TraceSplitter& fragment) const {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < fragment.ids().size(); ++i) {
    // It may have been read before a trace was left out.
    if (!IsLeftOut(fragment.ids()[i])) bytes += fragment.bytes_max()[i];
  }
  return bytes;
}

// With `is_taken` there is memory for all that is wanted.
Status FragmentJoiner::AddTraces(const TraceSplitter& fragment, bool is_taken) {
  TRY(scan_.Check());
  const std::vector<TraceId>& ids = fragment.ids();
  std::vector<bool> is_wanted(ids.size());
  for (std::size_t i = 0; i < ids.size(); ++i) {
    is_wanted[i] = !IsLeftOut(ids[i]);
    if (is_wanted[i]) traces_.Expect(places_.at(ids[i]), fragment.bytes_max()[i]);
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!is_wanted[i]) continue;
    const std::size_t place = places_.at(ids[i]);
    traces_.Unexpect(place, fragment.bytes_max()[i]);
    TRY(traces_.MakeRoom(place, fragment.bytes_max()[i], is_taken));
  }
  for (std::size_t i = 0; i < ids.size(); ++i) {
    is_wanted[i] = is_wanted[i] && !IsLeftOut(ids[i]);
  }
  ASSIGN_OR_RETURN(std::vector<SpanColumnsPtr> parts,
                   fragment.Split(is_wanted, check_, wire::otlp::ClearMalformed));
  for (std::size_t i = 0; i < ids.size(); ++i) {
    if (!is_wanted[i]) continue;
    traces_.Append(places_.at(ids[i]), std::move(parts[i]), fragment.bytes_max()[i]);
  }
  return {};
}

template <typename Finish>
Result<std::vector<SpanColumnsPtr>> FragmentJoiner::FinishAll(Finish finish) {
  std::vector<SpanColumnsPtr> all;
  for (std::size_t place = 0; place < traces_.size(); ++place) {
    TRY(scan_.Check());
    if (traces_.parts(place).empty()) continue;
    const Result<bool> is_shown = finish(place);
    if (is_shown.has_value()) {
      if (*is_shown) {
        all.push_back(traces_.parts(place).front());
      } else {
        traces_.Drop(place);
      }
    } else if (traces_.MayLeaveOut(is_shown.error())) {
      traces_.LeaveOut(place, is_shown.error());
    } else {
      return std::unexpected(is_shown.error());
    }
  }
  return all;
}

Result<std::vector<SpanColumnsPtr>> FragmentJoiner::Join() {
  return FinishAll([this](std::size_t place) -> Result<bool> {
    TRY(JoinParts(place));
    return true;
  });
}

Result<std::vector<SpanColumnsPtr>> FragmentJoiner::Settle(const ScanSpans* wanted) {
  return FinishAll([&](std::size_t place) { return SettleOne(place, wanted); });
}

// The parts of a trace in one, which takes the place of them.
Status FragmentJoiner::JoinParts(std::size_t place) {
  const std::vector<SpanColumnsPtr>& parts = traces_.parts(place);
  if (parts.size() == 1) return {};
  PassingMemory memory(scan_.context);
  std::uint64_t bytes = 0;
  for (const SpanColumnsPtr& part : parts) bytes += model::TableBytes(*part);
  TRY(memory.Take(bytes));
  ASSIGN_OR_RETURN(SpanColumns whole, model::ConcatenateSpans(parts, check_));
  return traces_.Replace(place, std::move(whole));
}

// False when it is not shown.
Result<bool> FragmentJoiner::SettleOne(std::size_t place, const ScanSpans* wanted) {
  TRY(JoinParts(place));
  SpanColumns trace = *traces_.parts(place).front();
  bool repeats_ids = false;
  {
    PassingMemory memory(scan_.context);
    TRY(memory.Take(wire::otlp::CompareBytes(trace, /*repeats_ids=*/false)));
    repeats_ids = wire::otlp::RepeatsSpanIds(trace);
  }
  PassingMemory order_memory(scan_.context);
  TRY(order_memory.Take(wire::otlp::CompareBytes(trace, repeats_ids)));
  ASSIGN_OR_RETURN(const wire::otlp::KeptSpans kept,
                   wire::otlp::SortedDistinctSpans(trace, check_));
  order_memory.ShrinkTo(kept.rows.size() * sizeof(kept.rows[0]));
  {
    // The columns that say which rows of other tables a span uses are copied.
    PassingMemory memory(scan_.context);
    TRY(memory.Take(wire::otlp::JoinBytes(trace) + 8 * trace.span_count()));
    TRY(wire::otlp::JoinEqualRows(kept.rows, &trace, check_));
    // As they mostly are, and all of them.
    if (kept.rows.size() < trace.span_count() || !std::ranges::is_sorted(kept.rows)) {
      TRY(memory.Take(SelectBytes(trace)));
      ASSIGN_OR_RETURN(trace, model::SelectSpans(trace, kept.rows, check_));
    }
    TRY(traces_.Replace(place, std::move(trace)));
  }
  return kept.is_any_replaced && wanted != nullptr ? IsFound(traces_.parts(place).front(), *wanted)
                                                   : true;
}

Result<bool> FragmentJoiner::IsFound(const SpanColumnsPtr& trace, const ScanSpans& wanted) const {
  // Which rows an expression holds for, and what is looked up for it.
  constexpr std::uint64_t kBytesPerSpan = 16;
  PassingMemory memory(scan_.context);
  TRY(memory.Take(trace->span_count() * kBytesPerSpan));
  const scan::BatchSource columns(trace);
  const auto source = columns.PastDamage(
      {.report = [](const Error&) {}, .check = [this] { return scan_.Check(); }});
  ASSIGN_OR_RETURN(const scan::RowSet spans, MatchSpans(*source, wanted));
  return !spans.empty();
}

}  // namespace clew::query
