#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/catalogue/trace_run.h"
#include "storage/format/block.h"

namespace clew::storage {

/// Of blocks that no file of the index speaks for those that get one next: of a day, when it is
/// over or they are many. None: they wait for others.
std::vector<BlockPtr> NextOfRun(std::span<const BlockPtr> unspoken, UnixNanos now);

/// What a file of the index is made of.
struct RunContent {
  std::string day;
  std::vector<TraceRun::Block> blocks;
  std::vector<TraceRun::Entry> entries;
};

/// Reads the ids of all traces of the first of `blocks`, of a day: as many as one file has, past
/// the caches of queries. Those that cannot be read are left out; `on_lost` hears the name of one
/// that never can. Nothing when there is none, or as soon as `is_stopping`, which is asked between
/// one block and the next.
std::optional<RunContent> ReadContent(const BlockReading& reading, std::span<const BlockPtr> blocks,
                                      const std::function<bool()>& is_stopping,
                                      const std::function<void(const std::string& name)>& on_lost);

/// Something is gone or damaged, as opposed to what passes, such as descriptors that are short:
/// then the file is fine.
bool IsLost(const Error& error);

}  // namespace clew::storage
