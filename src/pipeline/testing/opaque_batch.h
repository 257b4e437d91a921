#pragma once

#include <cstddef>
#include <string>

#include "model/batch.h"

namespace clew::pipeline::testing {

/// A batch that claims `item_count` items and whose bytes are just `body`: for tests of what only
/// passes batches on. Its codec can neither decode
/// nor split.
model::BatchPtr MakeOpaqueBatch(std::size_t item_count, std::string body = "body",
                                model::Signal signal = model::Signal::kTraces);

}  // namespace clew::pipeline::testing
