#include "wire/otlp/message_schema.h"

namespace clew::wire::otlp {

protozero::pbf_wire_type FieldSchema::wire_type() const {
  switch (kind) {
    case FieldKind::kString:
    case FieldKind::kBytes:
    case FieldKind::kId:
    case FieldKind::kMessage:
      return protozero::pbf_wire_type::length_delimited;
    case FieldKind::kBool:
    case FieldKind::kUint32:
    case FieldKind::kUint64:
    case FieldKind::kInt32:
    case FieldKind::kInt64:
    case FieldKind::kSint32:
    case FieldKind::kEnum:
      return protozero::pbf_wire_type::varint;
    case FieldKind::kFixed32:
      return protozero::pbf_wire_type::fixed32;
    case FieldKind::kFixed64:
    case FieldKind::kSfixed64:
    case FieldKind::kDouble:
      return protozero::pbf_wire_type::fixed64;
  }
  return protozero::pbf_wire_type::unknown;
}

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
