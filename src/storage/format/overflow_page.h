#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"
#include "model/value.h"

namespace clew::storage {

/// A rare attribute column inside the overflow page.
struct OverflowColumn {
  model::Owner owner = model::Owner::kSpan;
  model::ValueType type = model::ValueType::kEmpty;
  std::string_view key;
  std::vector<std::uint32_t> rows;
  std::vector<std::string_view> texts;
  std::vector<std::int64_t> numbers;
};

/// All columns as one zstd page (docs/formats/block.md, "overflow page").
std::string EncodeOverflow(const std::vector<OverflowColumn>& columns);

/// What an overflow page holds; views point into `bytes`.
struct OverflowColumns {
  Bytes bytes;
  std::vector<OverflowColumn> columns;
};

/// DATA_LOSS when the page is not well formed. Rows are not checked against any table here.
Result<OverflowColumns> DecodeOverflow(std::string_view page, std::uint64_t bytes_max);

}  // namespace clew::storage
