#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "storage/format/column_reader.h"
#include "storage/format/position_runs.h"

// How ColumnReader reads texts: chunk by chunk, so that a few of them cost a few chunks.
namespace clew::storage {
namespace {

std::uint64_t MemoryOf(const Texts& texts) {
  return texts.bytes.capacity() + texts.offsets.capacity() * sizeof(texts.offsets[0]);
}

Error CodesError() { return {Code::kDataLoss, "codes that are not in the dictionary"}; }

// Which texts of a column a chunk has. Where the only chunk of a dictionary ends nobody knows
// before version 3.
struct ChunkPlace {
  std::size_t chunk = 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
};

ChunkPlace PlaceOf(const ColumnEntry& column, std::size_t chunk) {
  if (column.is_zoned) {
    return {chunk, chunk == 0 ? 0 : column.chunk_ends[chunk - 1], column.chunk_ends[chunk]};
  }
  if (column.values == ValuesEncoding::kDictionary) return {chunk, 0, column.value_count};
  const auto begin = static_cast<std::uint32_t>(chunk * kZoneValues);
  return {chunk, begin, begin + ColumnEntry::CountOf(chunk, column.value_count)};
}

// The chunk with the text at `place`; the number of chunks when there is no such text.
std::size_t ChunkOf(const ColumnEntry& column, std::uint32_t place) {
  if (column.is_zoned) {
    const auto found = std::ranges::upper_bound(column.chunk_ends, place);
    return static_cast<std::size_t>(found - column.chunk_ends.begin());
  }
  return column.values == ValuesEncoding::kDictionary ? 0 : place / kZoneValues;
}

}  // namespace

ScanCache::Key ColumnReader::ChunkKey(const ColumnEntry& column, std::size_t chunk) const {
  return {.source_id = source_id_,
          .offset = column.pages[column.first_value_page() + chunk].offset};
}

void ColumnReader::AddChunks(const ColumnEntry& column, std::span<const std::uint32_t> places,
                             PagePlan* plan) const {
  std::vector<bool> is_added(column.chunk_count());
  ChunkPlace in;  // of the text before
  for (const std::uint32_t place : places) {
    if (place >= in.begin && place < in.end) continue;
    const std::size_t chunk = ChunkOf(column, place);
    if (chunk >= is_added.size()) continue;
    in = PlaceOf(column, chunk);
    if (is_added[chunk]) continue;
    is_added[chunk] = true;
    if (!cache_.Has(ChunkKey(column, chunk))) {
      plan->once.push_back(column.pages[column.first_value_page() + chunk]);
    }
  }
}

Result<std::shared_ptr<const Texts>> ColumnReader::Chunk(const ColumnEntry& column,
                                                         std::size_t chunk) const {
  using LoadedTexts = ScanCache::Loaded<storage::Texts>;
  const auto load = [&]() -> Result<LoadedTexts> {
    ASSIGN_OR_RETURN(const Bytes page, ReadOnce(column, column.first_value_page() + chunk));
    const ChunkPlace place = PlaceOf(column, chunk);
    const std::uint32_t count_max = place.end - place.begin;
    ASSIGN_OR_RETURN(
        storage::Texts texts,
        DecodeTexts(page.view(), {.bytes_max = kColumnTextBytesMax, .count_max = count_max}));
    const bool is_counted = column.is_zoned || column.values == ValuesEncoding::kPlain;
    if (is_counted && texts.count() != count_max) {
      return DataLoss("{} texts in chunk {} instead of {}", texts.count(), chunk, count_max);
    }
    const std::uint64_t size = MemoryOf(texts);
    return LoadedTexts{std::make_shared<const storage::Texts>(std::move(texts)), size};
  };
  if (column.pages[column.first_value_page() + chunk].length > 0) {
    return cache_.Get<storage::Texts>(ChunkKey(column, chunk), load);
  }
  // One without a page begins where another one does.
  ASSIGN_OR_RETURN(LoadedTexts texts, load());
  return std::move(texts.value);
}

Result<std::vector<std::string_view>> ColumnReader::Texts(const ColumnEntry& column,
                                                          std::span<const std::uint32_t> positions,
                                                          std::vector<Bytes>* memory,
                                                          Gaps* gaps) const {
  ASSIGN_OR_RETURN(const std::vector<std::uint32_t> places, Places(column, positions, gaps));
  return TextsAt(column, places, memory, gaps);
}

Result<std::vector<std::uint32_t>> ColumnReader::Places(const ColumnEntry& column,
                                                        std::span<const std::uint32_t> positions,
                                                        Gaps* gaps) const {
  if (column.values == ValuesEncoding::kDictionary) return Codes(column, positions, gaps);
  return std::vector<std::uint32_t>(positions.begin(), positions.end());
}

Result<std::vector<std::string_view>> ColumnReader::TextsAt(const ColumnEntry& column,
                                                            std::span<const std::uint32_t> places,
                                                            std::vector<Bytes>* memory,
                                                            Gaps* gaps) const {
  using ChunkResult = Result<std::shared_ptr<const storage::Texts>>;
  std::vector<std::string_view> texts(places.size());
  if (column.values == ValuesEncoding::kNone) return texts;
  std::vector<std::optional<ChunkResult>> chunks(column.chunk_count());
  std::uint64_t byte_size = 0;
  const auto chunk_at = [&](std::size_t index) -> const ChunkResult& {
    std::optional<ChunkResult>& chunk = chunks[index];
    if (chunk) return *chunk;
    chunk = Chunk(column, index);
    if (!chunk->has_value()) return *chunk;
    byte_size += (**chunk)->bytes.size();
    if (byte_size > kColumnTextBytesMax) {
      chunk = DataLoss("more than {} bytes of text", kColumnTextBytesMax);
    } else {
      memory->emplace_back(**chunk, std::string_view());
    }
    return *chunk;
  };
  std::vector<std::uint32_t> lost;
  // Each chunk is one damaged piece, however many texts it takes, and so are all codes.
  std::vector<bool> is_told(chunks.size() + 1);
  const auto lose = [&](std::uint32_t index, std::size_t piece, const Error& error) -> Status {
    lost.push_back(index);
    if (is_told[piece]) return {};
    is_told[piece] = true;
    Error described = Describe(column, error);
    if (error.code != Code::kDataLoss) return std::unexpected(std::move(described));
    if (gaps->damage.empty() || gaps->damage.back().message != described.message) {
      gaps->damage.push_back(std::move(described));
    }
    return {};
  };
  const auto lose_code = [&](std::uint32_t index) {
    return lose(index, chunks.size(), CodesError());
  };
  ChunkPlace in;  // of the text before
  std::size_t next_gap = 0;
  for (std::uint32_t i = 0; i < places.size(); ++i) {
    if (next_gap < gaps->indexes.size() && gaps->indexes[next_gap] == i) {
      ++next_gap;
      lost.push_back(i);
      continue;
    }
    if (places[i] < in.begin || places[i] >= in.end) {
      const std::size_t chunk = ChunkOf(column, places[i]);
      if (chunk == chunks.size()) {
        TRY(lose_code(i));
        continue;
      }
      in = PlaceOf(column, chunk);
    }
    const ChunkResult& chunk = chunk_at(in.chunk);
    if (!chunk.has_value()) {
      TRY(lose(i, in.chunk, chunk.error()));
    } else if (places[i] - in.begin >= (*chunk)->count()) {
      TRY(lose_code(i));
    } else {
      texts[i] = (*chunk)->Get(places[i] - in.begin);
    }
  }
  gaps->indexes = std::move(lost);
  return texts;
}

Result<Dictionary> ColumnReader::DictionaryOf(const ColumnEntry& column) const {
  Dictionary dictionary;
  std::uint64_t byte_size = 0;
  for (std::size_t i = 0; i < column.chunk_count(); ++i) {
    ASSIGN_OR_RETURN(auto chunk, Chunk(column, i));
    byte_size += chunk->bytes.size();
    if (byte_size > kColumnTextBytesMax) {
      return DataLoss("more than {} bytes of text", kColumnTextBytesMax);
    }
    for (std::size_t text = 0; text < chunk->count(); ++text) {
      dictionary.texts.push_back(chunk->Get(text));
    }
    dictionary.chunks.push_back(std::move(chunk));
  }
  return dictionary;
}

Result<std::vector<std::uint32_t>> ColumnReader::AllCodes(const ColumnEntry& column,
                                                          std::size_t dictionary_count,
                                                          Gaps* gaps) const {
  ASSIGN_OR_RETURN(std::vector<std::uint32_t> codes,
                   Codes(column, AllPositions(column.value_count), gaps));
  const auto does_fit = [&](std::uint32_t code) { return code < dictionary_count; };
  // Codes that are lost read as 0.
  if (std::ranges::all_of(codes, does_fit)) return codes;
  Gaps all;
  TRY(NoteGap(column, CodesError(), 0, codes.size(), &all));
  *gaps = std::move(all);
  std::ranges::fill(codes, 0);
  return codes;
}

}  // namespace clew::storage
