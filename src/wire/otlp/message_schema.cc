#include "wire/otlp/message_schema.h"

namespace clew::wire::otlp {

const FieldSchema* MessageSchema::FindByNumber(std::uint32_t number) const {
  // Most messages number their fields from 1 without a gap.
  const std::size_t guess = number - std::size_t{1};
  if (guess < fields.size() && fields[guess].number == number) return &fields[guess];
  for (const FieldSchema& field : fields) {
    if (number == field.number || number == field.number_old) return &field;
  }
  return nullptr;
}

}  // namespace clew::wire::otlp
