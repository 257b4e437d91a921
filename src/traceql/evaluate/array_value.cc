#include "traceql/evaluate/array_value.h"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace clew::traceql::evaluate {
namespace {

/// Reads the fields of a message. The room of wire formats lies above this one, and these are two
/// messages.
class MessageReader {
 public:
  struct Field {
    std::uint64_t number = 0;
    /// 0: a varint; 1: 64 bits; 2: octets; 5: 32 bits.
    std::uint64_t wire_type = 0;
    std::uint64_t bits = 0;
    std::string_view octets{};
  };

  explicit MessageReader(std::string_view bytes) : rest_(bytes) {}

  /// The next field. Nothing at the end, or where bytes are broken.
  std::optional<Field> Next() {
    if (rest_.empty()) return std::nullopt;
    Field field;
    std::uint64_t tag = 0;
    bool is_whole = Varint(&tag);
    field.number = tag >> 3;
    field.wire_type = tag & 7;
    if (field.wire_type == 0) {
      is_whole = is_whole && Varint(&field.bits);
    } else if (field.wire_type == 2) {
      std::uint64_t size = 0;
      is_whole = is_whole && Varint(&size) && size <= rest_.size();
      if (is_whole) field.octets = Take(size);
    } else {
      const std::size_t size = field.wire_type == 1 ? 8 : 4;
      is_whole = is_whole && (field.wire_type == 1 || field.wire_type == 5) && size <= rest_.size();
      if (is_whole) field.bits = LittleEndian(Take(size));
    }
    if (!is_whole) {
      is_broken_ = true;
      return std::nullopt;
    }
    return field;
  }
  bool is_broken() const { return is_broken_; }

 private:
  std::string_view Take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  static std::uint64_t LittleEndian(std::string_view octets) {
    std::uint64_t bits = 0;
    for (std::size_t i = octets.size(); i > 0; --i) {
      bits = bits << 8 | static_cast<std::uint8_t>(octets[i - 1]);
    }
    return bits;
  }

  bool Varint(std::uint64_t* value) {
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const auto octet = static_cast<std::uint8_t>(Take(1)[0]);
      *value |= static_cast<std::uint64_t>(octet & 0x7f) << shift;
      if (octet < 0x80) return true;
    }
    return false;
  }

  std::string_view rest_;
  bool is_broken_ = false;
};

/// A scalar of the message AnyValue; nothing for other values and broken bytes. Of several values
/// in one the last counts.
Value ReadScalar(std::string_view any_value) {
  Value value;
  MessageReader reader(any_value);
  while (const auto field = reader.Next()) {
    if (field->number == 1 && field->wire_type == 2) {
      value = Value::String(field->octets);
    } else if (field->number == 2 && field->wire_type == 0) {
      value = Value::Bool(field->bits != 0);
    } else if (field->number == 3 && field->wire_type == 0) {
      value = Value::Int(static_cast<std::int64_t>(field->bits));
    } else if (field->number == 4 && field->wire_type == 1) {
      value = Value::Float(std::bit_cast<double>(field->bits));
    } else if (field->number >= 5 && field->number <= 7) {
      value = {};
    }
  }
  return reader.is_broken() ? Value() : value;
}

/// Whether it is one of the elements, which other fields are not.
bool IsElement(const MessageReader::Field& field) {
  return field.number == 1 && field.wire_type == 2;
}

}  // namespace

Value ReadArray(std::string_view encoded) {
  Value first;
  std::size_t count = 0;
  MessageReader reader(encoded);
  while (const auto field = reader.Next()) {
    if (!IsElement(*field)) continue;
    const Value element = ReadScalar(field->octets);
    if (element.is_nil() || (count > 0 && element.kind != first.kind)) return {};
    if (count == 0) first = element;
    ++count;
  }
  if (reader.is_broken()) return {};
  return count > 1 ? Value::Array(encoded) : first;
}

bool AnyElement(std::string_view encoded, const std::function<bool(const Value&)>& visit) {
  MessageReader reader(encoded);
  while (const auto field = reader.Next()) {
    if (IsElement(*field) && visit(ReadScalar(field->octets))) return true;
  }
  return false;
}

}  // namespace clew::traceql::evaluate
