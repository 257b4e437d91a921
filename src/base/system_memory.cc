#include "base/system_memory.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

namespace clew::base {
namespace {

std::optional<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return std::nullopt;
  }
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

/// The number at the start of `text` after blanks, or nothing ("max").
std::optional<std::uint64_t> LeadingNumber(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() ? std::optional(number) : std::nullopt;
}

struct Pages {
  std::uint64_t resident;
  std::uint64_t of_files;
};

std::optional<Pages> ReadPages() {
  const auto text = ReadFile("/proc/self/statm");
  if (!text.has_value()) return std::nullopt;
  std::istringstream numbers(*text);
  std::uint64_t size = 0;
  Pages pages{};
  if (!(numbers >> size >> pages.resident >> pages.of_files)) return std::nullopt;
  return pages;
}

std::uint64_t PageBytes() { return static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)); }

std::optional<std::uint64_t> MachineBytes(const std::string& root) {
  const auto text = ReadFile(root + "/proc/meminfo");
  const std::size_t at = text.has_value() ? text->find("MemTotal:") : std::string::npos;
  if (at == std::string::npos) {
    return std::nullopt;
  }
  const auto kibibytes = LeadingNumber(std::string_view(*text).substr(at + 9));
  return kibibytes.has_value() ? std::optional(*kibibytes << 10) : std::nullopt;
}

/// The path of this process below a cgroup mount: "0::/path" (v2) or "N:memory:/path" (v1).
std::string CgroupPath(const std::string& root, std::string_view mark) {
  const auto text = ReadFile(root + "/proc/self/cgroup");
  const std::size_t at = text.has_value() ? text->find(mark) : std::string::npos;
  if (at == std::string::npos) {
    return "";
  }
  const std::size_t start = at + mark.size();
  const std::string path = text->substr(start, text->find('\n', start) - start);
  return path.starts_with('/') && path != "/" ? path : "";
}

/// The least limit of the group at `path` below `mount` and of all groups that it lies in: each of
/// them holds for all below it.
std::optional<std::uint64_t> LeastLimit(const std::string& mount, std::string path,
                                        const char* file) {
  std::optional<std::uint64_t> least;
  while (true) {
    const auto text = ReadFile(mount + path + file);
    const auto bytes = text.has_value() ? LeadingNumber(*text) : std::nullopt;
    if (bytes.has_value()) {
      least = std::min(*bytes, least.value_or(*bytes));
    }
    // In a container the process often sees its own group as the root of the mount.
    if (path.empty()) {
      return least;
    }
    path.resize(path.rfind('/'));
  }
}

std::optional<std::uint64_t> CgroupBytes(const std::string& root) {
  const std::string v2 = root + "/sys/fs/cgroup";
  const auto new_limit = LeastLimit(v2, CgroupPath(root, "0::"), "/memory.max");
  const auto old_limit =
      LeastLimit(v2 + "/memory", CgroupPath(root, ":memory:"), "/memory.limit_in_bytes");
  return new_limit.has_value() && old_limit.has_value()
             ? std::min(*new_limit, *old_limit)
             : (new_limit.has_value() ? new_limit : old_limit);
}

}  // namespace

Result<std::uint64_t> ResidentBytes() {
  const auto pages = ReadPages();
  if (!pages.has_value()) {
    return Internal("cannot read resident memory from /proc/self/statm");
  }
  return pages->resident * PageBytes();
}

std::uint64_t FreeResidentBytes() {
  const auto pages = ReadPages();
  if (!pages.has_value()) return 0;
  const struct mallinfo2 heap = mallinfo2();
  const std::uint64_t resident = (pages->resident - pages->of_files) * PageBytes();
  return resident - std::min<std::uint64_t>(resident, heap.uordblks + heap.hblkhd);
}

Result<std::uint64_t> TotalBytes() { return TotalBytesForTest(""); }

Result<std::uint64_t> TotalBytesForTest(const std::string& root) {
  const auto machine = MachineBytes(root);
  if (!machine.has_value()) {
    return Internal("cannot read the memory of the machine from /proc/meminfo");
  }
  return std::min(*machine, CgroupBytes(root).value_or(*machine));
}

void ReleaseFreeMemory() { malloc_trim(0); }

}  // namespace clew::base
