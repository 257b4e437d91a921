#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "log/lost_pieces.h"
#include "storage/block_footer.h"

namespace clew::storage {

/// Pieces of the log that were lost before a block held them: what answers lack for as long as this
/// lives. Any thread.
class LostRecords {
 public:
  /// The same may be added again.
  void Add(log::LostPiece piece) { pieces_.Add(std::move(piece)); }
  /// Adds what none of the joined `held` holds of `pieces`, unless no record can lie there.
  void AddUncovered(const std::vector<log::LostPiece>& pieces, const std::vector<LogRange>& held);

  /// Adds to `texts` what answers to `tenant` lack, at most 12; how many there are besides is added
  /// to `unnamed_count`, unless it is null.
  void AddTexts(const TenantId& tenant, std::vector<std::string>& texts,
                std::uint64_t* unnamed_count) const;
  /// Of all pieces.
  std::uint64_t byte_size() const;

 private:
  log::LostPieces pieces_;
};

}  // namespace clew::storage
