#include "wire/otlp/resource_entities.h"

#include "wire/otlp/entity_refs.h"

namespace clew::wire::otlp {

bool ResourceEntities::Read(Reader& reader) {
  if (!IsBytes(reader) || TagOf<field::Resource>(reader) != field::Resource::kEntityRefs) {
    return false;
  }
  const char* const begin = state_.position;
  const std::string_view message = ReadView(reader);
  if (count_ < state_.limits.entity_ref_count_max && IsEntityRefKept(message, state_.limits)) {
    ++count_;
    entities_.Add({begin, static_cast<std::size_t>(reader.data().data() - begin)});
  } else {
    state_.counts.entity_refs_dropped.fetch_add(1, std::memory_order_relaxed);
  }
  return true;
}

}  // namespace clew::wire::otlp
