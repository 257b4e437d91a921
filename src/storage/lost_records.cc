#include "storage/lost_records.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstddef>
#include <utility>

#include "storage/format/log_ranges.h"

namespace clew::storage {
namespace {

constexpr std::size_t kTextsMax = 12;

std::uint64_t SizeOf(const log::LostPiece& piece) { return piece.end.offset - piece.begin.offset; }

// Beside what `held` holds.
std::vector<log::LostPiece> RestOf(const log::LostPiece& piece, const std::vector<LogRange>& held) {
  std::vector<log::LostPiece> rests;
  for (const LogRange& range : Uncovered(held, {piece.begin, piece.end})) {
    rests.push_back(piece);
    rests.back().begin = range.begin;
    rests.back().end = range.end;
  }
  return rests;
}

// What TakeOut needs of `held` for these pieces.
std::vector<LogRange> ReachingInto(const std::vector<log::LostPiece>& pieces,
                                   std::vector<LogRange> held) {
  std::erase_if(held, [&](const LogRange& range) {
    return std::ranges::none_of(pieces, [&](const log::LostPiece& piece) {
      return piece.begin < range.end && range.begin < piece.end;
    });
  });
  return held;
}

bool MayHoldRecord(const log::LostPiece& piece) {
  return SizeOf(piece) > log::kBytesBetweenRecordsMax;
}

std::string TextOf(const log::LostPiece& piece) {
  return fmt::format(
      "the log lost {} bytes at position {} ({}): the spans in them that no block holds are "
      "missing",
      SizeOf(piece), piece.begin.offset, piece.cause);
}

}  // namespace

void LostRecords::AddUncovered(const std::vector<log::LostPiece>& pieces,
                               const std::vector<LogRange>& held) {
  for (const log::LostPiece& piece : pieces) {
    for (log::LostPiece& rest : RestOf(piece, held)) {
      if (MayHoldRecord(rest)) Add(std::move(rest));
    }
  }
}

void LostRecords::TakeOut(const std::vector<LogRange>& held) {
  const std::scoped_lock lock(mutex_);
  const std::vector<LogRange> needed =
      is_adding_ended_ ? ReachingInto(pieces_.From({}), held) : held;
  if (needed.empty()) return;
  held_late_.insert(held_late_.end(), needed.begin(), needed.end());
  held_late_ = JoinRanges(std::move(held_late_));
}

void LostRecords::EndAdding() {
  const std::scoped_lock lock(mutex_);
  is_adding_ended_ = true;
  held_late_ = ReachingInto(pieces_.From({}), std::move(held_late_));
}

std::size_t LostRecords::held_range_count() const {
  const std::scoped_lock lock(mutex_);
  return held_late_.size();
}

std::vector<log::LostPiece> LostRecords::Pieces() const {
  const std::scoped_lock lock(mutex_);
  std::vector<log::LostPiece> pieces;
  for (const log::LostPiece& piece : pieces_.From({})) {
    for (log::LostPiece& rest : RestOf(piece, held_late_)) {
      // A small one may be a record as long as nothing was taken of it.
      const bool is_whole = SizeOf(rest) == SizeOf(piece);
      if (is_whole || MayHoldRecord(rest)) pieces.push_back(std::move(rest));
    }
  }
  return pieces;
}

void LostRecords::AddTexts(const TenantId& tenant, std::vector<std::string>& texts,
                           std::uint64_t* unnamed_count) const {
  std::size_t named_count = 0;
  for (const log::LostPiece& piece : Pieces()) {
    if (piece.tenant.has_value() && *piece.tenant != tenant) continue;
    if (named_count < kTextsMax) {
      texts.push_back(TextOf(piece));
      ++named_count;
    } else if (unnamed_count != nullptr) {
      ++*unnamed_count;
    }
  }
}

std::uint64_t LostRecords::byte_size() const {
  std::uint64_t byte_size = 0;
  for (const log::LostPiece& piece : Pieces()) byte_size += SizeOf(piece);
  return byte_size;
}

}  // namespace clew::storage
