#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "log/lost_pieces.h"
#include "storage/format/block_footer.h"

namespace clew::storage {

/// Pieces of the log that were lost before a block held them: what answers lack for as long as this
/// lives. Any thread.
class LostRecords {
 public:
  /// The same may be added again.
  void Add(log::LostPiece piece) { pieces_.Add(std::move(piece)); }
  /// Adds what none of the joined `held` holds of `pieces`, unless no record can lie there.
  void AddUncovered(const std::vector<log::LostPiece>& pieces, const std::vector<LogRange>& held);

  /// What a block that is opened late holds of what was, or is yet, added is not lost. Keeps 16
  /// bytes for each of the joined ranges of those blocks; after EndAdding, of those alone that
  /// reach into what was added.
  void TakeOut(const std::vector<LogRange>& held);
  /// Nothing is added from now on that a block which was opened late may hold.
  void EndAdding();
  /// How many ranges are kept.
  std::size_t held_range_count() const;

  /// Adds to `texts` what answers to `tenant` lack, at most 12; how many there are besides is added
  /// to `unnamed_count`, unless it is null.
  void AddTexts(const TenantId& tenant, std::vector<std::string>& texts,
                std::uint64_t* unnamed_count) const;
  /// Of all pieces.
  std::uint64_t byte_size() const;

 private:
  std::vector<log::LostPiece> Pieces() const;

  log::LostPieces pieces_;
  mutable std::mutex mutex_;
  std::vector<LogRange> held_late_;  // joined
  bool is_adding_ended_ = false;
};

}  // namespace clew::storage
