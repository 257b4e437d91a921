#include "wire/otlp/walk_items.h"

#include <algorithm>
#include <optional>
#include <protozero/exception.hpp>
#include <utility>

#include "wire/otlp/fields.h"
#include "wire/otlp/protobuf_fault.h"

namespace clew::wire::otlp {
namespace {

/// Messages lie deeper within each other than any reader goes.
struct TooDeep {};

struct BadId {
  const FieldSchema& field;
  std::size_t size;
};

struct BadWireType {
  const FieldSchema& field;
  protozero::pbf_wire_type wire_type;
};

class Walker {
 public:
  Walker(const SignalShape& shape, WalkDepth walk_depth)
      : shape_(shape), sees_everything_(walk_depth == WalkDepth::kEverything) {}

  /// `level`: of a message that items lie below; past the levels for all others.
  void Message(std::string_view message, const MessageSchema& schema, std::size_t level,
               std::size_t depth) {
    if (depth > kMessageDepthMax) throw TooDeep();
    Reader reader = ReaderOf(message);
    position_ = message.data();
    std::optional<bool> has_new;  // of the field that has an old number, too
    while (reader.next()) {
      const FieldSchema* const field = schema.FindByNumber(reader.tag());
      if (field != nullptr) CheckWireType(reader, *field);
      if (field == nullptr || !IsBytes(reader)) {
        reader.skip();
      } else if (field->kind == FieldKind::kMessage) {
        bool counts = IsLevel(level, field->number);
        if (counts && reader.tag() != field->number) {
          if (!has_new) has_new = Has(message, field->number);
          counts = !*has_new;
        }
        Submessage(ReadView(reader), *field, counts ? level : kNoLevel, depth);
      } else {
        CheckValue(ReadView(reader), *field);
      }
      position_ = reader.data().data();
    }
  }

  const ItemCounts& counts() const { return counts_; }
  const char* position() const { return position_; }

 private:
  static constexpr std::size_t kNoLevel = ItemCounts::kLevelsMax;

  bool IsLevel(std::size_t level, std::uint32_t number) const {
    return level < shape_.levels.size() &&
           std::ranges::find(shape_.levels[level], number) != shape_.levels[level].end();
  }

  void Submessage(std::string_view message, const FieldSchema& field, std::size_t level,
                  std::size_t depth) {
    if (level == kNoLevel) {
      if (sees_everything_) Message(message, *field.message, kNoLevel, depth + 1);
      return;
    }
    ++counts_.by_level[level];
    Message(message, *field.message, level + 1, depth + 1);
  }

  /// Whether the message has a field of this number.
  static bool Has(std::string_view message, std::uint32_t number) {
    Reader reader = ReaderOf(message);
    while (reader.next()) {
      if (reader.tag() == number && IsBytes(reader)) return true;
      reader.skip();
    }
    return false;
  }

  /// Who reads the request later fails at such a field, or loses what it says.
  void CheckWireType(const Reader& reader, const FieldSchema& field) const {
    const bool fits =
        reader.wire_type() == field.wire_type() || (field.is_packable() && IsBytes(reader));
    if (sees_everything_ && !fits) throw BadWireType{field, reader.wire_type()};
  }

  void CheckValue(std::string_view value, const FieldSchema& field) const {
    if (!sees_everything_) return;
    if (field.is_packable()) return CheckPacked(value, field);
    const bool is_bad_id =
        field.kind == FieldKind::kId && !value.empty() && value.size() != field.id_size();
    if (is_bad_id) throw BadId{field, value.size()};
  }

  static void CheckPacked(std::string_view values, const FieldSchema& field) {
    switch (field.wire_type()) {
      case protozero::pbf_wire_type::varint: {
        const char* position = values.data();
        const char* const end = position + values.size();
        while (position < end) protozero::decode_varint(&position, end);
        return;
      }
      case protozero::pbf_wire_type::fixed64:
        if (values.size() % 8 != 0) throw protozero::invalid_length_exception();
        return;
      case protozero::pbf_wire_type::fixed32:
        if (values.size() % 4 != 0) throw protozero::invalid_length_exception();
        return;
      default:
        return;
    }
  }

  const SignalShape& shape_;
  const bool sees_everything_;
  ItemCounts counts_;
  const char* position_ = nullptr;
};

}  // namespace

Result<ItemCounts> WalkItems(const SignalShape& shape, std::string_view request, WalkDepth depth) {
  Walker walker(shape, depth);
  try {
    walker.Message(request, shape.request, 0, 1);
  } catch (const protozero::exception& error) {
    return InvalidArgument("malformed protobuf at byte offset {}: {}; send an {}",
                           walker.position() - request.data(), ProtobufFault(error),
                           shape.request_name);
  } catch (const BadId& bad) {
    return InvalidArgument("at byte offset {} {} has {} bytes, expected {} or none",
                           walker.position() - request.data(), bad.field.proto_name, bad.size,
                           bad.field.id_size());
  } catch (const BadWireType& bad) {
    return InvalidArgument("at byte offset {} {} has wire type {}, expected {}",
                           walker.position() - request.data(), bad.field.proto_name,
                           std::to_underlying(bad.wire_type),
                           std::to_underlying(bad.field.wire_type()));
  } catch (const TooDeep&) {
    return InvalidArgument("at byte offset {} messages lie more than {} deep within each other",
                           walker.position() - request.data(), kMessageDepthMax);
  }
  return walker.counts();
}

}  // namespace clew::wire::otlp
