#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/vocabulary.h"

namespace clew::storage {

/// The traces of a row group of which two spans here have the same id, ascending. Nothing: they
/// are too many to be kept, or it is not known.
using RepeatingTraces = std::optional<std::vector<TraceId>>;

/// Of more it is found out when it is asked.
inline constexpr std::size_t kRepeatingTracesMax = 128;

/// The fact of a footer that names those of each row group (docs/formats/block.md).
std::string EncodeRepeatingFact(std::span<const RepeatingTraces> groups);
/// Into `groups`. False when it is not well formed, or is not of `group_count` row groups.
bool DecodeRepeatingFact(std::string_view fact, std::size_t group_count,
                         std::vector<RepeatingTraces>* groups);

}  // namespace clew::storage
