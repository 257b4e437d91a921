#include "storage/encoding/text_page.h"

#include "base/compression.h"
#include "storage/encoding/byte_stream.h"
#include "storage/encoding/number_page.h"

namespace clew::storage {
namespace {

enum class TextCodec : std::uint8_t { kPlain = 0, kZstd = 1 };

}  // namespace

std::string EncodeTexts(std::span<const std::string_view> texts) {
  std::vector<std::int64_t> lengths;
  lengths.reserve(texts.size());
  std::size_t total = 0;
  for (const std::string_view text : texts) {
    lengths.push_back(static_cast<std::int64_t>(text.size()));
    total += text.size();
  }
  std::string bytes;
  bytes.reserve(total);
  // The texts may lie anywhere: those ahead are fetched while one is copied.
  constexpr std::size_t kAhead = 16;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i + kAhead < texts.size()) __builtin_prefetch(texts[i + kAhead].data());
    bytes.append(texts[i]);
  }
  const std::string compressed = base::ZstdCompress(bytes);
  const bool is_smaller = compressed.size() < bytes.size();

  std::string page;
  ByteWriter writer(&page);
  writer.Text(EncodeNumbers(lengths));
  writer.Fixed(is_smaller ? TextCodec::kZstd : TextCodec::kPlain);
  writer.Varint(bytes.size());
  page.append(is_smaller ? compressed : bytes);
  return page;
}

Status AppendTexts(std::string_view page, const TextLimits& limits, Texts* texts) {
  ByteReader reader(page);
  const std::string_view length_page = reader.Text();
  const auto codec = reader.Fixed<TextCodec>();
  const std::uint64_t raw_size = reader.Varint();
  if (!reader.ok()) return DataLoss("text page: cut short at {} bytes", page.size());
  const std::uint64_t begin = texts->bytes.size();
  if (raw_size > limits.bytes_max - begin) return DataLoss("text page: claims {} bytes", raw_size);
  ASSIGN_OR_RETURN(const NumberPage lengths, NumberPage::Open(length_page));
  if (lengths.count() > limits.count_max) {
    return DataLoss("text page: claims {} texts", lengths.count());
  }
  std::vector<std::uint32_t> offsets;
  offsets.reserve(lengths.count());
  std::uint64_t end = 0;
  for (const std::int64_t length : lengths.ReadAll()) {
    end += static_cast<std::uint64_t>(length);
    if (length < 0 || end > raw_size) return DataLoss("text page: lengths pass {} bytes", raw_size);
    offsets.push_back(static_cast<std::uint32_t>(begin + end));
  }
  if (end != raw_size) return DataLoss("text page: lengths give {} of {} bytes", end, raw_size);
  if (codec == TextCodec::kZstd) {
    Status status;
    texts->bytes.resize_and_overwrite(begin + raw_size, [&](char* bytes, std::size_t size) {
      status = base::ZstdDecompressInto(reader.rest(), bytes + begin, raw_size);
      return status.has_value() ? size : begin;
    });
    if (!status.has_value()) return status;
  } else if (codec == TextCodec::kPlain && reader.rest().size() >= raw_size) {
    texts->bytes += reader.rest().substr(0, raw_size);
  } else {
    return DataLoss("text page: codec {} with {} bytes", static_cast<int>(codec),
                    reader.rest().size());
  }
  texts->offsets.insert(texts->offsets.end(), offsets.begin(), offsets.end());
  return {};
}

Result<Texts> DecodeTexts(std::string_view page, const TextLimits& limits) {
  Texts texts;
  TRY(AppendTexts(page, limits, &texts));
  return texts;
}

}  // namespace clew::storage
