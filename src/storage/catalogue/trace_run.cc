#include "storage/catalogue/trace_run.h"

#include <fcntl.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "base/hash.h"
#include "storage/encoding/byte_stream.h"

namespace clew::storage {
namespace {

constexpr std::string_view kHead = "clewtrc2";
constexpr std::uint64_t kPageBytes = 4096;
constexpr std::uint64_t kEntryBytes = 12;
constexpr std::uint64_t kChecksumBytes = 8;
constexpr std::uint64_t kEntriesOfPage = (kPageBytes - kChecksumBytes) / kEntryBytes;
// Checksum and length of what stands before it.
constexpr std::uint64_t kTailBytes = 8 + 8;
// Many times that of a file that we write: some ten thousand pages, and some dozen names.
constexpr std::uint64_t kFooterBytesMax = 16u << 20;
// What no place is: fills the last page.
constexpr TraceRun::Place kNoPlace{.block = 0xffff, .row_group = TraceRun::kAnyRowGroup};
// More have no number in a place, and one of them would have that of no place.
constexpr std::uint64_t kBlocksMax = kNoPlace.block;

std::string MakePage(std::span<const TraceRun::Entry> entries) {
  std::string content;
  ByteWriter writer(&content);
  for (std::size_t i = 0; i < kEntriesOfPage; ++i) {
    const bool is_there = i < entries.size();
    writer.Fixed(is_there ? entries[i].key : ~std::uint64_t{0});
    const TraceRun::Place place = is_there ? entries[i].place : kNoPlace;
    writer.Fixed(place.block);
    writer.Fixed(place.row_group);
  }
  content.resize(kPageBytes - kChecksumBytes, '\0');
  std::string page;
  ByteWriter(&page).Fixed(base::Hash64(content));
  return page + content;
}

}  // namespace

std::string TraceRun::Encode(std::span<const Block> blocks, std::vector<Entry> entries) {
  std::ranges::sort(entries);
  entries.erase(std::ranges::unique(entries).begin(), entries.end());
  std::string file(kHead);
  std::string footer;
  ByteWriter writer(&footer);
  writer.Varint(blocks.size());
  for (const Block& block : blocks) {
    writer.Text(block.name);
    writer.Fixed(block.footer_checksum);
  }
  writer.Varint((entries.size() + kEntriesOfPage - 1) / kEntriesOfPage);
  for (std::span<const Entry> rest(entries); !rest.empty();) {
    const auto some = rest.first(std::min<std::size_t>(kEntriesOfPage, rest.size()));
    writer.Fixed(some.front().key);
    file += MakePage(some);
    rest = rest.subspan(some.size());
  }
  file += footer;
  ByteWriter tail(&file);
  tail.Fixed(base::Hash64(footer));
  tail.Fixed(std::uint64_t{footer.size()});
  return file;
}

Result<std::shared_ptr<const TraceRun>> TraceRun::Open(ReadAt read, std::uint64_t size) {
  if (size < kHead.size() + kTailBytes) return base::DataLoss("{} bytes are no trace run", size);
  ASSIGN_OR_RETURN(const std::string head, read(0, kHead.size()));
  if (head != kHead) return base::DataLoss("no trace run: its first bytes are others");
  ASSIGN_OR_RETURN(const std::string tail, read(size - kTailBytes, kTailBytes));
  ByteReader reader(tail);
  const auto checksum = reader.Fixed<std::uint64_t>();
  const auto length = reader.Fixed<std::uint64_t>();
  if (length > std::min(size - kHead.size() - kTailBytes, kFooterBytesMax)) {
    return base::DataLoss("trace run: footer of {} bytes", length);
  }
  const std::uint64_t pages_end = size - kTailBytes - length;
  ASSIGN_OR_RETURN(const std::string footer, read(pages_end, length));
  if (base::Hash64(footer) != checksum) {
    return base::DataLoss("trace run: checksum of the footer does not match");
  }
  std::shared_ptr<TraceRun> run(new TraceRun(std::move(read)));
  TRY(run->Decode(footer));
  if (pages_end != kHead.size() + run->first_keys_.size() * kPageBytes) {
    return base::DataLoss("trace run: its pages do not end where the footer begins");
  }
  return run;
}

Result<std::shared_ptr<const TraceRun>> TraceRun::OpenFile(const std::string& path) {
  TRY(base::CheckRegular(path));
  ASSIGN_OR_RETURN(const base::FileDescriptor file, base::OpenFile(path, O_RDONLY));
  ASSIGN_OR_RETURN(const std::uint64_t size, base::FileSize(file.get(), path));
  const auto read = [path](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
    ASSIGN_OR_RETURN(const base::FileDescriptor opened, base::OpenFile(path, O_RDONLY));
    std::string bytes(length, '\0');
    ASSIGN_OR_RETURN(const std::size_t count,
                     base::ReadAt(opened.get(), bytes.data(), length, offset, path));
    if (count < length) return base::DataLoss("{} ends too early", path);
    return bytes;
  };
  return Open(read, size);
}

Status TraceRun::Decode(std::string_view footer) {
  ByteReader reader(footer);
  const std::uint64_t block_count = reader.Varint();
  if (block_count > kBlocksMax) {
    return base::DataLoss("trace run: it names {} blocks, and has places for {}", block_count,
                          kBlocksMax);
  }
  for (std::uint64_t i = 0; i < block_count && reader.ok(); ++i) {
    Block& block = blocks_.emplace_back();
    block.name = reader.Text();
    block.footer_checksum = reader.Fixed<std::uint64_t>();
  }
  const std::uint64_t page_count = reader.Varint();
  if (page_count != reader.rest().size() / sizeof(std::uint64_t)) reader.MarkBad();
  for (std::uint64_t i = 0; i < page_count && reader.ok(); ++i) {
    first_keys_.push_back(reader.Fixed<std::uint64_t>());
  }
  if (!reader.ok() || !reader.rest().empty() || !std::ranges::is_sorted(first_keys_)) {
    return base::DataLoss("trace run: its footer is not well formed");
  }
  return {};
}

std::uint64_t TraceRun::memory_bytes() const {
  std::uint64_t bytes = sizeof(TraceRun) + first_keys_.capacity() * sizeof(std::uint64_t);
  for (const Block& block : blocks_) bytes += sizeof(Block) + block.name.capacity();
  return bytes;
}

Status TraceRun::Find(std::uint64_t key, std::vector<Place>* found) const {
  // Equal keys may go on in the next page, and begin at the end of the one before.
  const auto first = std::ranges::lower_bound(first_keys_, key);
  auto page = static_cast<std::size_t>(first - first_keys_.begin());
  if (page > 0) --page;
  for (; page < first_keys_.size() && first_keys_[page] <= key; ++page) {
    ASSIGN_OR_RETURN(const bool may_go_on, FindInPage(page, key, found));
    if (!may_go_on) break;
  }
  return {};
}

Result<bool> TraceRun::FindInPage(std::size_t page, std::uint64_t key,
                                  std::vector<Place>* found) const {
  ASSIGN_OR_RETURN(const std::string bytes, read_(kHead.size() + page * kPageBytes, kPageBytes));
  ByteReader reader(bytes);
  const auto checksum = reader.Fixed<std::uint64_t>();
  const std::string_view content = reader.rest();
  if (base::Hash64(content) != checksum) {
    return base::DataLoss("trace run: checksum of page {} does not match", page);
  }
  const auto key_at = [&](std::size_t i) {
    std::uint64_t number = 0;
    std::memcpy(&number, content.data() + i * kEntryBytes, sizeof(number));
    return number;
  };
  if (key_at(0) != first_keys_[page]) {
    return base::DataLoss("trace run: another page stands at the place of page {}", page);
  }
  std::size_t low = 0;
  for (std::size_t high = kEntriesOfPage; low < high;) {
    const std::size_t middle = (low + high) / 2;
    if (key_at(middle) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  for (; low < kEntriesOfPage && key_at(low) == key; ++low) {
    ByteReader entry(content.substr(low * kEntryBytes + sizeof(key)));
    Place place;
    place.block = entry.Fixed<std::uint16_t>();
    place.row_group = entry.Fixed<std::uint16_t>();
    if (place.block < blocks_.size()) found->push_back(place);
  }
  return low == kEntriesOfPage;
}

}  // namespace clew::storage
