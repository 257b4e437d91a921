#include "query/source_calls.h"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "query/call_counts.h"

namespace clew::query {
namespace {

using scan::TraceTrees;

class CallReader {
 public:
  CallReader(const TraceTrees& trees, const std::vector<std::string>& services,
             const CallTimes* times)
      : trees_(trees), times_(times) {
    // Resources whose service has the same name are one.
    ServiceCodes codes;
    for (const std::string& service : services) service_of_.push_back(codes.CodeOf(service));
    for (std::uint32_t i = 0; i < codes.count(); ++i) services_.push_back(codes.NameOf(i));
  }

  std::vector<std::string> TakeServices() { return std::move(services_); }

  void Add(std::size_t trace, CallFragments* fragments) {
    const std::uint32_t first = trees_.first_rows[trace];
    const std::uint32_t end = trees_.first_rows[trace + 1];
    fragments->traces.push_back(
        {trees_.ids[trace], static_cast<std::uint32_t>(fragments->spans.size()), end - first});
    fragments->spans.resize(fragments->spans.size() + (end - first));
    CallSpan* span = fragments->spans.data() + fragments->spans.size() - (end - first);
    for (std::uint32_t row = first; row < end; ++row, ++span) {
      const bool is_in_time = times_ == nullptr || times_->Has(trees_.starts[row]);
      *span = {trees_.span_ids[row], is_in_time ? ParentOf(row) : SpanId(),
               service_of_[trees_.resources[row]]};
    }
  }

 private:
  // Rows are visited in their order.
  SpanId ParentOf(std::uint32_t row) {
    const std::uint32_t parent = trees_.parents[row];
    if (parent == TraceTrees::kNoParent) return {};
    if (parent < TraceTrees::kParentAway) return trees_.span_ids[parent];
    while (trees_.away_rows[next_away_] < row) ++next_away_;
    return trees_.away_parents[next_away_];
  }

  const TraceTrees& trees_;
  const CallTimes* const times_;
  std::vector<std::uint32_t> service_of_;  // by resource
  std::vector<std::string> services_;
  std::size_t next_away_ = 0;
};

// How much there will be of a part: lists do not grow then.
struct PartSize {
  std::size_t traces = 0;
  std::size_t spans = 0;
};
using UnitSizes = std::array<PartSize, kCallParts>;

void Reserve(const std::map<std::uint32_t, UnitSizes>& sizes, SourceCalls* calls) {
  for (const auto& [unit, of_unit] : sizes) {
    PartedFragments& fragments = calls->fragments[unit];
    for (std::size_t part = 0; part < kCallParts; ++part) {
      fragments[part].traces.reserve(of_unit[part].traces);
      fragments[part].spans.reserve(of_unit[part].spans);
    }
  }
}

}  // namespace

TraceHash::TraceHash() {
  static const std::uint64_t seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32 | device();
  }();
  seed_ = seed;
}

SourceCalls CallsOf(const TraceTrees& trees, const std::vector<std::string>& services,
                    const CallTimes* times, const WantedCalls& wanted) {
  SourceCalls calls;
  struct Target {
    std::uint32_t unit = 0;
    std::uint32_t part = kCallParts;  // that is none: it is not wanted
  };
  std::vector<Target> targets(trees.ids.size());
  std::map<std::uint32_t, UnitSizes> sizes;
  std::vector<std::size_t> hashes;
  hashes.reserve(trees.ids.size());
  for (const TraceId& id : trees.ids) hashes.push_back(wanted.hash(id));
  const std::vector<std::uint32_t> last_units = wanted.last_units_of(hashes);
  for (std::size_t trace = 0; trace < trees.ids.size(); ++trace) {
    const std::uint32_t unit = last_units[trace];
    const std::size_t part = CallPartOf(hashes[trace]);
    calls.last_unit = std::max(calls.last_unit, unit);
    if (!wanted.takes(unit, part)) continue;
    targets[trace] = {unit, static_cast<std::uint32_t>(part)};
    PartSize& size = sizes[unit][part];
    ++size.traces;
    size.spans += trees.first_rows[trace + 1] - trees.first_rows[trace];
  }
  Reserve(sizes, &calls);
  CallReader reader(trees, services, times);
  for (std::size_t trace = 0; trace < targets.size(); ++trace) {
    const Target& target = targets[trace];
    if (target.part == kCallParts) continue;
    reader.Add(trace, &calls.fragments.find(target.unit)->second[target.part]);
  }
  calls.services = reader.TakeServices();
  return calls;
}

}  // namespace clew::query
