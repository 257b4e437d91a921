#include "pipeline/config/own_places.h"

#include <sys/stat.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace clew::pipeline {
namespace {

namespace fs = std::filesystem;

/// As many links as the system follows.
constexpr int kLinksMax = 40;

/// One path for all ways to write it: links are followed, also where the last leads to nothing yet.
fs::path SamePath(const fs::path& path) {
  std::error_code error;
  fs::path same = fs::absolute(path, error);
  for (int i = 0; i <= kLinksMax; ++i) {
    const fs::path canonical = fs::weakly_canonical(same, error);
    same = error ? same.lexically_normal() : canonical;
    if (!same.has_filename()) same = same.parent_path();  // without a slash at its end
    const fs::path target = fs::read_symlink(same, error);
    if (error) break;
    same = same.parent_path() / target;
  }
  return same;
}

}  // namespace

bool OwnPlaces::File::operator==(const File& other) const {
  return path == other.path || (identity.has_value() && identity == other.identity);
}

OwnPlaces::File OwnPlaces::FileAt(fs::path path) {
  File file{.path = std::move(path), .identity = std::nullopt};
  struct stat info{};
  if (::stat(file.path.c_str(), &info) == 0) file.identity.emplace(info.st_dev, info.st_ino);
  return file;
}

OwnPlaces::Spot OwnPlaces::SpotAt(const fs::path& path, bool has_all_below) {
  Spot spot{.name = path.string(),
            .file = FileAt(SamePath(path)),
            .above = {},
            .has_all_below = has_all_below};
  for (fs::path at = spot.file.path; at.has_relative_path();) {
    at = at.parent_path();
    spot.above.push_back(FileAt(at));
  }
  return spot;
}

OwnPlaces::OwnPlaces(const OwnPath& own) {
  std::error_code ignored;
  // A device, as /dev/null, takes what anybody writes.
  if (own.path.empty() || fs::is_character_file(own.path, ignored)) return;
  spots_.push_back(SpotAt(own.path, false));
  for (const std::string_view file : own.files)
    spots_.push_back(SpotAt(fs::path(own.path) / file, false));
  for (const std::string_view folder : own.folders)
    spots_.push_back(SpotAt(fs::path(own.path) / folder, true));
}

bool OwnPlaces::Meet(const Spot& one, const Spot& other) {
  const auto holds = [](const Spot& outer, const Spot& inner) {
    return outer.has_all_below && std::ranges::find(inner.above, outer.file) != inner.above.end();
  };
  return one.file == other.file || holds(one, other) || holds(other, one);
}

std::optional<OwnPlaces::Clash> OwnPlaces::ClashWith(const OwnPlaces& other) const {
  for (const Spot& here : spots_) {
    for (const Spot& there : other.spots_) {
      if (Meet(here, there)) return Clash{here.name, there.name};
    }
  }
  return std::nullopt;
}

}  // namespace clew::pipeline
