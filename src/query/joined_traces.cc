#include "query/joined_traces.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "model/memory.h"

namespace clew::query {

using model::SpanColumns;
using model::SpanColumnsPtr;

Status JoinedTraces::MakeRoom(std::size_t place, std::uint64_t bytes, bool is_taken) {
  while (!traces_[place].is_left_out) {
    Status fits = CheckSize(bytes);
    if (fits && !is_taken) fits = TakeMemory(bytes);
    if (fits) {
      budget_.bytes += bytes;
      traces_[place].bytes += bytes;
      return {};
    }
    if (!MayLeaveOut(fits.error())) return fits;
    LeaveOutLargest(place, bytes, fits.error());
  }
  if (is_taken) GiveBackMemory(bytes);
  return {};
}

Status JoinedTraces::CheckSize(std::uint64_t more_bytes) const {
  if (budget_.bytes + more_bytes <= budget_.bytes_max) return {};
  return base::MakeError(
      Code::kResourceExhausted,
      "the spans of the answer take more than {} MiB of memory: ask for fewer traces or a "
      "shorter time, or raise answer_limit_mib of clew_storage",
      budget_.bytes_max >> 20);
}

Status JoinedTraces::TakeMemory(std::uint64_t bytes, const std::function<void()>& before_waiting) {
  Status taken = context_.TakeMemory(bytes, before_waiting);
  // What was read ahead counts as this answer's: nothing is refused for what can be read again.
  const bool is_full = !taken && (taken.error().code == Code::kResourceExhausted ||
                                  taken.error().code == Code::kUnavailable);
  if (is_full && let_go_ != nullptr && (*let_go_)()) {
    taken = context_.TakeMemory(bytes, before_waiting);
  }
  TRY(taken);
  budget_.memory_bytes += bytes;
  return {};
}

void JoinedTraces::GiveBackMemory(std::uint64_t bytes) {
  budget_.memory_bytes -= bytes;
  if (context_.memory != nullptr) context_.memory->GiveBack(bytes);
}

bool JoinedTraces::MayLeaveOut(const Error& error) const {
  return budget_.leaves_out && error.code == Code::kResourceExhausted;
}

// The trace at `place` would take so much more, and `error` says why it cannot. The largest, with
// all that is known of it, is the one that is in the way of the others; of equal ones the last.
void JoinedTraces::LeaveOutLargest(std::size_t place, std::uint64_t more_bytes,
                                   const Error& error) {
  const auto size = [&](std::size_t i) {
    const Trace& trace = traces_[i];
    if (trace.is_left_out) return std::uint64_t{0};
    return trace.bytes + trace.expected_bytes + (i == place ? more_bytes : 0);
  };
  std::size_t largest = place;
  for (std::size_t i = 0; i < traces_.size(); ++i) {
    if (size(i) > size(largest) || (size(i) == size(largest) && i > largest)) largest = i;
  }
  LeaveOut(largest, error);
}

void JoinedTraces::LeaveOut(std::size_t place, const Error& error) {
  Drop(place);
  traces_[place].is_left_out = true;
  budget_.left_out_ids.push_back(ids_[place]);
  if (!budget_.left_out) budget_.left_out = error;
  if (context_.left_out == nullptr) return;
  context_.left_out->Add(
      fmt::format("trace {} is left out: {}", ids_[place].ToHex(), error.message));
}

void JoinedTraces::Drop(std::size_t place) {
  Trace& trace = traces_[place];
  trace.parts.clear();
  budget_.bytes -= trace.bytes;
  GiveBackMemory(std::exchange(trace.bytes, 0));
}

void JoinedTraces::Append(std::size_t place, SpanColumnsPtr part, std::uint64_t room) {
  const std::uint64_t unused = room - std::min(room, model::MemoryOf(*part));
  traces_[place].bytes -= unused;
  budget_.bytes -= unused;
  GiveBackMemory(unused);
  traces_[place].parts.push_back(std::move(part));
}

Status JoinedTraces::Replace(std::size_t place, SpanColumns columns) {
  auto whole = std::make_shared<const SpanColumns>(std::move(columns));
  Trace& trace = traces_[place];
  const std::uint64_t bytes = model::MemoryOf(*whole);
  if (bytes > trace.bytes) {
    TRY(CheckSize(bytes - trace.bytes));
    TRY(TakeMemory(bytes - trace.bytes));
    budget_.bytes += bytes - trace.bytes;
  } else {
    budget_.bytes -= trace.bytes - bytes;
    GiveBackMemory(trace.bytes - bytes);
  }
  trace.bytes = bytes;
  trace.parts = {std::move(whole)};
  return {};
}

}  // namespace clew::query
