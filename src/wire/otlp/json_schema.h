#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace clew::wire::otlp {

/// How a field looks on both sides (otlp.md sections 2 and 3).
enum class FieldKind : std::uint8_t {
  kString,
  kBytes,  // base64 in JSON
  kId,     // bytes; hex in OTLP/JSON
  kBool,
  kUint32,  // varint
  kInt64,   // varint; a string in JSON
  kFixed32,
  kFixed64,  // a string in JSON
  kDouble,
  kEnum,  // varint; an integer or a name in JSON
  kMessage,
};

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
  enum class Count : std::uint8_t { kSingle, kRepeated } count = Count::kSingle;
  const MessageSchema* message = nullptr;  // of kMessage
  std::span<const EnumName> enum_names{};  // of kEnum
  /// A number it had before, read when there is nothing under the present one; 0 when none.
  std::uint32_t number_old = 0;

  bool is_repeated() const { return count == Count::kRepeated; }
};

struct MessageSchema {
  static constexpr std::size_t kFieldCountMax = 16;

  std::span<const FieldSchema> fields;  // ascending by number, at most kFieldCountMax
  /// How many bytes the length of such a message usually takes; a wrong guess costs a move.
  std::uint8_t length_size_usual = 1;
  /// At most one field may be set, and is written even when it is zero (AnyValue).
  enum class Presence : std::uint8_t { kImplicit, kOneOf } presence = Presence::kImplicit;

  bool is_oneof() const { return presence == Presence::kOneOf; }
};

extern const MessageSchema kExportRequestSchema;  // = TracesData
extern const MessageSchema kExportResponseSchema;
/// TracesData with all names that Tempo gives or gave its fields, and a message around it, which
/// has it as field 1. For reading only: several names have one number.
extern const MessageSchema kAnswerTracesSchema;
extern const MessageSchema kTraceAnswerSchema;
extern const MessageSchema kAnyValueSchema;

}  // namespace clew::wire::otlp
