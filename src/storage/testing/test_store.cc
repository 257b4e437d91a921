#include "storage/testing/test_store.h"

#include <chrono>
#include <thread>
#include <utility>

#include "wire/otlp/encode.h"

namespace clew::storage::testing {

Result<log::Appended> MemoryLog::Append(const log::Record& record) {
  if (append_error) return std::unexpected(*append_error);
  const std::scoped_lock lock(mutex_);
  records_.push_back(record);
  return log::Appended{{records_.size() - 1}, {records_.size()}};
}

Result<log::Position> MemoryLog::Read(
    log::Position from,
    const std::function<Status(const log::Appended&, const log::Record&)>& visit) {
  const log::Position end = this->end();
  const auto fails = [this] { return read_error && failing_reads.fetch_sub(1) > 0; };
  for (std::uint64_t i = from.offset; i < end.offset; ++i) {
    if (fails_before_visit && fails()) return std::unexpected(*read_error);
    const log::Record record = [&] {
      const std::scoped_lock lock(mutex_);
      return records_[i];
    }();
    TRY(visit({{i}, {i + 1}}, record));
    if (!fails_before_visit && fails()) return std::unexpected(*read_error);
  }
  return end;
}

Status MemoryLog::Commit(std::string_view, log::Position position) {
  const std::scoped_lock lock(mutex_);
  if (!ignores_commits) committed_ = std::max(committed_, position);
  return {};
}

log::Position MemoryLog::Committed(std::string_view) const {
  const std::scoped_lock lock(mutex_);
  return committed_;
}

log::Identity MemoryLog::identity() const {
  const std::scoped_lock lock(mutex_);
  return identity_;
}

log::Position MemoryLog::end() const {
  const std::scoped_lock lock(mutex_);
  return {records_.size()};
}

void MemoryLog::BeginAnew() {
  const std::scoped_lock lock(mutex_);
  records_.clear();
  committed_ = {};
  ++identity_.bytes[0];
}

TestStore::TestStore(const StorageOptions& options_at_first) : options(options_at_first) {
  Restart();
}

void TestStore::Open() {
  storage_.reset();
  auto storage = Storage::Open(options, log, objects, replay_codec_, clock, random_, metrics);
  storage_ = std::move(storage.value());
  storage_->Start();
}

void TestStore::Restart() {
  Open();
  while (!storage_->is_ready()) std::this_thread::yield();
}

Status TestStore::Append(const model::TraceData& data, const TenantId& tenant) {
  return storage_->Append(model::TraceBatch::FromWire({Bytes(wire::otlp::EncodeRequest(data))},
                                                      data.spans.size(), codec_),
                          tenant, "traces");
}

std::uint64_t TestStore::SpanCount(const TenantId& tenant) const {
  std::uint64_t count = 0;
  for (const SpanSourcePtr& source : storage_->Sources(tenant)) count += source->stats().span_count;
  return count;
}

model::TraceData MakeData(const std::vector<SpanSpec>& specs) {
  model::TraceData data;
  data.scopes.push_back({"lib", "1", {}, 0, ""});
  for (const SpanSpec& spec : specs) {
    model::Resource& resource = data.resources.emplace_back();
    resource.attributes = spec.resource_attributes;
    if (!spec.service.empty()) {
      resource.attributes.push_back({"service.name", model::Value{spec.service}});
    }
    model::Span& span = data.spans.emplace_back();
    span.trace_id = *TraceId::FromHex(spec.trace);
    span.span_id = *SpanId::FromHex(spec.span);
    if (!spec.parent.empty()) span.parent_span_id = *SpanId::FromHex(spec.parent);
    span.name = spec.name;
    span.start = spec.start;
    span.end = spec.start + spec.duration.count();
    span.status = spec.status;
    span.kind = spec.kind;
    span.attributes = spec.attributes;
    span.events = spec.events;
    span.resource = static_cast<std::uint32_t>(data.resources.size() - 1);
  }
  return data;
}

}  // namespace clew::storage::testing
