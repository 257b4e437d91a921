#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <limits>

namespace clew::wire::otlp {

/// How much of a span is kept. What is over a limit is cut and counted; a span is never refused
/// for it. Dropped items raise OTLP's dropped_*_count, so that readers see that something is gone.
struct DecodeLimits {
  std::uint64_t attribute_count_max = 1024;             // of a span, event, link, scope or resource
  std::uint64_t attribute_key_bytes_max = 1024;         // all text is cut at a UTF-8 boundary
  std::uint64_t attribute_value_bytes_max = 64u << 10;  // text and bytes; also messages and states
  /// Distinct keys of a request: attributes with further keys are dropped. A key counts once for
  /// each kind of owner (span, event, …) and type of value it has: each takes a column of its own.
  std::uint64_t attribute_keys_max = 16'384;
  std::uint64_t name_bytes_max = 4096;   // of spans, events and scopes; URLs, versions
  std::uint64_t event_count_max = 1024;  // of a span
  std::uint64_t link_count_max = 1024;   // of a span
  std::uint64_t nesting_depth_max = 32;  // of arrays and lists; deeper becomes empty
  /// Of a resource. One that takes more bytes than a value may, has more keys than a resource may
  /// have attributes, or is malformed goes whole: half of an identity is that of something else.
  std::uint64_t entity_ref_count_max = 128;
};

/// For spans that were cut when they came, or are shown and not kept: nothing is cut. Only the
/// depth stays bounded, above what a receiver may keep.
inline constexpr DecodeLimits kNothingCut = {
    .attribute_count_max = std::numeric_limits<std::uint64_t>::max(),
    .attribute_key_bytes_max = std::numeric_limits<std::uint64_t>::max(),
    .attribute_value_bytes_max = std::numeric_limits<std::uint64_t>::max(),
    .attribute_keys_max = std::numeric_limits<std::uint64_t>::max(),
    .name_bytes_max = std::numeric_limits<std::uint64_t>::max(),
    .event_count_max = std::numeric_limits<std::uint64_t>::max(),
    .link_count_max = std::numeric_limits<std::uint64_t>::max(),
    .nesting_depth_max = 256,
    .entity_ref_count_max = std::numeric_limits<std::uint64_t>::max()};

/// What the limits cost, by reason. Any thread.
struct DecodeCounts {
  std::atomic<std::uint64_t> attributes_dropped{0};
  std::atomic<std::uint64_t> keys_dropped{0};  // attributes, for their key
  std::atomic<std::uint64_t> keys_truncated{0};
  std::atomic<std::uint64_t> values_truncated{0};
  std::atomic<std::uint64_t> names_truncated{0};
  std::atomic<std::uint64_t> events_dropped{0};
  std::atomic<std::uint64_t> links_dropped{0};
  std::atomic<std::uint64_t> values_too_deep{0};
  std::atomic<std::uint64_t> entity_refs_dropped{0};

  /// True when there is anything to add.
  bool AddTo(DecodeCounts& sum) const {
    using Self = DecodeCounts;
    bool has_any = false;
    for (const auto count :
         {&Self::attributes_dropped, &Self::keys_dropped, &Self::keys_truncated,
          &Self::values_truncated, &Self::names_truncated, &Self::events_dropped,
          &Self::links_dropped, &Self::values_too_deep, &Self::entity_refs_dropped}) {
      const std::uint64_t added = (this->*count).load(std::memory_order_relaxed);
      if (added == 0) continue;
      has_any = true;
      (sum.*count).fetch_add(added, std::memory_order_relaxed);
    }
    return has_any;
  }
};

}  // namespace clew::wire::otlp
