#include "log/testing/memory_log.h"

#include <algorithm>
#include <chrono>

namespace clew::log {
namespace {

constexpr std::uint64_t kRecordPositions = 10;

Appended WhereOf(Position begin) { return {begin, {begin.offset + kRecordPositions}}; }

}  // namespace

base::Later<Result<Appended>> MemoryLog::Append(Record record) {
  {
    const std::scoped_lock lock(mutex_);
    if (is_holding_) {
      auto [appended, promise] = base::Later<Result<Appended>>::Promised();
      held_.push_back({std::move(record), std::move(promise)});
      return std::move(appended);
    }
  }
  return Write(std::move(record));
}

void MemoryLog::Hold() {
  const std::scoped_lock lock(mutex_);
  is_holding_ = true;
}

void MemoryLog::Settle() {
  std::vector<Held> held;
  {
    const std::scoped_lock lock(mutex_);
    is_holding_ = false;
    held.swap(held_);
  }
  for (Held& append : held) append.promise.Keep(Write(std::move(append.record)));
}

Result<Appended> MemoryLog::Write(Record record) {
  if (append_error) return std::unexpected(*append_error);
  const std::scoped_lock lock(mutex_);
  if (is_closed_) return base::Unavailable("the log is closed");
  const Appended where = WhereOf(contents_->end);
  contents_->records.emplace(where.begin, std::move(record));
  contents_->end = where.end;
  changed_.notify_all();
  return where;
}

std::size_t MemoryLog::read_count() const {
  const std::scoped_lock lock(mutex_);
  return read_count_;
}

Result<Position> MemoryLog::Read(
    Position from,
    const std::function<Status(const Appended& where, const Record& record)>& visit) {
  const auto fails = [this] { return read_error && failing_reads.fetch_sub(1) > 0; };
  const Position stop = std::max(from, end());
  {
    const std::scoped_lock lock(mutex_);
    ++read_count_;
  }
  while (from < stop) {
    if (fails_before_visit && fails()) return std::unexpected(*read_error);
    Appended where;
    Record record;
    {
      const std::scoped_lock lock(mutex_);
      const auto found = contents_->records.lower_bound(from);
      if (found == contents_->records.end() || found->first >= stop) break;
      where = WhereOf(found->first);
      record = found->second;
    }
    TRY(visit(where, record));
    from = where.end;
    if (!fails_before_visit && fails()) return std::unexpected(*read_error);
  }
  return stop;
}

bool MemoryLog::WaitFor(Position from, Deadline deadline, const Clock& clock) {
  std::unique_lock lock(mutex_);
  if (!is_closed_ && from >= contents_->end) {
    clock.Wait(lock, changed_, deadline.time_since_epoch());
  }
  return from < contents_->end;
}

Status MemoryLog::Commit(std::string_view consumer, Position position) {
  const std::scoped_lock lock(mutex_);
  if (position > contents_->end) return base::InvalidArgument("past the end");
  if (ignores_commits) return {};
  Position& committed = contents_->committed[std::string(consumer)];
  committed = std::max(committed, position);
  changed_.notify_all();
  return {};
}

Position MemoryLog::Committed(std::string_view consumer) const {
  const std::scoped_lock lock(mutex_);
  const auto found = contents_->committed.find(consumer);
  return found == contents_->committed.end() ? Position() : found->second;
}

std::vector<std::string> MemoryLog::Consumers() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, position] : contents_->committed) names.push_back(name);
  return names;
}

Status MemoryLog::Forget(std::string_view consumer) {
  if (forget_error) return std::unexpected(*forget_error);
  const std::scoped_lock lock(mutex_);
  contents_->committed.erase(std::string(consumer));
  return {};
}

void MemoryLog::SkipTo(Position position) {
  const std::scoped_lock lock(mutex_);
  contents_->end = std::max(contents_->end, position);
}

Identity MemoryLog::identity() const {
  const std::scoped_lock lock(mutex_);
  return contents_->identity;
}

Position MemoryLog::end() const {
  const std::scoped_lock lock(mutex_);
  return contents_->end;
}

std::uint64_t MemoryLog::size_bytes() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t size = 0;
  for (const auto& [position, record] : contents_->records) size += record.body.size();
  return size;
}

void MemoryLog::Close() {
  const std::scoped_lock lock(mutex_);
  is_closed_ = true;
  changed_.notify_all();
}

void MemoryLog::BeginAnew() {
  Contents anew;
  anew.identity = identity();
  ++anew.identity.bytes[0];
  PutBack(anew);
}

MemoryLog::Contents MemoryLog::Copy() const {
  const std::scoped_lock lock(mutex_);
  return *contents_;
}

void MemoryLog::PutBack(const Contents& contents) {
  const std::scoped_lock lock(mutex_);
  *contents_ = contents;
}

bool MemoryLog::WaitForCommit(const std::string& consumer, Position position) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
    const auto found = contents_->committed.find(consumer);
    return found != contents_->committed.end() && found->second >= position;
  });
}

}  // namespace clew::log
