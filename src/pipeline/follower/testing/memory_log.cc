#include "pipeline/follower/testing/memory_log.h"

#include <chrono>

namespace clew::pipeline::testing {
namespace {

/// A protobuf field of wire type 2; `content` is shorter than 128 bytes.
std::string Field(int number, const std::string& content) {
  std::string text;
  text += static_cast<char>(number << 3 | 2);
  text += static_cast<char>(content.size());
  return text + content;
}

}  // namespace

std::string OneSpanRequest(const std::string& span_name) {
  const std::string span =
      Field(1, std::string(16, '\x01')) + Field(2, std::string(8, '\x02')) + Field(5, span_name);
  return Field(1, Field(2, Field(2, span)));
}

Result<log::Appended> MemoryLog::Append(const log::Record& record) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t begin = records_.size() * kRecordBytes;
  records_.push_back(record);
  changed_.notify_all();
  return log::Appended{{begin}, {begin + kRecordBytes}};
}

Result<log::Position> MemoryLog::Read(
    log::Position from,
    const std::function<Status(const log::Appended&, const log::Record&)>& visit) {
  const log::Position stop = end();
  while (from < stop) {
    log::Record record;
    {
      const std::scoped_lock lock(mutex_);
      record = records_.at(from.offset / kRecordBytes);
    }
    const log::Appended where{from, {from.offset + kRecordBytes}};
    TRY(visit(where, record));
    from = where.end;
  }
  return from;
}

bool MemoryLog::WaitFor(log::Position from, Deadline deadline) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, deadline,
                             [&] { return from.offset < records_.size() * kRecordBytes; });
}

Status MemoryLog::Commit(std::string_view consumer, log::Position position) {
  const std::scoped_lock lock(mutex_);
  committed_[std::string(consumer)] = position;
  changed_.notify_all();
  return {};
}

log::Position MemoryLog::Committed(std::string_view consumer) const {
  const std::scoped_lock lock(mutex_);
  const auto found = committed_.find(consumer);
  return found == committed_.end() ? log::Position() : found->second;
}

std::vector<std::string> MemoryLog::Consumers() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> names;
  for (const auto& [name, position] : committed_) names.push_back(name);
  return names;
}

Status MemoryLog::Forget(std::string_view consumer) {
  const std::scoped_lock lock(mutex_);
  committed_.erase(std::string(consumer));
  return {};
}

log::Position MemoryLog::end() const {
  const std::scoped_lock lock(mutex_);
  return {records_.size() * kRecordBytes};
}

log::Appended MemoryLog::AppendSpan(const std::string& pipeline, const std::string& span_name) {
  log::Record record;
  record.pipeline = pipeline;
  record.body = Bytes(OneSpanRequest(span_name));
  return *Append(record);
}

bool MemoryLog::WaitForCommit(const std::string& consumer, log::Position position) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
    const auto found = committed_.find(consumer);
    return found != committed_.end() && found->second >= position;
  });
}

}  // namespace clew::pipeline::testing
