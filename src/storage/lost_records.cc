#include "storage/lost_records.h"

#include <fmt/core.h>

#include <cstddef>
#include <utility>

#include "storage/log_ranges.h"

namespace clew::storage {
namespace {

constexpr std::size_t kTextsMax = 12;

std::uint64_t SizeOf(const log::LostPiece& piece) { return piece.end.offset - piece.begin.offset; }

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
    for (const LogRange& range : Uncovered(held, {piece.begin, piece.end})) {
      log::LostPiece rest = piece;
      rest.begin = range.begin;
      rest.end = range.end;
      if (SizeOf(rest) > log::kBytesBetweenRecordsMax) Add(std::move(rest));
    }
  }
}

void LostRecords::AddTexts(const TenantId& tenant, std::vector<std::string>& texts,
                           std::uint64_t* unnamed_count) const {
  std::size_t named_count = 0;
  for (const log::LostPiece& piece : pieces_.From({})) {
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
  for (const log::LostPiece& piece : pieces_.From({})) byte_size += SizeOf(piece);
  return byte_size;
}

}  // namespace clew::storage
