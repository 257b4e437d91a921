#include "log/sealed_content.h"

#include <cstdint>
#include <cstring>
#include <utility>

#include "base/hash.h"

namespace clew::log {

std::string SealContent(std::string_view magic, std::string_view payload) {
  std::string content(magic);
  content += payload;
  const std::uint64_t checksum = base::Hash64(content);
  content.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return content;
}

std::optional<std::string_view> UnsealContent(std::string_view magic, std::string_view content,
                                              std::size_t payload_size) {
  const std::size_t checked_size = magic.size() + payload_size;
  std::uint64_t checksum = 0;
  if (content.size() < checked_size + sizeof checksum || !content.starts_with(magic)) {
    return std::nullopt;
  }
  std::memcpy(&checksum, content.data() + checked_size, sizeof checksum);
  if (checksum != base::Hash64(content.substr(0, checked_size))) return std::nullopt;
  return content.substr(magic.size(), payload_size);
}

Result<SealedFile> ReadSealed(FileSystem& files, const std::string& path, std::string_view magic,
                              std::size_t payload_size) {
  SealedFile file;
  // One that is written in place, by a server beside this, may be met half written.
  constexpr int kTries = 3;
  for (int i = 0; i < kTries; ++i) {
    const Result<std::string> content = files.Read(path, kSealedBytesMax);
    if (!content.has_value()) {
      const Code code = content.error().code;
      if (code == Code::kNotFound) return SealedFile();
      if (code != Code::kDataLoss && code != Code::kFailedPrecondition) {
        return std::unexpected(content.error());
      }
      file.problem = content.error().message;
      return file;
    }
    file.size_bytes = content->size();
    if (const auto payload = UnsealContent(magic, *content, payload_size); payload.has_value()) {
      file.payload = *payload;
      return file;
    }
  }
  file.problem = kDamagedFile;
  return file;
}

Result<SealedFile> ReadSealedHint(FileSystem& files, const std::string& path,
                                  std::string_view magic, std::size_t payload_size) {
  Result<SealedFile> file = ReadSealed(files, path, magic, payload_size);
  if (file.has_value() || file.error().code == Code::kUnavailable) return file;
  return SealedFile{.payload = {}, .problem = std::move(file).error().message};
}

}  // namespace clew::log
