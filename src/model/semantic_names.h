#pragma once

#include <cstdint>
#include <span>
#include <string_view>

/// Keys of attributes that mean the same in older and newer semantic conventions of OpenTelemetry.
namespace clew::model {

/// The release of github.com/open-telemetry/semantic-conventions whose files were read.
inline constexpr std::string_view kSemanticConventionsRelease = "1.44.0";

/// What says that an attribute has another name now.
enum class RenameSource : std::uint8_t {
  kSchema,    // a `rename_attributes` of schemas/1.44.0, for all signals, resources or spans
  kRegistry,  // `reason: renamed` below model/*/deprecated
  kWords,     // a note there; the comment at the row says why it is taken for a rename
};

struct SemanticRename {
  std::string_view older;
  std::string_view newer;
  /// The first release whose files say so is 1.<release>.0. Names that were old before 1.24.0, and
  /// are in no schema, are in its registry first.
  std::uint8_t release = 0;
  RenameSource source = RenameSource::kSchema;
};

/// All of them. Those of one attribute stand together, newest first, so that each renames to a name
/// that stands before it; an older name is in one of them only.
std::span<const SemanticRename> SemanticRenames();

/// The other names of the attribute that is called `key` in some release, newest first; none when
/// it has no others. "http.method" and "http.request.method" have each other; so have all names of
/// a chain (a became b, b became c), and all that became one name. Values are not looked at: what
/// "db.system" calls "mssql" is "microsoft.sql_server" in "db.system.name".
///
/// The key is taken as it is, byte for byte. Any thread; allocates nothing; takes as long as it
/// takes to read the key. What is returned lives as long as the program.
std::span<const std::string_view> SameNamesAs(std::string_view key);

}  // namespace clew::model
