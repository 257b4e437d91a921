#include "storage/encoding/number_page.h"

#include <algorithm>
#include <cstring>
#include <type_traits>

#include "base/bit_unpacking.h"
#include "storage/encoding/byte_stream.h"
#include "storage/encoding/packed_zone.h"

namespace clew::storage {
namespace {

constexpr std::size_t kPadding = base::kUnpackPadding;

std::size_t PackedBytes(std::uint64_t count, unsigned width) { return (count * width + 7) / 8; }

}  // namespace

std::string EncodeNumbers(std::span<const std::int64_t> numbers) {
  std::string headers;
  std::string packed;
  ByteWriter writer(&headers);
  writer.Fixed(static_cast<std::uint32_t>(numbers.size()));
  for (std::size_t first = 0; first < numbers.size(); first += kZoneValues) {
    const auto zone =
        numbers.subspan(first, std::min<std::size_t>(kZoneValues, numbers.size() - first));
    const ZoneRange range = RangeOf(zone);
    writer.Fixed(range.min);
    writer.Fixed(range.max);
    writer.Fixed(static_cast<std::uint8_t>(range.width()));
    const std::string bits = EncodePackedZone(zone, range);
    packed.append(bits, 0, PackedBytes(zone.size(), range.width()));
  }
  return headers + packed + std::string(kPadding, '\0');
}

Result<NumberPage> NumberPage::Open(std::string_view page) {
  constexpr std::size_t kHeaderBytes = 2 * sizeof(std::int64_t) + 1;
  ByteReader reader(page);
  NumberPage result;
  result.count_ = reader.Fixed<std::uint32_t>();
  const std::uint64_t zone_count = (std::uint64_t{result.count_} + kZoneValues - 1) / kZoneValues;
  // The claimed count is believed only as far as there are headers for it.
  const bool has_headers = reader.ok() && reader.rest().size() / kHeaderBytes >= zone_count;
  if (has_headers) result.zones_.resize(zone_count);
  const std::string_view packed = reader.rest().substr(
      std::min<std::size_t>(reader.rest().size(), result.zones_.size() * kHeaderBytes));
  std::uint64_t offset = 0;
  std::uint64_t left = result.count_;
  for (base::PackedZone& zone : result.zones_) {
    zone.min = reader.Fixed<std::int64_t>();
    zone.max = reader.Fixed<std::int64_t>();
    zone.width = reader.Fixed<std::uint8_t>();
    if (zone.width > 64) return DataLoss("number page: a width of {} bits", zone.width);
    // Where it is behind the end the page is refused below.
    if (offset <= packed.size()) zone.data = packed.data() + offset;
    offset += PackedBytes(std::min<std::uint64_t>(kZoneValues, left), zone.width);
    left -= std::min<std::uint64_t>(kZoneValues, left);
  }
  if (!has_headers || packed.size() < offset + kPadding) {
    return DataLoss("number page: {} bytes are too few for {} values", page.size(), result.count_);
  }
  return result;
}

template <typename Number>
void NumberPage::ReadInto(std::uint32_t first, std::span<Number> out) const {
  while (!out.empty()) {
    const base::PackedZone& zone = zones_[first / kZoneValues];
    const std::uint32_t in_zone = first % kZoneValues;
    const auto part = out.first(std::min<std::size_t>(out.size(), kZoneValues - in_zone));
    using Unsigned = std::make_unsigned_t<Number>;
    const std::span<Unsigned> numbers(reinterpret_cast<Unsigned*>(part.data()), part.size());
    base::Unpack(zone.data, zone.width, in_zone, numbers);
    for (Unsigned& number : numbers) number += static_cast<Unsigned>(zone.min);
    out = out.subspan(part.size());
    first += static_cast<std::uint32_t>(part.size());
  }
}

void NumberPage::Read(std::uint32_t first, std::span<std::int64_t> out) const {
  ReadInto(first, out);
}

void NumberPage::Read(std::uint32_t first, std::span<std::uint32_t> out) const {
  ReadInto(first, out);
}

std::vector<std::int64_t> NumberPage::ReadAll() const {
  std::vector<std::int64_t> numbers(count_);
  ReadInto(0, std::span(numbers));
  return numbers;
}

}  // namespace clew::storage
