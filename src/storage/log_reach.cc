#include "storage/log_reach.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>
#include <type_traits>

#include "base/logging.h"
#include "log/file_system.h"
#include "log/sealed_content.h"

namespace clew::storage {
namespace {

constexpr std::string_view kMagic = "clewrch1";

}  // namespace

Status LogReach::Load() {
  static_assert(std::is_trivially_copyable_v<Entries>);
  if (path_.empty()) return {};
  const Result<std::string> content = log::SystemFiles().Read(path_);
  if (!content.has_value() && content.error().code == Code::kNotFound) return {};
  if (!content.has_value() && content.error().code != Code::kDataLoss) {
    return std::unexpected(content.error());
  }
  const std::optional<std::string_view> payload =
      content.has_value() ? log::UnsealContent(kMagic, *content, sizeof entries_) : std::nullopt;
  if (payload.has_value()) {
    std::memcpy(&entries_, payload->data(), sizeof entries_);
  } else {
    base::Log(base::LogLevel::kError,
              "the file that says how far blocks hold the log is damaged; begun anew",
              {{"file", path_}});
  }
  return {};
}

log::Position LogReach::Of(const log::Identity& log) const {
  const auto found = std::ranges::find(entries_, log, &Entry::log);
  return found == entries_.end() ? log::Position() : found->end;
}

Status LogReach::Raise(const log::Identity& log, log::Position end) {
  if (end <= Of(log)) return {};
  Entries entries = entries_;
  auto place = std::ranges::find(entries, log, &Entry::log);
  if (place == entries.end()) --place;
  std::rotate(entries.begin(), place, std::next(place));
  entries.front() = {log, end};
  if (!path_.empty()) {
    const std::string_view payload(reinterpret_cast<const char*>(&entries), sizeof entries);
    TRY(log::SystemFiles().Replace(path_, log::SealContent(kMagic, payload)));
  }
  entries_ = entries;
  return {};
}

}  // namespace clew::storage
