#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/span_columns.h"
#include "scan/read_counts.h"
#include "storage/encoding/packed_zone.h"
#include "storage/encoding/row_list.h"
#include "storage/encoding/text_page.h"
#include "storage/format/overflow_page.h"
#include "storage/format/page_reader.h"
#include "storage/format/row_group_directory.h"
#include "storage/format/scan_cache.h"

namespace clew::storage {

/// Which rows of a table are wanted: ascending, without repeats, below its row count.
struct WantedRows {
  std::vector<std::uint32_t> rows;
  std::uint32_t table_row_count = 0;

  static WantedRows Range(std::uint32_t first, std::uint32_t last, std::uint32_t row_count);
};

/// What a read had to do without: DATA_LOSS errors, one a damaged piece, which name the object, the
/// column and the values. Errors of other kinds end a read.
using Damage = std::vector<Error>;

/// Values that were wanted and are lost.
struct Gaps {
  /// Indexes into what was wanted, ascending.
  std::vector<std::uint32_t> indexes;
  Damage damage;
};

/// The texts of a column by code, and what they lie in: chunks that a cache has.
struct Dictionary {
  std::vector<std::shared_ptr<const storage::Texts>> chunks;
  std::vector<std::string_view> texts;
};

/// A zone of numbers, and what it lies in.
struct OpenedZone {
  Bytes bytes;
  base::PackedZone zone;
};

/// Reads columns of one row group, whole or in part. A damaged page costs its values and no more:
/// they read as zero or empty text and are told in `gaps`. Any thread.
class ColumnReader {
 public:
  /// `source_id` is a number of `cache` for nobody else.
  ColumnReader(std::shared_ptr<const RowGroupDirectory> directory,
               std::shared_ptr<const PageReader> pages, ScanCache& cache, std::uint64_t source_id);
  /// The same that counts the pages it reads.
  ColumnReader(const ColumnReader& uncounted, const std::shared_ptr<scan::ReadCounts>& counts);
  /// The same that reads `pages`: its own, which were fetched together.
  ColumnReader(const ColumnReader& reader, std::shared_ptr<const PageReader> pages);

  const std::shared_ptr<const PageReader>& pages() const { return pages_; }
  /// The same with all pages of a plan read already; that is for one thread.
  Result<ColumnReader> Fetched(PagePlan plan) const;
  /// Adds all pages of a column but for chunks that the cache has.
  void AddColumn(const ColumnEntry& column, bool are_zones_kept, PagePlan* plan) const;
  /// Adds the zones of numbers, codes or ids with the values at `positions`, which ascend.
  void AddZones(const ColumnEntry& column, std::span<const std::uint32_t> positions,
                PagePlan* plan) const;
  /// Adds the chunks with the texts at `places` that the cache does not have.
  void AddChunks(const ColumnEntry& column, std::span<const std::uint32_t> places,
                 PagePlan* plan) const;
  /// What the cache knows pages by; none when nobody keeps them.
  std::vector<ScanCache::Key> KeysOf(std::span<const PageRef> pages) const;
  /// What it knows by them of a column that is kept: chunks, and zones.
  std::vector<ScanCache::Key> PartsOf(const ColumnEntry& column, bool are_zones_kept) const;

  const RowGroupDirectory& directory() const { return *directory_; }
  /// Keys of columns are views into it.
  const std::shared_ptr<const RowGroupDirectory>& directory_owner() const { return directory_; }

  /// Empty when the rows are lost.
  Result<RowSlice> Slice(const ColumnEntry& column, const WantedRows& wanted, Damage* damage) const;
  Result<std::vector<std::int64_t>> Numbers(const ColumnEntry& column,
                                            std::span<const std::uint32_t> positions,
                                            Gaps* gaps) const;
  /// Views that `memory` keeps alive.
  Result<std::vector<std::string_view>> Texts(const ColumnEntry& column,
                                              std::span<const std::uint32_t> positions,
                                              std::vector<Bytes>* memory, Gaps* gaps) const;
  /// Where those texts lie: in the dictionary, or in the column. Lost ones lie anywhere.
  Result<std::vector<std::uint32_t>> Places(const ColumnEntry& column,
                                            std::span<const std::uint32_t> positions,
                                            Gaps* gaps) const;
  /// The texts at `places`, but for those in `gaps`.
  Result<std::vector<std::string_view>> TextsAt(const ColumnEntry& column,
                                                std::span<const std::uint32_t> places,
                                                std::vector<Bytes>* memory, Gaps* gaps) const;
  /// All of them, as FixedValues gives them.
  Result<std::string> AllFixedValues(const ColumnEntry& column, Gaps* gaps) const;
  /// 8 or 16 bytes a value, one after the other.
  Result<std::string> FixedValues(const ColumnEntry& column,
                                  std::span<const std::uint32_t> positions, Gaps* gaps) const;
  /// The row of each value in its table of `row_count` (empty: value i belongs to row i). DATA_LOSS
  /// when they are lost.
  Result<std::vector<std::uint32_t>> Rows(const ColumnEntry& column, std::uint32_t row_count) const;
  Result<std::vector<std::int64_t>> AllNumbers(const ColumnEntry& column, Gaps* gaps) const;
  /// DATA_LOSS when it is lost.
  Result<Dictionary> DictionaryOf(const ColumnEntry& column) const;
  /// Codes below the size of the dictionary.
  Result<std::vector<std::uint32_t>> AllCodes(const ColumnEntry& column,
                                              std::size_t dictionary_count, Gaps* gaps) const;
  /// Its numbers or codes, zone by zone, to be kept.
  Result<std::vector<OpenedZone>> Zones(const ColumnEntry& column) const;
  /// Those of the zones at `indexes`, which ascend.
  Result<std::vector<OpenedZone>> Zones(const ColumnEntry& column,
                                        std::span<const std::uint32_t> indexes) const;
  /// The pages of zones of ids, to be kept, each as long as its zone.
  Result<std::vector<Bytes>> IdPages(const ColumnEntry& column,
                                     std::span<const std::uint32_t> indexes) const;
  /// The pages of the other zones are not read: their ranges say that they are not needed.
  void CountSpared(const ColumnEntry& column, std::span<const std::uint32_t> zones) const;
  /// Null when there is none; DATA_LOSS when it is lost.
  Result<std::shared_ptr<const OverflowColumns>> Overflow() const;

  ScanCache& cache() const { return cache_; }
  std::uint64_t source_id() const { return source_id_; }
  /// Names object and column in front of what is wrong.
  Error Describe(const ColumnEntry& column, const Error& error) const;
  /// The column `field`: every row group has it.
  const ColumnEntry& Required(ColumnField field) const { return *directory_->Find(field); }
  std::uint32_t RowCountOf(model::Owner owner) const;

 private:
  template <typename Number>
  Result<std::vector<Number>> ReadNumbers(const ColumnEntry& column,
                                          std::span<const std::uint32_t> positions,
                                          Gaps* gaps) const;
  Result<std::vector<std::uint32_t>> Codes(const ColumnEntry& column,
                                           std::span<const std::uint32_t> positions,
                                           Gaps* gaps) const;
  Result<OpenedZone> Open(const ColumnEntry& column, std::uint32_t zone, Bytes page) const;
  Result<std::shared_ptr<const storage::Texts>> Chunk(const ColumnEntry& column,
                                                      std::size_t chunk) const;
  ScanCache::Key ChunkKey(const ColumnEntry& column, std::size_t chunk) const;
  Result<Bytes> ReadPage(const ColumnEntry& column, std::size_t index) const;
  /// The page at `index`, of which something is made that is kept.
  Result<Bytes> ReadOnce(const ColumnEntry& column, std::size_t index) const;
  /// Pages of zones that may be kept: those of the cache, or copies.
  Result<std::vector<Bytes>> KeptZones(const ColumnEntry& column,
                                       std::span<const std::uint32_t> indexes) const;
  /// Of all zones, for what is made of them.
  Result<std::vector<Bytes>> ZonesOnce(const ColumnEntry& column) const;
  /// Notes that what was wanted in [first, first + count) is lost; other errors end the read.
  Status NoteGap(const ColumnEntry& column, const Error& error, std::size_t first,
                 std::size_t count, Gaps* gaps) const;

  std::shared_ptr<const RowGroupDirectory> directory_;
  std::shared_ptr<const PageReader> pages_;
  ScanCache& cache_;
  const std::uint64_t source_id_;
};

}  // namespace clew::storage
