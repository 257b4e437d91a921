#include "log/checkpoints.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>
#include <vector>

#include "log/sealed_content.h"

namespace clew::log {
namespace {

constexpr std::string_view kMagic = "clewckp1";
constexpr std::string_view kSuffix = ".checkpoint";

std::string Encode(std::uint64_t position) {
  return SealContent(kMagic, {reinterpret_cast<const char*>(&position), sizeof position});
}

// A consumer's name as a file name: letters, digits, '_' and '-' stay, other bytes become %XX.
std::string FileNameOf(std::string_view consumer) {
  std::string name;
  for (const char c : consumer) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (is_plain) {
      name.push_back(c);
    } else {
      name += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return name.append(kSuffix);
}

std::optional<std::string> ConsumerOf(std::string_view file_name) {
  if (!file_name.ends_with(kSuffix)) return std::nullopt;
  file_name.remove_suffix(kSuffix.size());
  std::string consumer;
  while (!file_name.empty()) {
    if (file_name.front() != '%') {
      consumer.push_back(file_name.front());
      file_name.remove_prefix(1);
      continue;
    }
    unsigned value = 0;
    if (file_name.size() < 3) return std::nullopt;
    const char* end = file_name.data() + 3;
    if (std::from_chars(file_name.data() + 1, end, value, 16).ptr != end) return std::nullopt;
    consumer.push_back(static_cast<char>(value));
    file_name.remove_prefix(3);
  }
  return consumer;
}

}  // namespace

Result<std::vector<Damage>> Checkpoints::Load() {
  const Result<std::vector<std::string>> names = files_.List(directory_);
  const std::scoped_lock lock(mutex_);
  positions_.clear();
  least_found_.reset();
  std::vector<Damage> damages;
  if (!names.has_value()) {
    if (names.error().code == Code::kNotFound) return damages;
    if (names.error().code != Code::kFailedPrecondition) return std::unexpected(names.error());
    damages.push_back({.path = directory_,
                       .what = "how far consumers are: it is no directory; move it away, and each "
                               "begins at the oldest record",
                       .kind = Damage::Kind::kFile});
    return damages;
  }
  for (const std::string& name : *names) {
    const std::optional<std::string> consumer = ConsumerOf(name);
    // What has another name would hold the log and never be replaced or forgotten.
    if (!consumer.has_value() || FileNameOf(*consumer) != name) continue;
    const std::string path = directory_ + '/' + name;
    std::uint64_t position = 0;
    ASSIGN_OR_RETURN(const SealedFile file, ReadSealed(files_, path, kMagic, sizeof position));
    if (file.payload.has_value()) {
      std::memcpy(&position, file.payload->data(), sizeof position);
      least_found_ = std::min(least_found_.value_or(position), position);
    } else if (file.problem.empty()) {
      continue;  // forgotten since it was listed
    } else {
      damages.push_back({.path = path,
                         .size_bytes = file.size_bytes,
                         .what = fmt::format("how far consumer {} is: {}; it begins at the oldest "
                                             "record",
                                             *consumer, file.problem),
                         .kind = Damage::Kind::kFile});
    }
    positions_[*consumer] = position;
  }
  return damages;
}

Status Checkpoints::Advance(std::string_view consumer, std::uint64_t position) {
  if (consumer.empty() || consumer.size() > kConsumerBytesMax) {
    return base::InvalidArgument("log consumer \"{}\" must have 1 to {} bytes",
                                 consumer.substr(0, kConsumerBytesMax), kConsumerBytesMax);
  }
  const std::scoped_lock writing(writing_mutex_);
  const std::optional<std::uint64_t> before = Find(consumer);
  if (before.has_value() && *before >= position) return {};
  TRY(files_.Replace(PathOf(consumer), Encode(position)));
  const std::scoped_lock lock(mutex_);
  positions_[std::string(consumer)] = position;
  return {};
}

Status Checkpoints::Forget(std::string_view consumer) {
  const std::scoped_lock writing(writing_mutex_);
  if (!Find(consumer).has_value()) return {};
  TRY(files_.Remove(PathOf(consumer)));
  TRY(files_.SyncDirectory(directory_));
  const std::scoped_lock lock(mutex_);
  positions_.erase(std::string(consumer));
  return {};
}

std::optional<std::uint64_t> Checkpoints::Find(std::string_view consumer) const {
  const std::scoped_lock lock(mutex_);
  const auto found = positions_.find(consumer);
  if (found == positions_.end()) return std::nullopt;
  return found->second;
}

std::optional<std::uint64_t> Checkpoints::Least() const {
  const std::scoped_lock lock(mutex_);
  if (positions_.empty()) return std::nullopt;
  return std::ranges::min_element(positions_, {}, [](const auto& entry) { return entry.second; })
      ->second;
}

std::uint64_t Checkpoints::Greatest() const {
  const std::scoped_lock lock(mutex_);
  std::uint64_t greatest = 0;
  for (const auto& [consumer, position] : positions_) greatest = std::max(greatest, position);
  return greatest;
}

std::map<std::string, std::uint64_t, std::less<>> Checkpoints::All() const {
  const std::scoped_lock lock(mutex_);
  return positions_;
}

std::string Checkpoints::PathOf(std::string_view consumer) const {
  return directory_ + '/' + FileNameOf(consumer);
}

}  // namespace clew::log
