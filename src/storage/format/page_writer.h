#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/format/row_group_directory.h"
#include "storage/format/text_interner.h"

namespace clew::storage {

/// Lays columns out as pages, one after the other, and keeps the directory of them.
class PageWriter {
 public:
  /// The values of a column, in the order of its rows. `column` says field, and for attributes
  /// owner, type and key.
  void Numbers(ColumnEntry column, std::span<const std::int64_t> numbers);
  /// `ids`: 8 or 16 bytes each.
  void Fixed(ColumnEntry column, std::string_view ids, std::uint32_t width);
  /// Already interned: value i is dictionary[codes[i]]. Stored in the order of first use.
  void Dictionary(ColumnEntry column, std::span<const std::uint32_t> codes,
                  std::span<const std::string_view> dictionary);
  void Plain(ColumnEntry column, std::span<const std::string_view> texts);
  /// Values that carry nothing.
  void None(ColumnEntry column, std::uint32_t count);
  /// Value i is dictionary[codes[i]].
  struct Interned {
    std::vector<std::uint32_t> codes;
    /// Until the next call of Texts.
    std::span<const std::string_view> dictionary;
  };
  /// Chooses between Dictionary and Plain, for which it gives nothing.
  std::optional<Interned> Texts(ColumnEntry column, std::span<const std::string_view> texts);
  void Overflow(ColumnEntry column, std::uint32_t column_count, std::string_view page);

  /// Puts the rows page before the pages of values that come next. Returns `column` with it.
  ColumnEntry WithRows(ColumnEntry column, std::span<const std::uint32_t> rows,
                       std::uint32_t row_count);

  /// Columns in directory order, and all pages.
  std::vector<ColumnEntry> TakeColumns();
  std::string TakePages() { return std::move(pages_); }

 private:
  PageRef Append(std::string_view page);
  void AppendZones(std::span<const std::int64_t> numbers, ColumnEntry* column);
  void AppendChunks(std::span<const std::string_view> texts, ColumnEntry* column);
  void Add(ColumnEntry column);

  std::string pages_;
  std::vector<ColumnEntry> columns_;
  TextInterner interner_;
};

/// True when `distinct` values in the first `seen` make a dictionary not worth having
/// (performance.md 2.3, lesson 4).
bool IsTooDiverse(std::size_t distinct, std::size_t seen);

}  // namespace clew::storage
