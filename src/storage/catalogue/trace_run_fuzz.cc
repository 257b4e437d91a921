#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "storage/catalogue/trace_run.h"
#include "storage/encoding/byte_stream.h"

// A file of the index of traces that is well sealed and hostile: the input is u32 length of the
// footer, contents of pages of 4,088 bytes each, and the footer.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace clew;
  constexpr std::size_t kContentBytes = 4088;
  storage::ByteReader input({reinterpret_cast<const char*>(data), size});
  const auto footer_size = input.Fixed<std::uint32_t>();
  if (!input.ok() || footer_size > input.rest().size()) return 0;
  std::string_view pages = input.rest().substr(0, input.rest().size() - footer_size);
  const std::string_view footer = input.rest().substr(pages.size());
  std::string file = "clewtrc2";
  storage::ByteWriter writer(&file);
  for (; !pages.empty(); pages.remove_prefix(std::min(kContentBytes, pages.size()))) {
    const std::string_view content = pages.substr(0, kContentBytes);
    writer.Fixed(base::Hash64(content));
    file += content;
  }
  file += footer;
  writer.Fixed(base::Hash64(footer));
  writer.Fixed(std::uint64_t{footer_size});

  const auto read = [&file](std::uint64_t offset, std::uint64_t length) -> Result<std::string> {
    if (offset > file.size() || length > file.size() - offset) __builtin_trap();
    return file.substr(offset, length);
  };
  const auto run = storage::TraceRun::Open(read, file.size());
  if (!run.has_value()) return 0;
  std::vector<storage::TraceRun::Place> found;
  for (const std::uint64_t key : {std::uint64_t{0}, std::uint64_t{7}, ~std::uint64_t{0}}) {
    (void)(*run)->Find(key, &found);
  }
  for (const storage::TraceRun::Place& place : found) {
    if (place.block >= (*run)->blocks().size()) __builtin_trap();
  }
  return 0;
}
