#include "model/memory.h"

#include <vector>

namespace clew::model {
namespace {

// What the allocator adds to a block.
constexpr std::uint64_t kBlockOverhead = 16;

template <typename T>
std::uint64_t HeapOf(const std::vector<T>& values) {
  return values.capacity() == 0 ? 0 : values.capacity() * sizeof(T) + kBlockOverhead;
}

/// Of text that is kept alive: who owns it, with the count of the owners.
constexpr std::uint64_t kBytesOverhead = 80;

// Counted in full for each that shares it: whoever lets go first, the others still hold it.
template <typename T>
std::uint64_t HeapOf(const Column<T>& column) {
  return column.heap_size() == 0 ? 0 : column.heap_size() + kBlockOverhead;
}

}  // namespace

std::uint64_t TableBytes(const SpanColumns& columns) {
  std::uint64_t size = sizeof(SpanColumns) + HeapOf(columns.attributes) + HeapOf(columns.memory);
  ForEachColumn([&](auto, const auto& column) { size += HeapOf(column); }, columns);
  for (const AttributeColumn& column : columns.attributes) {
    size += HeapOf(column.rows) + HeapOf(column.strings) + HeapOf(column.numbers);
  }
  return size;
}

std::uint64_t MemoryOf(const SpanColumns& columns) {
  std::uint64_t size = TableBytes(columns);
  for (const Bytes& bytes : columns.memory) size += bytes.size() + kBytesOverhead;
  return size;
}

}  // namespace clew::model
