#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/batch.h"

namespace clew::pipeline::sending {

/// Batches of at most `size_max` items or bytes; itself when it is small enough, goes whole or
/// `size_max` is 0. A single item over a byte limit stays whole; and parts stay larger where
/// cutting them would make more than twice the bytes of the batch, of resources that each part has.
Result<std::vector<model::BatchPtr>> CutToSize(const model::BatchPtr& batch, std::uint64_t size_max,
                                               std::string_view sizer);

}  // namespace clew::pipeline::sending
