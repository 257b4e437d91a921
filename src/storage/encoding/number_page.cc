#include "storage/encoding/number_page.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/encoding/byte_stream.h"

namespace clew::storage {
namespace {

// Readers load 8 bytes at any bit of the data.
constexpr std::size_t kPadding = 8;

std::size_t PackedBytes(std::uint64_t count, std::uint8_t width) { return (count * width + 7) / 8; }

void Pack(std::span<const std::int64_t> numbers, std::int64_t min, std::uint8_t width,
          std::string* out) {
  const std::size_t begin = out->size();
  out->resize(begin + PackedBytes(numbers.size(), width) + kPadding);
  char* data = out->data() + begin;
  std::uint64_t bit = 0;
  for (const std::int64_t number : numbers) {
    const std::uint64_t value =
        static_cast<std::uint64_t>(number) - static_cast<std::uint64_t>(min);
    std::uint64_t word;
    char* place = data + bit / 8;
    std::memcpy(&word, place, 8);
    const std::uint64_t shift = bit % 8;
    word |= value << shift;
    std::memcpy(place, &word, 8);
    // A value of more than 56 bits can reach into a ninth byte.
    if (shift + width > 64) place[8] = static_cast<char>(value >> (64 - shift));
    bit += width;
  }
  out->resize(out->size() - kPadding);
}

}  // namespace

std::string EncodeNumbers(std::span<const std::int64_t> numbers) {
  std::string headers;
  std::string packed;
  ByteWriter writer(&headers);
  writer.Fixed(static_cast<std::uint32_t>(numbers.size()));
  for (std::size_t first = 0; first < numbers.size(); first += kZoneValues) {
    const auto zone =
        numbers.subspan(first, std::min<std::size_t>(kZoneValues, numbers.size() - first));
    const auto [min, max] = std::ranges::minmax(zone);
    const auto range = static_cast<std::uint64_t>(max) - static_cast<std::uint64_t>(min);
    const auto width = static_cast<std::uint8_t>(std::bit_width(range));
    writer.Fixed(min);
    writer.Fixed(max);
    writer.Fixed(width);
    if (width > 0) Pack(zone, min, width, &packed);
  }
  return headers + packed + std::string(kPadding, '\0');
}

Result<NumberPage> NumberPage::Open(std::string_view page) {
  ByteReader reader(page);
  NumberPage result;
  result.page_ = page;
  result.count_ = reader.Fixed<std::uint32_t>();
  // The claimed count is believed only as far as there are headers for it.
  std::uint64_t packed = 0;
  for (std::uint64_t first = 0; first < result.count_ && reader.ok(); first += kZoneValues) {
    Zone zone{};
    zone.min = reader.Fixed<std::int64_t>();
    zone.max = reader.Fixed<std::int64_t>();
    zone.width = reader.Fixed<std::uint8_t>();
    zone.offset = static_cast<std::uint32_t>(packed);
    packed += PackedBytes(std::min<std::uint64_t>(kZoneValues, result.count_ - first), zone.width);
    if (zone.width > 64) return DataLoss("number page: a width of {} bits", zone.width);
    result.zones_.push_back(zone);
  }
  if (!reader.ok() || reader.rest().size() < packed + kPadding) {
    return DataLoss("number page: {} bytes are too few for {} values", page.size(), result.count_);
  }
  result.page_ = reader.rest();
  return result;
}

std::int64_t NumberPage::zone_min(std::uint32_t zone) const { return zones_[zone].min; }
std::int64_t NumberPage::zone_max(std::uint32_t zone) const { return zones_[zone].max; }

template <typename Number>
void NumberPage::ReadInto(std::uint32_t first, std::span<Number> out) const {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto index = static_cast<std::uint32_t>(first + done);
    const Zone& zone = zones_[index / kZoneValues];
    const std::uint32_t in_zone = index % kZoneValues;
    const std::size_t count = std::min<std::size_t>(out.size() - done, kZoneValues - in_zone);
    const auto base = static_cast<std::uint64_t>(zone.min);
    if (zone.width == 0) {
      std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(done), count,
                  static_cast<Number>(base));
      done += count;
      continue;
    }
    const std::uint64_t width = zone.width;
    const std::uint64_t mask = width == 64 ? ~0ULL : (1ULL << width) - 1;
    const char* data = page_.data() + zone.offset;
    std::uint64_t bit = in_zone * width;
    for (std::size_t i = 0; i < count; ++i, bit += width) {
      std::uint64_t word;
      std::memcpy(&word, data + bit / 8, 8);
      const std::uint64_t shift = bit % 8;
      word >>= shift;
      if (shift + width > 64) {
        word |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(data[bit / 8 + 8]))
                << (64 - shift);
      }
      out[done + i] = static_cast<Number>(base + (word & mask));
    }
    done += count;
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
