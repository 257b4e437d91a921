#pragma once

#include <chrono>
#include <cstdint>

#include "base/vocabulary.h"
#include "storage/format/row_group.h"

namespace clew::storage {

/// When fresh spans become row groups, and row groups a block.
struct SealOptions {
  std::uint64_t row_group_span_count = 65'536;
  std::uint64_t block_span_count = 524'288;
  /// Large spans: so much memory of fresh ones is a row group, so many bytes of those a block, also
  /// when the spans are fewer.
  std::uint64_t row_group_bytes = 256u << 20;
  std::uint64_t block_bytes = 256u << 20;
  /// Spans wait at most this long for their block.
  Nanos block_age_max{std::chrono::minutes(5)};
  RowGroupLimits row_group;
};

}  // namespace clew::storage
