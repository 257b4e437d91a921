#include "workload/generator.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "workload/protobuf_text.h"

namespace clew::workload {
namespace {

constexpr std::size_t kSpansPerTraceMax = 400;
/// Traces enter through the first services, as through gateways.
constexpr std::size_t kEntryServiceCount = 8;

/// Log-normal with a median of 9 and a mean of 12.
std::size_t DrawSpanCount(Dice& dice) {
  double gauss = -6.0;
  for (int i = 0; i < 12; ++i) {
    gauss += dice.Unit();
  }
  const double count = 9.0 * std::exp(0.75 * gauss);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::lround(count)), 1,
                                 kSpansPerTraceMax);
}

}  // namespace

Generator::Generator(const GeneratorOptions& options)
    : options_(options),
      catalogue_(MakeCatalogue(options.seed, options.service_count)),
      dice_(Dice::Mix(options.seed + 1)) {
  facts_.spans_by_service.resize(catalogue_.services.size());
  for (std::uint32_t service = 0; service < catalogue_.services.size(); ++service) {
    auto& pods = waiting_.emplace_back();
    for (std::uint32_t pod = 0; pod < catalogue_.services[service].resources.size(); ++pod) {
      pods.push_back({.service = service, .pod = pod, .spans = {}, .span_count = 0});
    }
  }
}

TraceId Generator::TraceIdAt(std::uint64_t index) const {
  const std::uint64_t high = Dice::Mix(options_.seed * 0x9E3779B97F4A7C15ULL + index);
  const std::uint64_t low = Dice::Mix(high ^ index) | 1;
  TraceId id;
  std::memcpy(id.bytes.data(), &high, 8);
  std::memcpy(id.bytes.data() + 8, &low, 8);
  return id;
}

TraceValues Generator::DrawTraceValues() {
  const ValuePools& pools = catalogue_.pools;
  TraceValues values;
  values.id = TraceIdAt(facts_.trace_count);
  if (facts_.trace_count > 0) {
    values.previous_id = TraceIdAt(facts_.trace_count - 1);
  }
  values.user = dice_.Zipf(100'000);
  values.client_address = dice_.Zipf(20'000);
  values.tenant = dice_.Zipf(pools.tenants.size());
  // What a user is and uses does not change from call to call.
  values.customer_tier = values.user % static_cast<std::uint32_t>(pools.customer_tiers.size());
  values.user_agent = values.user % static_cast<std::uint32_t>(pools.user_agents.size());
  values.feature_flag = dice_.Zipf(pools.feature_flags.size());
  return values;
}

void Generator::PlanTrace(std::size_t span_count, UnixNanos start) {
  const auto draw_duration = [this](std::uint32_t operation) {
    return static_cast<std::int64_t>(catalogue_.operations[operation].duration_ms * 1e6 *
                                     dice_.Spread());
  };
  plan_.clear();
  const std::size_t entry_count = std::min(kEntryServiceCount, catalogue_.services.size());
  const Service& entry = catalogue_.services[dice_.Zipf(entry_count)];
  const std::uint32_t root = entry.server_operations[dice_.Zipf(entry.server_operations.size())];
  plan_.push_back({.operation = root,
                   .parent = 0,
                   .span_id = dice_.Next() | 1,
                   .start = start,
                   .duration = draw_duration(root) * 4});
  while (plan_.size() < span_count) {
    // Later spans are likelier parents: deep rather than flat trees.
    const auto size = static_cast<std::uint32_t>(plan_.size());
    auto parent = std::max(dice_.Below(size), dice_.Below(size));
    while (catalogue_.operations[plan_[parent].operation].callees.empty()) {
      parent = plan_[parent].parent;
    }
    const PlannedSpan& above = plan_[parent];
    const auto& callees = catalogue_.operations[above.operation].callees;
    const std::uint32_t operation = callees[dice_.Zipf(callees.size())];
    const auto offset =
        static_cast<std::int64_t>(static_cast<double>(above.duration) * 0.7 * dice_.Unit());
    const std::int64_t duration =
        std::min(draw_duration(operation), above.duration - offset - above.duration / 20);
    plan_.push_back({.operation = operation,
                     .parent = parent,
                     .span_id = dice_.Next() | 1,
                     .start = above.start + offset,
                     .duration = std::max<std::int64_t>(duration, 1)});
  }
}

void Generator::MakeTrace() {
  const auto elapsed = static_cast<double>(facts_.span_count) * 1e9 / options_.spans_per_second;
  const UnixNanos start = options_.start + static_cast<UnixNanos>(elapsed) + dice_.Below(1'000'000);
  const TraceValues values = DrawTraceValues();
  PlanTrace(DrawSpanCount(dice_), start);
  const Operation& root = catalogue_.operations[plan_[0].operation];
  if (facts_.trace_count % options_.remember_every == 0) {
    facts_.remembered.push_back({.id = values.id,
                                 .span_count = static_cast<std::uint32_t>(plan_.size()),
                                 .root_service = catalogue_.services[root.service].name,
                                 .root_operation = root.name,
                                 .start = start});
  }
  std::uint64_t pod_draw = dice_.Next();
  for (const PlannedSpan& span : plan_) {
    const std::uint32_t service = catalogue_.operations[span.operation].service;
    // One pod a service for the whole trace.
    auto& pods = waiting_[service];
    Waiting& waiting = pods[Dice::Mix(pod_draw + service) % pods.size()];
    scratch_.clear();
    facts_.attribute_count +=
        WriteSpan(catalogue_, values, span, plan_[span.parent].span_id, dice_, scratch_);
    AppendText(waiting.spans, 2, scratch_);
    ++facts_.spans_by_service[service];
    if (++waiting.span_count >= options_.spans_per_resource) {
      Hand(waiting);
    }
  }
  facts_.span_count += plan_.size();
  ++facts_.trace_count;
}

void Generator::Hand(Waiting& waiting) {
  if (ready_.empty() || ready_.back().span_count >= options_.spans_per_request) {
    ready_.emplace_back().body.reserve(options_.spans_per_request * 1'200);
  }
  GeneratedRequest& request = ready_.back();
  const Service& service = catalogue_.services[waiting.service];
  const std::string& resource = service.resources[waiting.pod];
  const std::size_t scope_field_size = 1 + VarintSize(service.scope.size()) + service.scope.size();
  const std::size_t scope_spans_size = scope_field_size + waiting.spans.size();
  const std::size_t size = 1 + VarintSize(resource.size()) + resource.size() + 1 +
                           VarintSize(scope_spans_size) + scope_spans_size;
  const std::size_t size_before = request.body.size();
  AppendTag(request.body, 1, 2);
  AppendVarint(request.body, size);
  AppendText(request.body, 1, resource);
  AppendTag(request.body, 2, 2);
  AppendVarint(request.body, scope_spans_size);
  AppendText(request.body, 1, service.scope);
  request.body += waiting.spans;
  request.span_count += waiting.span_count;
  facts_.request_bytes += request.body.size() - size_before;
  waiting.spans.clear();
  waiting.span_count = 0;
}

GeneratedRequest Generator::Next() {
  while (ready_.empty() || ready_.front().span_count < options_.spans_per_request) {
    MakeTrace();
  }
  GeneratedRequest request = std::move(ready_.front());
  ready_.pop_front();
  return request;
}

std::optional<GeneratedRequest> Generator::Drain() {
  for (auto& pods : waiting_) {
    for (Waiting& waiting : pods) {
      if (waiting.span_count > 0) {
        Hand(waiting);
      }
    }
  }
  if (ready_.empty()) {
    return std::nullopt;
  }
  GeneratedRequest request = std::move(ready_.front());
  ready_.pop_front();
  return request;
}

}  // namespace clew::workload
