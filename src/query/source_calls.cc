#include "query/source_calls.h"

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

// Most traces end in the unit that is read, and parts are about as large.
void Reserve(const TraceTrees& trees, PartedFragments* fragments) {
  for (CallFragments& part : *fragments) {
    part.traces.reserve(trees.ids.size() / kCallParts * 9 / 8);
    part.spans.reserve(trees.span_ids.size() / kCallParts * 9 / 8);
  }
}

}  // namespace

SourceCalls CallsOf(const TraceTrees& trees, const std::vector<std::string>& services,
                    const CallTimes* times,
                    const std::function<std::uint32_t(std::size_t hash)>& last_unit_of,
                    const std::function<bool(std::uint32_t unit)>& takes) {
  CallReader reader(trees, services, times);
  SourceCalls calls;
  for (std::size_t trace = 0; trace < trees.ids.size(); ++trace) {
    const std::size_t hash = std::hash<TraceId>()(trees.ids[trace]);
    const std::uint32_t unit = last_unit_of(hash);
    if (!takes(unit)) continue;
    const bool is_first = calls.fragments.empty();
    PartedFragments& fragments = calls.fragments[unit];
    if (is_first) Reserve(trees, &fragments);
    reader.Add(trace, &fragments[CallPartOf(hash)]);
  }
  calls.services = reader.TakeServices();
  return calls;
}

}  // namespace clew::query
