#include "log/identity_file.h"

#include <cstring>
#include <random>
#include <string_view>

#include "base/logging.h"
#include "log/sealed_content.h"

namespace clew::log {
namespace {

constexpr std::string_view kMagic = "clewlid1";
constexpr std::size_t kIdentityBytes = sizeof(Identity::bytes);
constexpr std::size_t kPayloadBytes = kIdentityBytes + sizeof(IdentityFile::salt);

std::string PathIn(const std::string& directory) { return directory + "/identity"; }

std::string Encode(const IdentityFile& file) {
  std::string payload(kPayloadBytes, '\0');
  std::memcpy(payload.data(), file.identity.bytes.data(), kIdentityBytes);
  std::memcpy(payload.data() + kIdentityBytes, &file.salt, sizeof file.salt);
  return SealContent(kMagic, payload);
}

IdentityFile Decode(std::string_view payload) {
  IdentityFile file;
  std::memcpy(file.identity.bytes.data(), payload.data(), kIdentityBytes);
  std::memcpy(&file.salt, payload.data() + kIdentityBytes, sizeof file.salt);
  return file;
}

}  // namespace

Result<std::optional<IdentityFile>> ReadIdentityFile(FileSystem& files,
                                                     const std::string& directory,
                                                     std::vector<Damage>& damages) {
  const std::string path = PathIn(directory);
  ASSIGN_OR_RETURN(const SealedFile file, ReadSealed(files, path, kMagic, kPayloadBytes));
  if (file.payload.has_value()) return Decode(*file.payload);
  // A log of the first release has none.
  if (file.problem.empty()) return std::nullopt;
  damages.push_back(
      {.path = path,
       .size_bytes = file.size_bytes,
       .what = "the identity of the log: " + file.problem +
               "; a server makes it anew, and records may be replayed that a block holds",
       .kind = Damage::Kind::kFile});
  return std::nullopt;
}

IdentityFile MakeIdentityFile(FileSystem& files, const std::string& directory, std::uint64_t salt) {
  std::random_device random;
  IdentityFile file{.identity = {}, .salt = salt};
  while (file.identity.is_zero()) {
    for (std::uint8_t& byte : file.identity.bytes) byte = static_cast<std::uint8_t>(random());
  }
  const std::string path = PathIn(directory);
  if (const Status status = files.Replace(path, Encode(file)); !status.has_value()) {
    base::Log(base::LogLevel::kWarn,
              "log: cannot write its identity: after a crash, records may be replayed that a block "
              "holds",
              {{"file", path}, {"error", status.error().message}});
  }
  return file;
}

}  // namespace clew::log
