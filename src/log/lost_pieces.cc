#include "log/lost_pieces.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace clew::log {
namespace {

LostPiece Joined(LostPiece first, const LostPiece& second) {
  first.end = std::max(first.end, second.end);
  if (first.tenant != second.tenant) first.tenant.reset();
  return first;
}

}  // namespace

void LostPieces::Add(LostPiece piece) {
  if (piece.begin >= piece.end) return;
  const std::scoped_lock lock(mutex_);
  auto next = pieces_.upper_bound(piece.begin);
  const auto is_full = [this] { return pieces_.size() >= kCountMax; };
  if (next != pieces_.begin()) {
    const auto previous = std::prev(next);
    if (is_full() || previous->second.end > piece.begin) {
      piece = Joined(std::move(previous->second), piece);
      next = pieces_.erase(previous);
    }
  }
  while (next != pieces_.end() && (is_full() || next->first < piece.end)) {
    piece = Joined(std::move(piece), next->second);
    next = pieces_.erase(next);
  }
  const Position begin = piece.begin;
  pieces_.emplace(begin, std::move(piece));
}

std::vector<LostPiece> LostPieces::From(Position from) const {
  const std::scoped_lock lock(mutex_);
  std::vector<LostPiece> pieces;
  for (const auto& [begin, piece] : pieces_) {
    if (piece.end <= from) continue;
    pieces.push_back(piece);
    pieces.back().begin = std::max(begin, from);
  }
  return pieces;
}

}  // namespace clew::log
