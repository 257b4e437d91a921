#include <cstdint>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/metrics.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/block_facts.h"
#include "storage/format/filter_reader.h"
#include "storage/format/roll_up.h"
#include "storage/format/tag_roll_up.h"

// What the files say of blocks, hostile: the input is taken for facts, of which a block is made and
// asked, and for what is packed in a roll-up of operations or tags.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  if (auto facts = storage::DecodeBlockFacts(input); facts) {
    // As it is read it is written.
    const auto again = storage::DecodeBlockFacts(storage::EncodeBlockFacts(*facts));
    if (!again || *again->outline != *facts->outline) __builtin_trap();
    const auto store = storage::MakeMemoryObjectStore();
    base::Metrics metrics;
    storage::ScanCache cache(1u << 20, metrics);
    storage::ScanCache directories(1u << 20, metrics);
    const auto block = storage::MakeKnownBlock({*store, cache, directories}, "block", *facts);
    const TraceId id = *TraceId::FromHex("a");
    (void)block->MayHold(nullptr, {&id, 1});
    (void)block->filters->ReadTags();
    for (const scan::SpanSourcePtr& source : block->sources) {
      (void)source->stats();
      (void)source->ReadTraces({&id, 1}, scan::ReadExtent::kTree);
    }
  }
  std::string page;
  storage::ByteWriter(&page).Varint(size);
  page += base::ZstdCompress(input);
  (void)storage::DecodeRollUp(page);
  (void)storage::DecodeRollUp(input);
  (void)storage::DecodeTagNames(input, size);
  const auto tags = storage::DecodeTagNames(page, size);
  for (const storage::RolledTag& tag : tags.value_or(storage::RolledTags())) {
    if (tag.offset > size || tag.length > size - tag.offset) __builtin_trap();
  }
  for (const bool are_numbers : {false, true}) {
    storage::RolledTag tag{.value_count = size};
    tag.name.type = are_numbers ? model::ValueType::kInt : model::ValueType::kString;
    (void)storage::DecodeTagValues(tag, page);
    (void)storage::DecodeTagValues(tag, input);
  }
  return 0;
}
