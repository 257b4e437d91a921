#pragma once

#include <cstdint>
#include <string>

namespace clew::base {

/// Something on disk that is not as it was written.
struct Damage {
  enum class Kind {
    kPiece,    ///< A part of a file.
    kFile,     ///< A small file as a whole: nothing is taken from it.
    kMissing,  ///< Bytes that are in no file any more, or a file that is gone.
  };

  /// The file that has it; for missing bytes the one that would begin there.
  std::string path{};
  /// In the file, or for missing bytes their position in the log.
  std::uint64_t offset = 0;
  std::uint64_t size_bytes = 0;
  /// What it holds, what is wrong with it, and for a small file what follows from that.
  std::string what{};
  Kind kind = Kind::kPiece;
  /// For missing bytes: the file before them, which may have been cut.
  std::string path_before{};
};

}  // namespace clew::base

namespace clew {

using base::Damage;

}  // namespace clew
