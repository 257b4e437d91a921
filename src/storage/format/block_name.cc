#include "storage/format/block_name.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <charconv>
#include <ctime>

namespace clew::storage {

std::string BlockName(const TenantId& tenant, UnixNanos created_at, std::uint64_t random) {
  const auto seconds = static_cast<std::time_t>(created_at / 1'000'000'000);
  return fmt::format("{}{}/{:%Y%m%d}/{:016x}-{:016x}.block", kBlockPrefix, tenant.name(),
                     fmt::gmtime(seconds), static_cast<std::uint64_t>(created_at), random);
}

std::optional<UnixNanos> CreatedAtOf(std::string_view name) {
  constexpr std::size_t kDigits = 16;
  constexpr std::string_view kEnd = ".block";
  if (!name.starts_with(kBlockPrefix) || !name.ends_with(kEnd)) return {};
  name = name.substr(name.rfind('/') + 1);
  if (name.size() != 2 * kDigits + 1 + kEnd.size() || name[kDigits] != '-') return {};
  std::uint64_t created_at = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + kDigits, created_at, 16);
  if (error != std::errc() || end != name.data() + kDigits) return {};
  return static_cast<UnixNanos>(created_at);
}

ObjectInfo ByItsName(ObjectInfo listed) {
  std::string_view name = listed.name;
  if (name.ends_with('/')) name.remove_suffix(1);
  if (CreatedAtOf(name).has_value()) listed.name.resize(name.size());
  return listed;
}

}  // namespace clew::storage
