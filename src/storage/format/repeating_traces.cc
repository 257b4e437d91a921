#include "storage/format/repeating_traces.h"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

#include "storage/encoding/byte_stream.h"

namespace clew::storage {

std::string EncodeRepeatingFact(std::span<const RepeatingTraces> groups) {
  std::string fact;
  ByteWriter writer(&fact);
  for (const RepeatingTraces& traces : groups) {
    writer.Varint(traces ? 1 + traces->size() : 0);
    if (!traces) continue;
    for (const TraceId& id : *traces) writer.Fixed(id.bytes);
  }
  return fact;
}

bool DecodeRepeatingFact(std::string_view fact, std::size_t group_count,
                         std::vector<RepeatingTraces>* groups) {
  ByteReader reader(fact);
  std::vector<RepeatingTraces> found;
  while (reader.ok() && !reader.rest().empty()) {
    RepeatingTraces& traces = found.emplace_back();
    const std::uint64_t mark = reader.Varint();
    if (mark > 1 + kRepeatingTracesMax) return false;
    if (mark == 0) continue;
    traces.emplace(mark - 1);
    for (TraceId& id : *traces) id.bytes = reader.Fixed<decltype(id.bytes)>();
    // Each once, too.
    const auto not_ascending = std::ranges::adjacent_find(*traces, std::greater_equal());
    if (not_ascending != traces->end()) return false;
  }
  if (!reader.ok() || found.size() != group_count) return false;
  *groups = std::move(found);
  return true;
}

}  // namespace clew::storage
