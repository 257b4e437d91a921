#include "storage/testing/test_store.h"

#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "log/batch_record.h"
#include "wire/otlp/encode.h"

namespace clew::storage::testing {

Status AppendBatch(Storage& storage, log::Log& log, const model::BatchPtr& batch,
                   const TenantId& tenant, UnixNanos received_at) {
  const auto columns = batch->columns();
  if (columns.has_value() && (*columns)->span_count() == 0) return {};
  ASSIGN_OR_RETURN(Storage::Admission admission, storage.Admit(*batch, tenant));
  log::Record record = log::RecordOf(*batch, **batch->columns());
  record.tenant = tenant;
  record.pipeline = "traces";
  record.received_at = received_at;
  ASSIGN_OR_RETURN(const log::Appended where, log.Append(record).Wait());
  storage.Add(std::move(admission), where);
  return {};
}

TestStore::TestStore(const StorageOptions& options_at_first) : options(options_at_first) {
  Restart();
}

void TestStore::Open() {
  storage_.reset();
  ObjectStore& used_objects = other_objects ? *other_objects : objects;
  base::Random& used_random = other_random ? *other_random : random_;
  auto storage = Storage::Open(options, other_log ? *other_log : log, used_objects, replay_codec_,
                               clock, used_random, metrics);
  storage_ = std::move(storage.value());
  storage_->Start();
}

void TestStore::Restart() {
  Open();
  while (!storage_->is_ready()) std::this_thread::yield();
}

Status TestStore::Append(const model::TraceData& data, const TenantId& tenant) {
  return AppendBatch(
      *storage_, other_log ? *other_log : log,
      model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, data.spans.size(), codec_),
      tenant, clock.Now());
}

Status TestStore::Add(const model::TraceData& data, pipeline::DeliveryTokenPtr delivery) {
  return storage_->Add(
      *model::Batch::FromWire({Bytes(wire::otlp::EncodeRequest(data))}, data.spans.size(), codec_),
      {}, delivery);
}

void TestStore::AppendSpans(int count) {
  for (int i = 0; i < count; ++i) ASSERT_TRUE(Append(OneSpan(i)).has_value());
}

void TestStore::AppendBlock(int number, const TenantId& tenant) {
  ASSERT_TRUE(Append(OneSpan(number), tenant).has_value());
  ASSERT_TRUE(storage_->Flush().has_value());
}

std::uint64_t TestStore::SpanCount(const TenantId& tenant) const {
  std::uint64_t count = 0;
  for (const scan::SpanSourcePtr& source : storage_->Sources(tenant))
    count += source->stats().span_count;
  return count;
}

model::TraceData MakeData(const std::vector<SpanSpec>& specs) {
  model::TraceData data;
  data.scopes.push_back({.name = "lib", .version = "1", .attributes = {}});
  for (const SpanSpec& spec : specs) {
    model::Resource& resource = data.resources.emplace_back();
    resource.attributes = spec.resource_attributes;
    if (!spec.service.empty()) {
      resource.attributes.push_back({"service.name", model::Value{spec.service}});
    }
    model::Span& span = data.spans.emplace_back();
    span.trace_id = TraceId::FromHex(spec.trace).value();
    span.span_id = SpanId::FromHex(spec.span).value();
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

model::TraceData OneSpan(int number) {
  const std::string id = std::to_string(number + 1);
  return MakeData(
      {{.trace = id, .span = id, .service = "shop", .name = "op", .start = 1'000'000 + number}});
}

}  // namespace clew::storage::testing
