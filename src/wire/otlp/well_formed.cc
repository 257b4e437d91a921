#include "wire/otlp/well_formed.h"

#include <protozero/exception.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "wire/otlp/entity_refs.h"
#include "wire/otlp/nested_value.h"

namespace clew::wire::otlp {
namespace {

using model::ValueType;

// Deeper ones no limit has ever let in.
constexpr std::uint64_t kDepthCeiling = 256;

bool IsWellFormedNested(ValueType type, std::string_view encoded) {
  try {
    return NestedDepth(type, encoded, kDepthCeiling) <= kDepthCeiling;
  } catch (const protozero::exception&) {
    return false;
  }
}

template <typename IsWellFormed>
void Clear(IsWellFormed is_well_formed, model::Column<std::string_view>* texts) {
  // Neighbours mostly view the same bytes.
  std::string_view last;
  bool is_last_well_formed = true;
  for (std::size_t i = 0; i < texts->size(); ++i) {
    const std::string_view text = (*texts)[i];
    if (text.data() != last.data() || text.size() != last.size()) {
      last = text;
      is_last_well_formed = is_well_formed(text);
    }
    if (!is_last_well_formed) texts->Set(i, {});
  }
}

}  // namespace

void ClearMalformed(model::SpanColumns* columns) {
  Clear(AreWellFormedEntityRefs, &columns->resources.entity_refs);
  for (model::AttributeColumn& column : columns->attributes) {
    if (column.type != ValueType::kArray && column.type != ValueType::kKvList) continue;
    Clear([&](std::string_view text) { return IsWellFormedNested(column.type, text); },
          &column.strings);
  }
}

}  // namespace clew::wire::otlp
