
#include <array>
#include <bit>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>
#include <utility>

#include "base/base64.h"
#include "wire/otlp/fields.h"
#include "wire/otlp/json.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/json_transcode.h"
#include "wire/otlp/json_writer.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {
namespace {

/// Writes one message while it walks it. Throws what protozero throws.
class MessageWriter {
 public:
  MessageWriter(JsonDialect dialect, std::string_view root) : dialect_(dialect), root_(root) {}

  std::string Write(const MessageSchema& schema, std::string_view protobuf) {
    WriteMessage(schema, protobuf, 1);
    return json_.Take();
  }

 private:
  /// The value of one occurrence of a field.
  struct Value {
    std::uint64_t bits = 0;
    std::string_view text{};
  };
  /// Where in a message a field occurs: of a list and of a message in parts from the first to the
  /// last, of any other the last. Nothing else is kept: what is in between is read a second time,
  /// so that memory does not grow with the number of values.
  struct Range {
    const char* begin;
    const char* end;
    std::uint32_t number;  // the one on the wire
    bool is_in_parts;
  };
  /// By place in the schema; only those that are there are set.
  struct Ranges {
    bool Has(std::size_t place) const { return (found >> place & 1) != 0; }

    std::uint32_t found = 0;
    std::array<Range, MessageSchema::kFieldCountMax> at;
    static_assert(MessageSchema::kFieldCountMax <= 32);
  };

  void WriteMessage(const MessageSchema& schema, std::string_view protobuf, std::size_t depth);
  static Ranges Find(const MessageSchema& schema, std::string_view protobuf);
  void WriteField(const FieldSchema& field, const Range& range, std::size_t depth);
  void WriteScalar(const FieldSchema& field, const Value& value);
  void WriteEnum(const FieldSchema& field, std::int32_t number);

  // Whether the reader is at a run of numbers.
  static bool IsPacked(const FieldSchema& field, const protozero::pbf_reader& reader) {
    return field.is_packable() && reader.wire_type() == protozero::pbf_wire_type::length_delimited;
  }
  static Value Read(protozero::pbf_reader& reader);
  template <typename Take>
  static void ForEachPacked(protozero::data_view values, const FieldSchema& field, Take take);
  template <typename Take>
  static void ForEach(const FieldSchema& field, const Range& range, Take take);
  static std::string Joined(const FieldSchema& field, const Range& range);
  static std::string_view LastWithField(const FieldSchema& field, const Range& range);

  const JsonDialect dialect_;
  const std::string_view root_;
  JsonWriter json_;
};

MessageWriter::Ranges MessageWriter::Find(const MessageSchema& schema, std::string_view protobuf) {
  Ranges ranges;
  protozero::pbf_reader reader(protobuf.data(), protobuf.size());
  const char* begin = protobuf.data();
  while (reader.next()) {
    const FieldSchema* const field = schema.FindByNumber(reader.tag());
    const bool is_known =
        field != nullptr && (IsPacked(*field, reader) || reader.wire_type() == field->wire_type());
    const std::uint32_t number = reader.tag();
    reader.skip();
    const char* const end = reader.data().data();
    if (is_known) {
      const auto place = static_cast<std::size_t>(field - schema.fields.data());
      Range& range = ranges.at[place];
      if (schema.is_oneof()) ranges.found = 0;
      // A field under its old number counts only when there is none under the new one.
      const bool is_first =
          !ranges.Has(place) || (range.number != number && range.number == field->number_old);
      if (is_first) {
        range = {.begin = begin, .end = end, .number = number, .is_in_parts = false};
        ranges.found |= 1u << place;
      } else if (range.number == number) {
        range.is_in_parts = true;
        if (field->kind != FieldKind::kMessage && !field->is_repeated()) range.begin = begin;
        range.end = end;
      }
    }
    begin = end;
  }
  return ranges;
}

MessageWriter::Value MessageWriter::Read(protozero::pbf_reader& reader) {
  switch (reader.wire_type()) {
    case protozero::pbf_wire_type::varint:
      return {.bits = reader.get_uint64()};
    case protozero::pbf_wire_type::fixed32:
      return {.bits = reader.get_fixed32()};
    case protozero::pbf_wire_type::fixed64:
      return {.bits = reader.get_fixed64()};
    default:
      return {.text = ToView(reader.get_view())};
  }
}

template <typename Take>
void MessageWriter::ForEachPacked(protozero::data_view values, const FieldSchema& field,
                                  Take take) {
  const char* position = values.data();
  const char* const end = position + values.size();
  while (position < end) {
    Value value;
    if (field.wire_type() == protozero::pbf_wire_type::varint) {
      value.bits = protozero::decode_varint(&position, end);
    } else {
      const std::size_t size = field.wire_type() == protozero::pbf_wire_type::fixed32 ? 4 : 8;
      if (static_cast<std::size_t>(end - position) < size) {
        throw protozero::end_of_buffer_exception();
      }
      for (std::size_t i = 0; i < size; ++i) {
        value.bits |= std::uint64_t{static_cast<unsigned char>(position[i])} << (8 * i);
      }
      position += size;
    }
    take(value);
  }
}

/// Calls `take` with each value in the range.
template <typename Take>
void MessageWriter::ForEach(const FieldSchema& field, const Range& range, Take take) {
  protozero::pbf_reader reader(range.begin, static_cast<std::size_t>(range.end - range.begin));
  while (reader.next()) {
    if (reader.tag() != range.number) {
      reader.skip();
    } else if (IsPacked(field, reader)) {
      ForEachPacked(reader.get_view(), field, take);
    } else if (reader.wire_type() == field.wire_type()) {
      take(Read(reader));
    } else {
      reader.skip();
    }
  }
}

void MessageWriter::WriteMessage(const MessageSchema& schema, std::string_view protobuf,
                                 std::size_t depth) {
  const Ranges ranges = Find(schema, protobuf);
  json_.StartObject();
  bool is_first = true;
  for (std::size_t place = 0; place < schema.fields.size(); ++place) {
    if (!ranges.Has(place)) continue;
    const Range& range = ranges.at[place];
    const bool is_root = depth == 1 && !root_.empty() && std::exchange(is_first, false);
    const FieldSchema& field = schema.fields[place];
    const std::string_view key = is_root ? root_ : field.name;
    const std::size_t child_depth = depth + (field.is_repeated() ? 2 : 1);
    if (field.kind == FieldKind::kMessage || field.is_repeated()) {
      if (field.kind == FieldKind::kMessage && child_depth > kJsonDepthMax) continue;
      json_.Key(key);
      WriteField(field, range, child_depth);
      continue;
    }
    Value value;
    ForEach(field, range, [&](const Value& last) { value = last; });
    const bool is_default = !schema.is_oneof() && field.count != FieldSchema::Count::kOptional &&
                            value.bits == 0 && value.text.empty();
    if (is_default) continue;
    json_.Key(key);
    WriteScalar(field, value);
  }
  json_.EndObject();
}

/// A list or a message.
void MessageWriter::WriteField(const FieldSchema& field, const Range& range, std::size_t depth) {
  if (!field.is_repeated()) {
    if (range.is_in_parts && !field.message->is_oneof()) {
      return WriteMessage(*field.message, Joined(field, range), depth);
    }
    return WriteMessage(*field.message, LastWithField(field, range), depth);
  }
  json_.StartArray();
  ForEach(field, range, [&](const Value& value) {
    if (field.kind == FieldKind::kMessage) {
      WriteMessage(*field.message, value.text, depth);
    } else {
      WriteScalar(field, value);
    }
  });
  json_.EndArray();
}

/// Messages that come in several parts are as good as concatenated.
std::string MessageWriter::Joined(const FieldSchema& field, const Range& range) {
  std::string whole;
  ForEach(field, range, [&](const Value& part) { whole += part.text; });
  return whole;
}

/// The only part of a message, or the last that has a field: of a oneof that is as good as all
/// parts together. Without a copy, since such messages lie within each other, and each level would
/// have one of all below it.
std::string_view MessageWriter::LastWithField(const FieldSchema& field, const Range& range) {
  std::string_view last;
  ForEach(field, range, [&](const Value& part) {
    if (!range.is_in_parts || Find(*field.message, part.text).found != 0) last = part.text;
  });
  return last;
}

void MessageWriter::WriteScalar(const FieldSchema& field, const Value& value) {
  switch (field.kind) {
    case FieldKind::kString:
      return json_.Text(value.text);
    case FieldKind::kBytes:
      return json_.Text(base::Base64Encode(value.text));
    case FieldKind::kId:
      return json_.Text(dialect_ == JsonDialect::kOtlp ? HexEncode(value.text)
                                                       : base::Base64Encode(value.text));
    case FieldKind::kBool:
      return json_.Bool(value.bits != 0);
    case FieldKind::kUint32:
    case FieldKind::kFixed32:
      return json_.Integer(static_cast<std::uint32_t>(value.bits));
    case FieldKind::kInt32:
      return json_.Integer(static_cast<std::int32_t>(value.bits));
    case FieldKind::kSint32:
      return json_.Integer(protozero::decode_zigzag32(static_cast<std::uint32_t>(value.bits)));
    case FieldKind::kInt64:
    case FieldKind::kSfixed64:
      return json_.IntegerText(static_cast<std::int64_t>(value.bits));
    case FieldKind::kUint64:
    case FieldKind::kFixed64:
      return json_.IntegerText(value.bits);
    case FieldKind::kDouble:
      return json_.Double(std::bit_cast<double>(value.bits));
    case FieldKind::kEnum:
      return WriteEnum(field, static_cast<std::int32_t>(value.bits));
    case FieldKind::kMessage:
      return;
  }
}

void MessageWriter::WriteEnum(const FieldSchema& field, std::int32_t number) {
  if (dialect_ == JsonDialect::kProtobuf) {
    for (const EnumName& name : field.enum_names) {
      if (name.number == number) return json_.Text(name.name);
    }
  }
  json_.Integer(number);
}

}  // namespace

Result<std::string> MessageToJson(const MessageSchema& schema, std::string_view protobuf,
                                  JsonDialect dialect, std::string_view root) {
  try {
    return MessageWriter(dialect, root).Write(schema, protobuf);
  } catch (const protozero::exception& exception) {
    return DataLoss("not a protobuf message of this kind: {}", ProtobufFault(exception));
  }
}

Result<std::string> RequestToJson(model::Signal signal, std::string_view protobuf) {
  return MessageToJson(ShapeOf(signal).request, protobuf, JsonDialect::kOtlp);
}

Result<std::string> TracesToJson(std::string_view protobuf, JsonDialect dialect,
                                 std::string_view root) {
  return MessageToJson(kTracesRequestSchema, protobuf, dialect, root);
}

}  // namespace clew::wire::otlp
