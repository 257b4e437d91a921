#pragma once

#include <cstdint>
#include <string>

#include "base/vocabulary.h"
#include "workload/catalogue.h"
#include "workload/dice.h"

namespace clew::workload {

/// A span before its attributes are drawn.
struct PlannedSpan {
  std::uint32_t operation = 0;
  std::uint32_t parent = 0;  // index in the trace; itself for the root
  std::uint64_t span_id = 0;
  UnixNanos start = 0;
  std::int64_t duration = 0;
};

/// Values that all spans of a trace share.
struct TraceValues {
  TraceId id;
  std::uint32_t user = 0;
  std::uint32_t client_address = 0;
  std::uint32_t tenant = 0;
  std::uint32_t customer_tier = 0;
  std::uint32_t user_agent = 0;
  std::uint32_t feature_flag = 0;
  /// Another trace, for links; zero at the beginning.
  TraceId previous_id;
};

/// Draws the attributes of a span and encodes it, without its tag and length, at the end of `out`.
/// Gives the number of attributes.
std::uint32_t WriteSpan(const Catalogue& catalogue, const TraceValues& trace,
                        const PlannedSpan& span, std::uint64_t parent_id, Dice& dice,
                        std::string& out);

}  // namespace clew::workload
