#include <cstdint>
#include <string>
#include <string_view>

#include "base/compression.h"
#include "base/metrics.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/block_facts.h"
#include "storage/format/roll_up.h"

// What the files say of blocks, hostile: the input is taken for facts, of which a block is made and
// asked, and for what is packed in a roll-up.
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
  return 0;
}
