
#include <algorithm>
#include <bit>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>
#include <vector>

#include "base/base64.h"
#include "wire/otlp/json.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/json_transcode.h"
#include "wire/otlp/json_writer.h"
#include "wire/otlp/protobuf_fault.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {
namespace {

std::string_view ViewOf(protozero::data_view view) { return {view.data(), view.size()}; }

/// Writes one message while it walks it. Throws what protozero throws.
class MessageWriter {
 public:
  MessageWriter(JsonDialect dialect, std::string_view root) : dialect_(dialect), root_(root) {}

  std::string Write(const MessageSchema& schema, std::string_view protobuf) {
    WriteMessage(schema, protobuf, 1);
    return json_.Take();
  }

 private:
  /// One field as it was met.
  struct Entry {
    std::size_t place;  // in the schema
    std::uint32_t number_on_wire;
    std::uint64_t bits = 0;
    std::string_view text{};
  };

  void WriteMessage(const MessageSchema& schema, std::string_view protobuf, std::size_t depth);
  void Collect(const MessageSchema& schema, std::string_view protobuf);
  void CollectPacked(protozero::data_view values, const FieldSchema& field, Entry entry);
  void DropOldNumbers(const MessageSchema& schema, std::size_t first);
  void WriteField(const FieldSchema& field, std::size_t begin, std::size_t end, std::size_t depth);
  std::string Concatenated(std::size_t begin, std::size_t end) const;
  void WriteScalar(const FieldSchema& field, const Entry& entry);
  void WriteEnum(const FieldSchema& field, std::int32_t number);

  const JsonDialect dialect_;
  const std::string_view root_;
  JsonWriter json_;
  std::vector<Entry> entries_;  // a stack: of each open message, its fields
};

/// Pushes the fields of a message in the order of the schema.
void MessageWriter::Collect(const MessageSchema& schema, std::string_view protobuf) {
  const std::size_t first = entries_.size();
  bool is_sorted = true;
  protozero::pbf_reader reader(protobuf.data(), protobuf.size());
  while (reader.next()) {
    const FieldSchema* const field = schema.FindByNumber(reader.tag());
    const bool is_packed = field != nullptr && field->is_packable() &&
                           reader.wire_type() == protozero::pbf_wire_type::length_delimited;
    if (field == nullptr || (!is_packed && reader.wire_type() != field->wire_type())) {
      reader.skip();
      continue;
    }
    Entry entry{static_cast<std::size_t>(field - schema.fields.data()), reader.tag()};
    if (is_packed) {
      is_sorted = is_sorted && (entries_.size() == first || entries_.back().place <= entry.place);
      CollectPacked(reader.get_view(), *field, entry);
      continue;
    }
    switch (reader.wire_type()) {
      case protozero::pbf_wire_type::varint:
        entry.bits = reader.get_uint64();
        break;
      case protozero::pbf_wire_type::fixed32:
        entry.bits = reader.get_fixed32();
        break;
      case protozero::pbf_wire_type::fixed64:
        entry.bits = reader.get_fixed64();
        break;
      default:
        entry.text = ViewOf(reader.get_view());
        break;
    }
    if (schema.is_oneof()) entries_.resize(first);
    is_sorted = is_sorted && (entries_.size() == first || entries_.back().place <= entry.place);
    entries_.push_back(entry);
  }
  DropOldNumbers(schema, first);
  if (is_sorted) return;
  std::stable_sort(entries_.begin() + static_cast<std::ptrdiff_t>(first), entries_.end(),
                   [](const Entry& a, const Entry& b) { return a.place < b.place; });
}

/// Pushes `entry` with each of the values.
void MessageWriter::CollectPacked(protozero::data_view values, const FieldSchema& field,
                                  Entry entry) {
  const char* position = values.data();
  const char* const end = position + values.size();
  while (position < end) {
    if (field.wire_type() == protozero::pbf_wire_type::varint) {
      entry.bits = protozero::decode_varint(&position, end);
    } else {
      const std::size_t size = field.wire_type() == protozero::pbf_wire_type::fixed32 ? 4 : 8;
      if (static_cast<std::size_t>(end - position) < size) {
        throw protozero::end_of_buffer_exception();
      }
      entry.bits = 0;
      for (std::size_t i = 0; i < size; ++i) {
        entry.bits |= std::uint64_t{static_cast<unsigned char>(position[i])} << (8 * i);
      }
      position += size;
    }
    entries_.push_back(entry);
  }
}

/// A field under its old number counts only when there is none under the new one.
void MessageWriter::DropOldNumbers(const MessageSchema& schema, std::size_t first) {
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto is_old = [&schema](const Entry& entry) {
    return entry.number_on_wire == schema.fields[entry.place].number_old;
  };
  const auto old = std::find_if(begin, entries_.end(), is_old);
  if (old == entries_.end()) return;
  const bool has_new = std::any_of(begin, entries_.end(), [&](const Entry& entry) {
    return entry.place == old->place && !is_old(entry);
  });
  if (has_new) entries_.erase(std::remove_if(begin, entries_.end(), is_old), entries_.end());
}

void MessageWriter::WriteMessage(const MessageSchema& schema, std::string_view protobuf,
                                 std::size_t depth) {
  const std::size_t first = entries_.size();
  Collect(schema, protobuf);
  const std::size_t last = entries_.size();
  json_.StartObject();
  for (std::size_t begin = first; begin < last;) {
    std::size_t end = begin + 1;
    while (end < last && entries_[end].place == entries_[begin].place) ++end;
    const FieldSchema& field = schema.fields[entries_[begin].place];
    const Entry& entry = entries_[end - 1];
    const bool is_scalar = field.kind != FieldKind::kMessage && !field.is_repeated();
    const bool is_default = is_scalar && !schema.is_oneof() &&
                            field.count != FieldSchema::Count::kOptional && entry.bits == 0 &&
                            entry.text.empty();
    const std::size_t child_depth = depth + (field.is_repeated() ? 2 : 1);
    const bool is_too_deep = field.kind == FieldKind::kMessage && child_depth > kJsonDepthMax;
    if (!is_default && !is_too_deep) {
      json_.Key(depth == 1 && !root_.empty() && begin == first ? root_ : field.name);
      WriteField(field, begin, end, child_depth);
    }
    begin = end;
  }
  json_.EndObject();
  entries_.resize(first);
}

void MessageWriter::WriteField(const FieldSchema& field, std::size_t begin, std::size_t end,
                               std::size_t depth) {
  if (field.is_repeated()) {
    json_.StartArray();
    for (std::size_t i = begin; i < end; ++i) {
      if (field.kind == FieldKind::kMessage) {
        WriteMessage(*field.message, entries_[i].text, depth);
      } else {
        WriteScalar(field, entries_[i]);
      }
    }
    json_.EndArray();
  } else if (field.kind != FieldKind::kMessage) {
    WriteScalar(field, entries_[end - 1]);
  } else if (end - begin == 1) {
    WriteMessage(*field.message, entries_[begin].text, depth);
  } else {
    // Messages that come in several parts are as good as concatenated.
    WriteMessage(*field.message, Concatenated(begin, end), depth);
  }
}

std::string MessageWriter::Concatenated(std::size_t begin, std::size_t end) const {
  std::string whole;
  for (std::size_t i = begin; i < end; ++i) whole += entries_[i].text;
  return whole;
}

void MessageWriter::WriteScalar(const FieldSchema& field, const Entry& entry) {
  switch (field.kind) {
    case FieldKind::kString:
      return json_.Text(entry.text);
    case FieldKind::kBytes:
      return json_.Text(base::Base64Encode(entry.text));
    case FieldKind::kId:
      return json_.Text(dialect_ == JsonDialect::kOtlp ? HexEncode(entry.text)
                                                       : base::Base64Encode(entry.text));
    case FieldKind::kBool:
      return json_.Bool(entry.bits != 0);
    case FieldKind::kUint32:
    case FieldKind::kFixed32:
      return json_.Integer(static_cast<std::uint32_t>(entry.bits));
    case FieldKind::kInt32:
      return json_.Integer(static_cast<std::int32_t>(entry.bits));
    case FieldKind::kSint32:
      return json_.Integer(protozero::decode_zigzag32(static_cast<std::uint32_t>(entry.bits)));
    case FieldKind::kInt64:
    case FieldKind::kSfixed64:
      return json_.IntegerText(static_cast<std::int64_t>(entry.bits));
    case FieldKind::kUint64:
    case FieldKind::kFixed64:
      return json_.IntegerText(entry.bits);
    case FieldKind::kDouble:
      return json_.Double(std::bit_cast<double>(entry.bits));
    case FieldKind::kEnum:
      return WriteEnum(field, static_cast<std::int32_t>(entry.bits));
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
