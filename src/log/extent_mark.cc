#include "log/extent_mark.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/logging.h"
#include "log/sealed_content.h"

namespace clew::log {
namespace {

constexpr std::string_view kMagic = "clewext1";

std::string PathIn(const std::string& directory) { return directory + "/extent"; }

}  // namespace

Result<std::optional<ExtentMark::Extent>> ExtentMark::Read(FileSystem& files,
                                                           const std::string& directory,
                                                           std::vector<Damage>& damages) {
  const std::string path = PathIn(directory);
  ASSIGN_OR_RETURN(const SealedFile file, ReadSealedHint(files, path, kMagic, sizeof(Extent)));
  if (file.payload.has_value()) {
    Extent extent;
    std::memcpy(&extent, file.payload->data(), sizeof extent);
    return extent;
  }
  const bool is_made_and_not_written = file.size_bytes == 0 && file.problem == kDamagedFile;
  if (file.problem.empty() || is_made_and_not_written) return std::nullopt;
  damages.push_back({.path = path,
                     .size_bytes = file.size_bytes,
                     .what = "how far the log reached: " + file.problem +
                             "; records lost at its end may go unnoticed",
                     .kind = Damage::Kind::kFile});
  return std::nullopt;
}

ExtentMark::ExtentMark(FileSystem& files, const std::string& directory) {
  const std::string path = PathIn(directory);
  Result<std::unique_ptr<File>> opened = files.Open(path);
  if (!opened.has_value() && (opened.error().code == Code::kNotFound ||
                              opened.error().code == Code::kFailedPrecondition)) {
    opened = files.Create(path);
  }
  // It is written in place: what it was made larger by would make it damaged for ever.
  if (opened.has_value() && (*opened)->Size().value_or(0) > kSealedBytesMax) {
    if (Status cut = (*opened)->Truncate(0); !cut.has_value()) {
      opened = std::unexpected(std::move(cut).error());
    }
  }
  if (opened.has_value()) {
    file_ = *std::move(opened);
    return;
  }
  base::Log(base::LogLevel::kWarn, "log: cannot use the file that marks its extent",
            {{"file", path}, {"error", opened.error().message}});
}

void ExtentMark::Set(const Extent& extent) {
  if (file_ == nullptr) return;
  std::string content =
      SealContent(kMagic, {reinterpret_cast<const char*>(&extent), sizeof extent});
  std::array<iovec, 1> parts = {{{content.data(), content.size()}}};
  // The record is durable all the same, and the next one brings the next try. Until then the mark
  // is behind, as after a power cut, which readers allow for.
  static_cast<void>(file_->WriteAt(0, parts));
}

}  // namespace clew::log
