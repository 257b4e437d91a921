#include "storage/log_reach.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/file.h"
#include "log/file_system.h"
#include "log/sealed_content.h"
#include "storage/catalogue/damaged_file.h"

namespace clew::storage {
namespace {

constexpr std::string_view kMagic = "clewrch1";

}  // namespace

Result<std::optional<base::Damage>> LogReach::Load() {
  static_assert(std::is_trivially_copyable_v<Entries>);
  if (path_.empty()) return std::nullopt;
  Result<log::SealedFile> file =
      log::ReadSealed(log::SystemFiles(), path_, kMagic, sizeof entries_);
  if (!file.has_value()) {
    // It may be sound. Begun anew it would forget what it says.
    file.error().message +=
        "; it says how far blocks hold the log, and without it what is acknowledged could be taken "
        "for what they hold: have it be readable, or move it away if it is lost";
    return std::unexpected(std::move(file).error());
  }
  if (file->payload.has_value()) {
    std::memcpy(&entries_, file->payload->data(), sizeof entries_);
    return std::nullopt;
  }
  if (file->problem.empty()) return std::nullopt;
  is_damaged_ = true;
  return base::Damage{.path = path_,
                      .size_bytes = file->size_bytes,
                      .what = "how far blocks hold the log: " + file->problem +
                              "; a server begins it anew, and does not notice when the log is an "
                              "older copy",
                      .kind = base::Damage::Kind::kFile};
}

Status LogReach::CheckWritable() const {
  if (path_.empty()) return {};
  log::FileSystem& files = log::SystemFiles();
  const std::string probe = path_ + ".tmp";  // as it is written
  const auto made = files.Create(probe);
  Status status = made.has_value() ? files.Remove(probe) : std::unexpected(made.error());
  if (status.has_value()) return {};
  switch (status.error().code) {
    case Code::kPermissionDenied:
    case Code::kNotFound:
    case Code::kFailedPrecondition:
      return base::MakeError(Code::kFailedPrecondition,
                             "{} must be writable, not only the folders in it: else no block can "
                             "be written, and what the log holds cannot be given up: {}",
                             base::ParentDirectory(path_), status.error().message);
    default:
      return {};
  }
}

log::Position LogReach::Of(const log::Identity& log) const {
  const auto found = std::ranges::find(entries_, log, &Entry::log);
  return {found == entries_.end() ? 0 : found->end};
}

Status LogReach::Raise(const log::Identity& log, log::Position end) {
  if (end <= Of(log)) return {};
  Entries entries = entries_;
  auto place = std::ranges::find(entries, log, &Entry::log);
  if (place == entries.end()) --place;
  std::rotate(entries.begin(), place, std::next(place));
  entries.front() = {log, end.offset};
  if (!path_.empty()) {
    const std::string_view payload(reinterpret_cast<const char*>(&entries), sizeof entries);
    if (is_damaged_) {
      TRY(KeepDamagedFile(path_));
      is_damaged_ = false;
    }
    TRY(log::SystemFiles().Replace(path_, log::SealContent(kMagic, payload)));
  }
  entries_ = entries;
  return {};
}

}  // namespace clew::storage
