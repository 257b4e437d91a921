// A segment file of any bytes must be read to its end: pieces in order without gap or overlap,
// sound ones within the file.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "log/segment_format.h"
#include "log/segment_reader.h"
#include "log/testing/memory_file.h"

namespace {

void Require(bool condition) {
  if (!condition) std::abort();
}

// The checksum keeps most inputs out of what lies behind it, so here it is made right.
void DecodeSealed(std::string_view content) {
  constexpr std::size_t kTenantSizeAt = 41;
  if (content.size() < clew::log::kRecordHeaderBytes) return;
  std::string prefix(content.substr(0, clew::log::kRecordPrefixBytesMax));
  const std::size_t name_bytes = static_cast<std::uint8_t>(prefix[kTenantSizeAt]) +
                                 std::size_t{static_cast<std::uint8_t>(prefix[kTenantSizeAt + 1])};
  prefix.resize(std::min(prefix.size(), clew::log::kRecordHeaderBytes + name_bytes));
  clew::log::SealRecordPrefix(prefix, 7, 9);
  const auto decoded = clew::log::DecodeRecordPrefix(prefix, 7, 9);
  if (!decoded.has_value()) return;
  Require(decoded->prefix_size == prefix.size());
  Require(decoded->total_size >= decoded->prefix_size + decoded->body_size);
  Require(decoded->total_size % clew::log::kRecordAlignment == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string content(reinterpret_cast<const char*>(data), size);
  // With a damaged header, go on as if it were this one, so that records are reached all the same.
  const clew::log::SegmentHeader header =
      clew::log::DecodeSegmentHeader(content).value_or(clew::log::SegmentHeader{});
  const clew::log::MemoryFile file(content);
  clew::log::SegmentReader reader(file, header, 0, size);
  std::uint64_t last_end = clew::log::kSegmentHeaderBytes;
  for (;;) {
    const auto piece = reader.Next();
    Require(piece.has_value());
    if (!piece->has_value()) break;
    Require((*piece)->begin == last_end && (*piece)->end > last_end && (*piece)->end <= size);
    Require((*piece)->is_corrupt || (*piece)->record.body.size() <= size);
    last_end = (*piece)->end;
  }
  if (size > clew::log::kSegmentHeaderBytes) {
    DecodeSealed(std::string_view(content).substr(clew::log::kSegmentHeaderBytes));
  }
  return 0;
}
