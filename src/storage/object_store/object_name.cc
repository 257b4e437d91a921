#include "storage/object_store/object_name.h"

#include <algorithm>

namespace clew::storage {
namespace {

bool IsNameCharacter(char c) {
  constexpr std::string_view kPunctuation = "!_.*'()-";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         kPunctuation.contains(c);
}

bool IsSegment(std::string_view segment) {
  constexpr std::size_t kSegmentBytesMax = 255;
  return !segment.empty() && segment.size() <= kSegmentBytesMax && segment != "." &&
         segment != ".." && std::ranges::all_of(segment, IsNameCharacter);
}

}  // namespace

base::Status CheckObjectName(std::string_view name) {
  constexpr std::size_t kNameBytesMax = 1024;
  bool valid = name.size() <= kNameBytesMax;
  std::string_view rest = name;
  while (valid) {
    const std::size_t slash = rest.find('/');
    valid = IsSegment(rest.substr(0, slash));
    if (slash == std::string_view::npos) break;
    rest.remove_prefix(slash + 1);
  }
  if (valid) return {};
  return base::InvalidArgument("object name \"{}\" is not valid", name.substr(0, kNameBytesMax));
}

}  // namespace clew::storage
