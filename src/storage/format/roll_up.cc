#include "storage/format/roll_up.h"

#include <map>
#include <tuple>
#include <utility>

#include "base/compression.h"
#include "storage/encoding/byte_stream.h"

namespace clew::storage {

std::string MakeRollUp(std::span<const std::shared_ptr<const RowGroup>> row_groups) {
  std::map<std::tuple<std::string_view, std::string_view, std::int32_t>, std::uint64_t> operations;
  for (const auto& group : row_groups) {
    for (const scan::OperationCount& operation : group->operations) {
      operations[{operation.service, operation.name, operation.kind}] += operation.span_count;
    }
    const bool has_all = group->operations.size() == group->directory.operation_count;
    if (!has_all || operations.size() > kRolledOperationsMax) return {};
  }
  std::string raw;
  ByteWriter writer(&raw);
  writer.Varint(operations.size());
  for (const auto& [key, span_count] : operations) {
    writer.Text(std::get<0>(key));
    writer.Text(std::get<1>(key));
    writer.Fixed(std::get<2>(key));
    writer.Varint(span_count);
  }
  if (raw.size() > kRollUpBytesMax) return {};
  std::string page;
  ByteWriter(&page).Varint(raw.size());
  page.append(base::ZstdCompress(raw));
  return page;
}

std::optional<RollUp> DecodeRollUp(std::string_view page) {
  ByteReader header(page);
  const std::uint64_t raw_size = header.Varint();
  if (!header.ok() || raw_size > kRollUpBytesMax) return std::nullopt;
  std::string raw(raw_size, '\0');
  if (!base::ZstdDecompressInto(header.rest(), raw.data(), raw_size).has_value()) {
    return std::nullopt;
  }
  RollUp operations;
  ByteReader reader(raw);
  const std::uint64_t count = reader.Varint();
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    scan::OperationCount& operation = operations.emplace_back();
    operation.service = reader.Text();
    operation.name = reader.Text();
    operation.kind = reader.Fixed<std::int32_t>();
    operation.span_count = reader.Varint();
  }
  if (!reader.ok() || !reader.rest().empty()) return std::nullopt;
  return operations;
}

}  // namespace clew::storage
