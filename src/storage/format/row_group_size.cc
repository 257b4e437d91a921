#include "storage/format/row_group_size.h"

#include <algorithm>
#include <span>
#include <string_view>
#include <type_traits>

namespace clew::storage {
namespace {

// Of a value the difference of rows and its length, or the number; of a column owner, type, count,
// and the length of the key (EncodeOverflow).
constexpr std::uint64_t kOverflowBytesPerValue = 13;
constexpr std::uint64_t kOverflowBytesPerColumn = 12;

std::uint64_t BytesOf(std::span<const std::string_view> texts) {
  std::uint64_t bytes = 0;
  for (const std::string_view text : texts) bytes += text.size();
  return bytes;
}

}  // namespace

RowGroupSize RowGroupSize::Of(const model::SpanColumns& columns) {
  RowGroupSize size;
  size.span_count = columns.span_count();
  size.row_count = std::max({columns.resources.count(), columns.scopes.count(),
                             columns.events.count(), columns.links.count()});
  model::ForEachColumn(
      [&](auto, const auto& column) {
        if constexpr (std::is_same_v<decltype(column), const model::Column<std::string_view>&>) {
          size.text_bytes = std::max(size.text_bytes, BytesOf(column));
        }
      },
      columns);
  size.attribute_column_count = columns.attributes.size();
  for (const model::AttributeColumn& attribute : columns.attributes) {
    const std::uint64_t text_bytes = BytesOf(attribute.strings);
    size.row_count = std::max<std::uint64_t>(size.row_count, attribute.count());
    size.text_bytes = std::max(size.text_bytes, text_bytes);
    size.overflow_bytes += kOverflowBytesPerColumn + attribute.key.size() +
                           kOverflowBytesPerValue * attribute.count() + text_bytes;
  }
  return size;
}

RowGroupSize& RowGroupSize::operator+=(const RowGroupSize& other) {
  span_count += other.span_count;
  row_count += other.row_count;
  text_bytes += other.text_bytes;
  attribute_column_count += other.attribute_column_count;
  overflow_bytes += other.overflow_bytes;
  return *this;
}

Status CheckRowGroupSize(const RowGroupSize& size, const RowGroupLimits& limits) {
  if (size.span_count > limits.span_count_max) {
    return base::InvalidArgument("{} spans are more than the {} that can be stored together",
                                 size.span_count, limits.span_count_max);
  }
  if (size.row_count > limits.row_count_max) {
    return base::InvalidArgument(
        "{} events, links, resources, scopes, or values of one attribute are more than the {} that "
        "can be stored together",
        size.row_count, limits.row_count_max);
  }
  if (size.text_bytes > limits.text_bytes_max) {
    return base::InvalidArgument(
        "{} bytes of text of one field are more than the {} that can be stored together",
        size.text_bytes, limits.text_bytes_max);
  }
  const bool has_overflow = size.attribute_column_count > limits.attribute_column_count_max;
  if (has_overflow && size.overflow_bytes > limits.text_bytes_max) {
    return base::InvalidArgument(
        "{} attributes of together {} bytes are more than the {} that can be stored together when "
        "there are more than {} of them",
        size.attribute_column_count, size.overflow_bytes, limits.text_bytes_max,
        limits.attribute_column_count_max);
  }
  return {};
}

}  // namespace clew::storage
