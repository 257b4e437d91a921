#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "model/span_columns.h"
#include "query/query_context.h"
#include "query/whole_trace.h"

namespace clew::query {

/// The traces of an answer as far as they are there: what each takes of the answer and of the
/// memory of the context, and which is left out when that is too much. Traces are named by their
/// places. The references outlive it. One thread.
class JoinedTraces {
 public:
  JoinedTraces(const QueryContext& context, std::span<const TraceId> ids, AnswerBudget& budget)
      : context_(context), ids_(ids.begin(), ids.end()), traces_(ids.size()), budget_(budget) {}

  std::size_t size() const { return traces_.size(); }
  const std::vector<model::SpanColumnsPtr>& parts(std::size_t place) const {
    return traces_[place].parts;
  }
  bool IsLeftOut(std::size_t place) const { return traces_[place].is_left_out; }

  /// So much more will come, or will not: it counts when it is asked which trace is the largest.
  void Expect(std::size_t place, std::uint64_t bytes) { traces_[place].expected_bytes += bytes; }
  void Unexpect(std::size_t place, std::uint64_t bytes) { traces_[place].expected_bytes -= bytes; }

  /// Lets go of what was read ahead, which only saves time. False when there is nothing.
  using LetGo = std::function<bool()>;
  /// What is asked when there is no memory: before anything is refused. Null for nothing.
  void SetLetGo(const LetGo* let_go) { let_go_ = let_go; }

  /// Of the context, for the answer. As QueryContext::TakeMemory.
  Status TakeMemory(std::uint64_t bytes, const std::function<void()>& before_waiting = {});
  void GiveBackMemory(std::uint64_t bytes);

  /// For so many bytes of the trace, or leaves it out; with `is_taken` their memory is taken
  /// already. An error where nothing may be left out.
  Status MakeRoom(std::size_t place, std::uint64_t bytes, bool is_taken);
  /// A part for which there is `room`.
  void Append(std::size_t place, model::SpanColumnsPtr part, std::uint64_t room);
  /// The trace as a whole takes the place of its parts.
  Status Replace(std::size_t place, model::SpanColumns trace);
  /// A trace that is not shown.
  void Drop(std::size_t place);

  /// Whether a trace is left out for `error`, or it is that of the answer.
  bool MayLeaveOut(const Error& error) const;
  void LeaveOut(std::size_t place, const Error& error);

 private:
  struct Trace {
    std::vector<model::SpanColumnsPtr> parts;
    std::uint64_t bytes = 0;
    std::uint64_t expected_bytes = 0;
    bool is_left_out = false;
  };

  Status CheckSize(std::uint64_t more_bytes) const;
  void LeaveOutLargest(std::size_t place, std::uint64_t more_bytes, const Error& error);

  const QueryContext& context_;
  /// By place.
  const std::vector<TraceId> ids_;
  std::vector<Trace> traces_;
  AnswerBudget& budget_;
  const LetGo* let_go_ = nullptr;
};

}  // namespace clew::query
