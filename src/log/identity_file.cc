#include "log/identity_file.h"

#include <cstring>
#include <optional>
#include <random>
#include <string_view>

#include "base/hash.h"
#include "base/logging.h"

namespace clew::log {
namespace {

constexpr std::string_view kMagic = "clewlid1";
constexpr std::size_t kCheckedBytes = 24;
constexpr std::size_t kFileBytes = 32;

std::string Encode(const Identity& identity) {
  std::string content(kMagic);
  content.append(reinterpret_cast<const char*>(identity.bytes.data()), identity.bytes.size());
  const std::uint64_t checksum = base::Hash64(content);
  content.append(reinterpret_cast<const char*>(&checksum), sizeof checksum);
  return content;
}

std::optional<Identity> Decode(std::string_view content) {
  if (content.size() != kFileBytes || !content.starts_with(kMagic)) return std::nullopt;
  std::uint64_t checksum = 0;
  std::memcpy(&checksum, content.data() + kCheckedBytes, sizeof checksum);
  if (checksum != base::Hash64(content.substr(0, kCheckedBytes))) return std::nullopt;
  Identity identity;
  std::memcpy(identity.bytes.data(), content.data() + kMagic.size(), identity.bytes.size());
  return identity;
}

Identity MakeIdentity() {
  std::random_device random;
  Identity identity;
  while (identity.is_zero()) {
    for (std::uint8_t& byte : identity.bytes) byte = static_cast<std::uint8_t>(random());
  }
  return identity;
}

}  // namespace

Identity LoadIdentity(FileSystem& files, const std::string& directory, bool is_new) {
  const std::string path = directory + "/identity";
  if (!is_new) {
    const Result<std::string> content = files.Read(path);
    const std::optional<Identity> found =
        content.has_value() ? Decode(*content) : std::optional<Identity>();
    if (found.has_value()) return *found;
    // A log of the first release has none.
    if (content.has_value() || content.error().code != Code::kNotFound) {
      base::Log(base::LogLevel::kError,
                "log: its identity cannot be read and is made anew: records may be replayed that a "
                "block holds",
                {{"file", path}, {"error", content ? "damaged" : content.error().message}});
    }
  }
  const Identity made = MakeIdentity();
  if (const Status status = files.Replace(path, Encode(made)); !status.has_value()) {
    base::Log(base::LogLevel::kWarn,
              "log: cannot write its identity: after a crash, records may be replayed that a block "
              "holds",
              {{"file", path}, {"error", status.error().message}});
  }
  return made;
}

}  // namespace clew::log
