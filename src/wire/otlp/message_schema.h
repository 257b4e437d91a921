#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <protozero/types.hpp>
#include <span>
#include <string_view>

namespace clew::wire::otlp {

/// How a field looks in protobuf and in JSON (otlp.md sections 2 and 3).
enum class FieldKind : std::uint8_t {
  kString,
  kBytes,  // base64 in JSON
  kId,     // bytes; hex in OTLP/JSON
  kBool,
  kUint32,  // varint
  kUint64,  // varint; a string in JSON
  kInt32,   // varint
  kInt64,   // varint; a string in JSON
  kSint32,  // varint, zig-zag
  kFixed32,
  kFixed64,   // a string in JSON
  kSfixed64,  // a string in JSON
  kDouble,
  kEnum,  // varint; an integer or a name in JSON
  kMessage,
};

constexpr protozero::pbf_wire_type WireTypeOf(FieldKind kind) {
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

struct EnumName {
  std::int32_t number;
  std::string_view name;
};

struct MessageSchema;

struct FieldSchema {
  std::uint32_t number;
  FieldKind kind;
  std::string_view name;        // as JSON writes it
  std::string_view proto_name;  // snake_case, which JSON may also use
  /// Optional is a single one that is written also when it is zero. Repeated numbers are packed.
  enum class Count : std::uint8_t { kSingle, kOptional, kRepeated } count = Count::kSingle;
  const MessageSchema* message = nullptr;  // of kMessage
  std::span<const EnumName> enum_names{};  // of kEnum
  /// A number it had before, read when there is nothing under the present one; 0 when none.
  std::uint32_t number_old = 0;

  bool is_repeated() const { return count == Count::kRepeated; }
  protozero::pbf_wire_type wire_type() const { return WireTypeOf(kind); }
  /// Of kId: how long one is that is there.
  std::size_t id_size() const { return proto_name.ends_with("span_id") ? 8 : 16; }
  /// Whether its values may come as one run of bytes.
  bool is_packable() const {
    return is_repeated() && wire_type() != protozero::pbf_wire_type::length_delimited;
  }
};

struct MessageSchema {
  static constexpr std::size_t kFieldCountMax = 20;
  enum class Presence : std::uint8_t { kImplicit, kOneOf };

  constexpr MessageSchema() = default;
  template <std::size_t kFieldCount>
  constexpr explicit MessageSchema(const FieldSchema (&message_fields)[kFieldCount],
                                   std::uint8_t usual_length_size = 1,
                                   Presence field_presence = Presence::kImplicit)
      : fields(message_fields), length_size_usual(usual_length_size), presence(field_presence) {
    static_assert(kFieldCount <= kFieldCountMax, "raise kFieldCountMax");
  }
  template <std::size_t kFieldCount>
  constexpr explicit MessageSchema(const std::array<FieldSchema, kFieldCount>& message_fields,
                                   std::uint8_t usual_length_size = 1)
      : fields(message_fields), length_size_usual(usual_length_size) {
    static_assert(kFieldCount <= kFieldCountMax, "raise kFieldCountMax");
  }

  std::span<const FieldSchema> fields;  // ascending by number, at most kFieldCountMax
  /// How many bytes the length of such a message usually takes; a wrong guess costs a move.
  std::uint8_t length_size_usual = 1;
  /// At most one field may be set, and is written even when it is zero (AnyValue).
  Presence presence = Presence::kImplicit;

  bool is_oneof() const { return presence == Presence::kOneOf; }
  /// The field that has, or had, this number; null when there is none.
  const FieldSchema* FindByNumber(std::uint32_t number) const;
};

/// Requests and responses of each signal; requests are TracesData and so on, too.
extern const MessageSchema kTracesRequestSchema;
extern const MessageSchema kTracesResponseSchema;
extern const MessageSchema kMetricsRequestSchema;
extern const MessageSchema kMetricsResponseSchema;
extern const MessageSchema kLogsRequestSchema;
extern const MessageSchema kLogsResponseSchema;
extern const MessageSchema kProfilesRequestSchema;
extern const MessageSchema kProfilesResponseSchema;
/// TracesData with all names that Tempo gives or gave its fields, and a message around it, which
/// has it as field 1. For reading only: several names have one number.
extern const MessageSchema kAnswerTracesSchema;
extern const MessageSchema kTraceAnswerSchema;
extern const MessageSchema kAnyValueSchema;

}  // namespace clew::wire::otlp
