#include "storage/format/replaced_names.h"

#include <cstdint>
#include <optional>
#include <utility>

#include "storage/encoding/byte_stream.h"
#include "storage/format/block.h"

namespace clew::storage {

std::string EncodeReplacesFact(const std::vector<std::string>& names) {
  std::string fact;
  ByteWriter writer(&fact);
  writer.Varint(names.size());
  for (const std::string& name : names) writer.Text(name);
  return fact;
}

bool DecodeReplacesFact(std::string_view fact, BlockMeta* meta) {
  ByteReader reader(fact);
  const std::uint64_t count = reader.Varint();
  std::vector<std::string> names;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    names.emplace_back(reader.Text());
    if (!MayReplace(*meta, names.back())) return false;
  }
  if (!reader.ok() || !reader.rest().empty()) return false;
  meta->replaces = std::move(names);
  return true;
}

bool MayReplace(const BlockMeta& meta, std::string_view name) {
  const std::string folder = std::string(kBlockPrefix) + std::string(meta.tenant.name()) + '/';
  const std::optional<UnixNanos> created_at = CreatedAtOf(name);
  return name.starts_with(folder) && created_at && *created_at < meta.created_at;
}

}  // namespace clew::storage
