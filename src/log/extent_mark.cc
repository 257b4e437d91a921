#include "log/extent_mark.h"

#include <array>
#include <cstring>
#include <utility>

#include "base/logging.h"
#include "log/sealed_content.h"

namespace clew::log {
namespace {

constexpr std::string_view kMagic = "clewext1";

}  // namespace

ExtentMark::ExtentMark(FileSystem& files, const std::string& directory) {
  const std::string path = directory + "/extent";
  base::Result<std::unique_ptr<File>> opened = files.Open(path);
  if (!opened.has_value() && opened.error().code == base::Code::kNotFound) {
    opened = files.Create(path);
  }
  if (!opened.has_value()) {
    base::Log(base::LogLevel::kWarn, "log: cannot use the file that marks its extent",
              {{"file", path}, {"error", opened.error().message}});
    return;
  }
  file_ = *std::move(opened);
  std::string content(kMagic.size() + sizeof(ExtentMark::Extent) + sizeof(std::uint64_t), '\0');
  const base::Result<std::size_t> read = file_->ReadAt(0, content.data(), content.size());
  content.resize(read.value_or(0));
  if (const auto payload = UnsealContent(kMagic, content, sizeof(Extent)); payload.has_value()) {
    std::memcpy(&found_.emplace(), payload->data(), sizeof(Extent));
  } else if (!read.has_value() || !content.empty()) {
    base::Log(base::LogLevel::kError,
              "log: the file that marks its extent is damaged: lost records may go unnoticed",
              {{"file", path}});
  }
}

void ExtentMark::Set(const Extent& extent) {
  if (file_ == nullptr) return;
  std::string content =
      SealContent(kMagic, {reinterpret_cast<const char*>(&extent), sizeof extent});
  std::array<iovec, 1> parts = {{{content.data(), content.size()}}};
  // Nobody's answer depends on it, and the next record brings the next try.
  static_cast<void>(file_->WriteAt(0, parts));
}

}  // namespace clew::log
