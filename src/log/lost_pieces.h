#pragma once

#include <cstddef>
#include <map>
#include <mutex>
#include <vector>

#include "log/log.h"

namespace clew::log {

/// What a log lost, at most 1,000 pieces: one more is joined with its neighbour and with what lies
/// between them. Any thread.
class LostPieces {
 public:
  static constexpr std::size_t kCountMax = 1000;

  /// A piece that is there already changes nothing; those that overlap become one.
  void Add(LostPiece piece);
  /// What lies at or after `from`, ascending and apart.
  std::vector<LostPiece> From(Position from) const;

 private:
  mutable std::mutex mutex_;
  std::map<Position, LostPiece> pieces_;  // by their begin
};

}  // namespace clew::log
