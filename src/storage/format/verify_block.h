#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/damage.h"
#include "storage/object_store/object_store.h"

namespace clew::storage {

struct BlockVerdict {
  std::uint64_t byte_size = 0;
  /// Spans and pages that the footer names.
  std::uint64_t span_count = 0;
  std::uint64_t page_count = 0;
  /// Ascending by row group and column; empty when the block is sound. `path` is its name; `what`
  /// says what it holds and what is wrong: "row group 2: span name: values 4096 to 8191 …".
  std::vector<base::Damage> damage;
};

/// Reads every byte of a block: footer, directories, each page against its checksum, and decodes
/// what is in them. Memory: a row group. An error when the object cannot be read at all, e.g.
/// NOT_FOUND.
Result<BlockVerdict> VerifyBlock(ObjectStore& store, const std::string& name);

}  // namespace clew::storage
