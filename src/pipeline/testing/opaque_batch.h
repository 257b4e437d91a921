#pragma once

#include <cstddef>
#include <string>

#include "model/batch.h"

namespace clew::pipeline::testing {

/// A batch that claims `span_count` spans and whose bytes are just `body`: for tests of what only
/// passes batches on. Its codec can neither decode nor split.
model::BatchPtr MakeOpaqueBatch(std::size_t span_count, std::string body = "body");

}  // namespace clew::pipeline::testing
