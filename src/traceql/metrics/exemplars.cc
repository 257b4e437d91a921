#include "traceql/metrics/exemplars.h"

#include <algorithm>
#include <functional>
#include <unordered_set>
#include <utility>

namespace clew::traceql::metrics {
namespace {

std::uint64_t HashOf(const TraceId& id, std::uint32_t bucket) {
  const std::uint64_t mixed = std::hash<TraceId>()(id) ^ (bucket * 0x9E3779B97F4A7C15ULL);
  return (mixed ^ (mixed >> 29)) * 0xD6E8FEB86659FD93ULL;
}

std::uint64_t BytesOf(const Exemplar& exemplar) {
  std::uint64_t bytes = sizeof(Exemplar);
  for (const model::KeyValue& label : exemplar.labels) {
    bytes += sizeof(label) + label.key.capacity();
    if (const auto* const text = std::get_if<std::string>(&label.value.data)) {
      bytes += text->capacity();
    }
  }
  return bytes;
}

}  // namespace

Exemplars::Exemplars(std::uint32_t bucket_count, std::uint32_t budget, Meter* meter)
    : budget_(budget), meter_(*meter), pairs_(budget == 0 ? 0 : bucket_count) {}

bool Exemplars::ComesBefore(std::uint32_t bucket, const Exemplar& left, const Exemplar& right) {
  const std::uint64_t left_hash = HashOf(left.trace_id, bucket);
  const std::uint64_t right_hash = HashOf(right.trace_id, bucket);
  if (left_hash != right_hash) return left_hash < right_hash;
  if (left.trace_id != right.trace_id) return left.trace_id < right.trace_id;
  if (left.time != right.time) return left.time < right.time;
  if (left.value < right.value || left.value > right.value) return left.value < right.value;
  return CompareLabels(left.labels, right.labels) < 0;
}

bool Exemplars::Wants(std::uint32_t bucket, const TraceId& trace_id) const {
  if (budget_ == 0) return false;
  const std::optional<Exemplar>& last = pairs_[bucket].exemplars[1];
  return !last || HashOf(trace_id, bucket) <= HashOf(last->trace_id, bucket);
}

Status Exemplars::Add(std::uint32_t bucket, Exemplar exemplar) {
  if (budget_ == 0) return {};
  auto& [first, second] = pairs_[bucket].exemplars;
  // Of a trace there is one: the place that it has, else the one behind what comes before it.
  std::optional<Exemplar>* place = nullptr;
  for (std::optional<Exemplar>* each : {&first, &second}) {
    if (*each && (*each)->trace_id == exemplar.trace_id) place = each;
  }
  const bool is_known = place != nullptr;
  if (!is_known) place = !first || ComesBefore(bucket, exemplar, *first) ? &first : &second;
  if (*place && !ComesBefore(bucket, exemplar, **place)) return {};
  if (!meter_.TryTake(BytesOf(exemplar))) return meter_.Exhausted();
  if (!is_known && place == &first && first) {
    if (second) meter_.GiveBack(BytesOf(*second));
    second = std::move(first);
  } else if (*place) {
    meter_.GiveBack(BytesOf(**place));
  }
  *place = std::move(exemplar);
  return {};
}

Status Exemplars::Merge(const Exemplars& other, std::span<const Group> groups) {
  for (std::uint32_t bucket = 0; bucket < other.pairs_.size(); ++bucket) {
    for (const std::optional<Exemplar>& exemplar : other.pairs_[bucket].exemplars) {
      if (!exemplar) continue;
      Exemplar moved = *exemplar;
      moved.group = groups[exemplar->group];
      TRY(Add(bucket, std::move(moved)));
    }
  }
  return {};
}

std::vector<ChosenExemplar> Exemplars::Choose() const {
  std::vector<ChosenExemplar> all;
  std::unordered_set<TraceId> traces;
  for (std::uint32_t bucket = 0; bucket < pairs_.size(); ++bucket) {
    for (const std::optional<Exemplar>& exemplar : pairs_[bucket].exemplars) {
      if (!exemplar || !traces.insert(exemplar->trace_id).second) continue;
      all.push_back({.bucket = bucket, .exemplar = &*exemplar});
    }
  }
  if (all.size() <= budget_) return all;
  for (std::size_t i = 0; i < budget_; ++i) all[i] = all[i * all.size() / budget_];
  all.resize(budget_);
  return all;
}

}  // namespace clew::traceql::metrics
