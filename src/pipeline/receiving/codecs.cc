#include "pipeline/receiving/codecs.h"

#include <array>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace clew::pipeline::receiving {
namespace {

using wire::otlp::DecodeCounts;
using wire::otlp::DecodeLimits;
using wire::otlp::OtlpCodec;

using Key = std::pair<std::string, std::array<std::uint64_t, 9>>;

struct Reason {
  const char* name;
  std::atomic<std::uint64_t> DecodeCounts::* count;
};

constexpr std::array<Reason, 9> kReasons = {{
    {"attributes", &DecodeCounts::attributes_dropped},
    {"attribute_keys", &DecodeCounts::keys_dropped},
    {"attribute_key", &DecodeCounts::keys_truncated},
    {"attribute_value", &DecodeCounts::values_truncated},
    {"name", &DecodeCounts::names_truncated},
    {"events", &DecodeCounts::events_dropped},
    {"links", &DecodeCounts::links_dropped},
    {"nesting", &DecodeCounts::values_too_deep},
    {"entity_refs", &DecodeCounts::entity_refs_dropped},
}};

}  // namespace

const OtlpCodec& CodecOf(const std::string& receiver_id, const DecodeLimits& limits) {
  static std::mutex mutex;
  static std::map<Key, std::unique_ptr<const OtlpCodec>> codecs;
  const Key key = {
      receiver_id,
      {limits.attribute_count_max, limits.attribute_key_bytes_max, limits.attribute_value_bytes_max,
       limits.attribute_keys_max, limits.name_bytes_max, limits.event_count_max,
       limits.link_count_max, limits.nesting_depth_max, limits.entity_ref_count_max}};
  const std::scoped_lock lock(mutex);
  std::unique_ptr<const OtlpCodec>& codec = codecs[key];
  if (codec == nullptr) {
    codec = std::make_unique<const OtlpCodec>(limits);
  }
  return *codec;
}

std::shared_ptr<void> ReportTruncation(const std::string& receiver_id, const OtlpCodec& codec,
                                       base::Metrics& metrics) {
  struct Series {
    const std::atomic<std::uint64_t>& count;
    prometheus::Counter& counter;
    std::uint64_t reported;
  };
  auto all = std::make_shared<std::vector<Series>>();
  for (const Reason& reason : kReasons) {
    const std::atomic<std::uint64_t>& count = codec.counts().*reason.count;
    prometheus::Counter& counter = metrics.Counter(
        "clew_receiver_truncated_total",
        "Attributes, keys, values, names, events, links and entity references that limits cut, by "
        "limit.",
        {{"receiver", receiver_id}, {"reason", reason.name}});
    all->push_back({count, counter, count.load()});
  }
  return metrics.OnCollect([all] {
    for (Series& series : *all) {
      const std::uint64_t now = series.count.load();
      series.counter.Increment(static_cast<double>(now - series.reported));
      series.reported = now;
    }
  });
}

}  // namespace clew::pipeline::receiving
