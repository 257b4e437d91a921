#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/batch.h"

namespace clew::pipeline::sending {

/// Batches of at most `size_max` items (spans) or bytes; itself when it is small enough or
/// `size_max` is 0. A single span over a byte limit stays whole.
Result<std::vector<model::BatchPtr>> CutToSize(const model::BatchPtr& batch, std::uint64_t size_max,
                                               std::string_view sizer);

}  // namespace clew::pipeline::sending
