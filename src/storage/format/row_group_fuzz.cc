#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

#include "base/metrics.h"
#include "storage/format/row_group_source.h"
#include "wire/otlp/materialize.h"

namespace {

using namespace clew;  // NOLINT(google-build-using-namespace): a program of one function

void Read(std::string_view stored, std::string_view pages, std::uint32_t version) {
  auto directory = storage::ReadDirectory(stored, version);
  if (!directory.has_value() || directory->byte_size != pages.size()) return;

  base::Metrics metrics;
  storage::ScanCache cache(1u << 20, metrics);
  const storage::RowGroupSource source(
      std::make_shared<const storage::RowGroupDirectory>(std::move(*directory)),
      std::make_shared<storage::MemoryPages>(Bytes(std::string(pages))), cache);
  if (const auto all = source.ReadAll(scan::ReadExtent::kAll); all.has_value()) {
    wire::otlp::MaterializeSpans(**all);
  }
  for (const expr::FieldInfo& info : expr::AllFields()) (void)source.Field(info.field);
  for (const auto owner :
       {model::Owner::kResource, model::Owner::kScope, model::Owner::kEvent, model::Owner::kLink}) {
    (void)source.Ties(owner);
  }
  (void)source.Operations();
  (void)source.Attributes();
  (void)source.Attribute(model::Owner::kSpan, "http.status_code");
  (void)source.AttributeRows(model::Owner::kSpan, "http.status_code");
  (void)source.Starts();
  (void)source.Traces();
  (void)source.Trees({.span_ids = true, .starts = true, .calls = true});
  const std::vector<TraceId> ids = {*TraceId::FromHex("a"), *TraceId::FromHex("c")};
  (void)source.ReadTraces(ids, scan::ReadExtent::kAll);
  (void)source.TraceStarts(ids);
}

}  // namespace

// A row group whose checksums are right and whose content is not: u32 length of the directory, the
// directory, the pages. Every way to read it ends in a value or in DATA_LOSS.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint32_t length = 0;
  if (size < sizeof(length)) return 0;
  std::memcpy(&length, data, sizeof(length));
  const std::string_view rest(reinterpret_cast<const char*>(data) + sizeof(length),
                              size - sizeof(length));
  if (length > rest.size()) return 0;
  // The forms of directories.
  for (const std::uint32_t version : {2u, 3u}) {
    Read(rest.substr(0, length), rest.substr(length), version);
  }
  return 0;
}
