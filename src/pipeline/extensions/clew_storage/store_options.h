#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "pipeline/extensions/clew_storage/config.h"
#include "storage/storage_options.h"

namespace clew::pipeline::extensions::clew_storage {

/// How much there is of the disk of a directory; nothing when it cannot be told. Any thread.
using SpaceOf =
    std::function<std::optional<std::filesystem::space_info>(const std::string& directory)>;
std::optional<std::filesystem::space_info> DiskSpace(const std::string& directory);

/// Where blocks lie that wait to be written.
std::string WaitingDirectory(const Config& config);

/// What the settings mean for the store, on disks of this size. The directories are there.
storage::StorageOptions StoreOptions(const Config& config, const SpaceOf& space_of);

}  // namespace clew::pipeline::extensions::clew_storage
