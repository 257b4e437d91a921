#include <simdjson.h>
#include <protozero/varint.hpp>

#include <array>
#include <bit>
#include <cstring>
#include <limits>
#include <vector>

#include "base/base64.h"
#include "wire/otlp/field_writer.h"
#include "wire/otlp/json.h"
#include "wire/otlp/json_text.h"
#include "wire/otlp/json_transcode.h"
#include "wire/otlp/signal_shape.h"

namespace clew::wire::otlp {
namespace {

namespace ondemand = simdjson::ondemand;

/// Where the first string ends badly: at a raw control character, or at the quote that opens it.
std::size_t StringFaultOffset(std::string_view json) {
  std::size_t i = 0;
  while ((i = json.find('"', i)) != json.npos) {
    const std::size_t opening = i++;
    while (i < json.size() && json[i] != '"') {
      if (static_cast<unsigned char>(json[i]) < 0x20) return i;
      i += json[i] == '\\' ? 2u : 1u;
    }
    if (i >= json.size()) return opening;
    ++i;
  }
  return json.size();
}

/// Reads one message while it writes it. The JSON is walked once; no tree of it is made.
class MessageReader {
 public:
  MessageReader(std::string_view json, std::size_t depth_max, JsonDialect dialect)
      : depth_max_(depth_max), dialect_(dialect), padded_(json) {}

  Result<std::string> Read(const MessageSchema& schema);

 private:
  struct Step {
    const FieldSchema* field;
    std::optional<std::size_t> index;
  };
  /// What a message has got so far.
  struct Progress {
    struct Range {
      std::size_t begin;
      std::size_t end;
    };
    std::uint32_t seen = 0;  // bit by place in the schema
    std::size_t hint = 0;    // where the next key is likely to be found
    /// Output of each field that was seen and is no list. Of one-of fields, all in the first.
    std::array<Range, MessageSchema::kFieldCountMax> ranges;
  };

  Status ReadMessage(ondemand::object object, const MessageSchema& schema, std::size_t depth);
  Status ReadSingle(ondemand::value value, const FieldSchema& field, const MessageSchema& schema,
                    Progress& progress, std::size_t depth);
  void EraseField(std::size_t place, Progress& progress);
  Status ReadRepeated(ondemand::value value, const FieldSchema& field, std::size_t depth);
  Status ReadList(ondemand::value value, const FieldSchema& field, std::size_t depth);
  Status ReadSubmessage(ondemand::value value, const FieldSchema& field, std::size_t depth);
  Status ReadScalar(ondemand::value value, const FieldSchema& field);
  Status ReadText(ondemand::value value, const FieldSchema& field);
  Status WriteText(std::string_view text, const FieldSchema& field);
  Status Skip(ondemand::value value, std::size_t depth);

  Result<ondemand::json_type> TypeOf(ondemand::value& value);
  Result<bool> ReadBool(ondemand::value value);
  Result<std::string_view> NumberText(ondemand::value value, std::string_view expected);
  Result<std::int64_t> ReadInt64(ondemand::value value);
  /// Of the size of this kind.
  Result<std::int64_t> ReadSigned(ondemand::value value, FieldKind kind);
  Result<std::uint64_t> ReadUint64(ondemand::value value, std::uint64_t max);
  Result<double> ReadDouble(ondemand::value value);
  Result<std::int64_t> ReadEnum(ondemand::value value, const FieldSchema& field);
  Result<std::string_view> TextOf(ondemand::value value, std::string_view expected);
  Result<std::string_view> TextOf(ondemand::raw_json_string raw);

  static const FieldSchema* FindField(const MessageSchema& schema, std::string_view key,
                                      std::size_t& hint);

  std::string Path() const;
  std::string PathPrefix() const;
  std::unexpected<Error> TooDeep() const;
  std::unexpected<Error> Unexpected(std::string_view expected) const;
  std::unexpected<Error> Malformed(simdjson::error_code code);
  std::size_t FaultOffset(simdjson::error_code code);

  const std::size_t depth_max_;
  const JsonDialect dialect_;
  const simdjson::padded_string padded_;
  ondemand::parser parser_;
  ondemand::document document_;
  FieldWriter writer_;
  std::vector<Step> path_;
  std::string scratch_;           // the last text that had escapes
  bool must_write_zero_ = false;  // of the scalar that is read next
};

Result<std::string> MessageReader::Read(const MessageSchema& schema) {
  if (const auto error = parser_.iterate(padded_).get(document_); error != simdjson::SUCCESS) {
    return Malformed(error);
  }
  ondemand::json_type type;
  if (const auto error = document_.type().get(type); error != simdjson::SUCCESS) {
    return Malformed(error);
  }
  if (type != ondemand::json_type::object) return Unexpected("an object");
  ondemand::object object;
  if (const auto error = document_.get_object().get(object); error != simdjson::SUCCESS) {
    return Malformed(error);
  }
  // At once: a text that grows is there twice while it does.
  writer_.out().reserve(padded_.size());
  TRY(ReadMessage(object, schema, 1));
  // Only the end has no location.
  if (document_.current_location().error() != simdjson::OUT_OF_BOUNDS)
    return Malformed(simdjson::TRAILING_CONTENT);
  writer_.out().shrink_to_fit();
  return std::move(writer_.out());
}

const FieldSchema* MessageReader::FindField(const MessageSchema& schema, std::string_view key,
                                            std::size_t& hint) {
  const std::size_t count = schema.fields.size();
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t place = (hint + i) % count;
    const FieldSchema& field = schema.fields[place];
    if (key == field.name || key == field.proto_name) {
      hint = place + 1;
      return &field;
    }
  }
  return nullptr;
}

Status MessageReader::ReadMessage(ondemand::object object, const MessageSchema& schema,
                                  std::size_t depth) {
  if (depth > depth_max_) return TooDeep();
  Progress progress;
  for (auto item : object) {
    ondemand::field pair;
    if (const auto error = std::move(item).get(pair); error != simdjson::SUCCESS) {
      return Malformed(error);
    }
    ASSIGN_OR_RETURN(const std::string_view key, TextOf(pair.key()));
    const FieldSchema* const field = FindField(schema, key, progress.hint);
    if (field == nullptr) {
      TRY(Skip(pair.value(), depth + 1));
      continue;
    }
    path_.push_back({field, std::nullopt});
    ASSIGN_OR_RETURN(const ondemand::json_type type, TypeOf(pair.value()));
    if (type == ondemand::json_type::null) {
      TRY(Skip(pair.value(), depth + 1));
      path_.pop_back();
      continue;
    }
    TRY(field->is_repeated() ? ReadRepeated(pair.value(), *field, depth + 1)
                             : ReadSingle(pair.value(), *field, schema, progress, depth + 1));
    path_.pop_back();
  }
  return {};
}

/// Reads a field that is no list. Of several the last one wins; lists go on instead.
Status MessageReader::ReadSingle(ondemand::value value, const FieldSchema& field,
                                 const MessageSchema& schema, Progress& progress,
                                 std::size_t depth) {
  const auto place =
      schema.is_oneof() ? 0 : static_cast<std::size_t>(&field - schema.fields.data());
  const std::uint32_t bit = 1u << place;
  if ((progress.seen & bit) != 0) EraseField(place, progress);
  progress.seen |= bit;
  must_write_zero_ = schema.is_oneof() || field.count == FieldSchema::Count::kOptional;
  const std::size_t begin = writer_.out().size();
  TRY(field.kind == FieldKind::kMessage ? ReadSubmessage(value, field, depth)
                                        : ReadScalar(value, field));
  progress.ranges[place] = {begin, writer_.out().size()};
  return {};
}

void MessageReader::EraseField(std::size_t place, Progress& progress) {
  const Progress::Range gone = progress.ranges[place];
  const std::size_t size = gone.end - gone.begin;
  writer_.out().erase(gone.begin, size);
  for (std::size_t other = 0; other < progress.ranges.size(); ++other) {
    Progress::Range& range = progress.ranges[other];
    if ((progress.seen >> other & 1) == 0 || range.begin < gone.end) continue;
    range.begin -= size;
    range.end -= size;
  }
}

Status MessageReader::ReadRepeated(ondemand::value value, const FieldSchema& field,
                                   std::size_t depth) {
  if (!field.is_packable()) return ReadList(value, field, depth);
  constexpr std::size_t kLengthSize = 1;
  const std::size_t begin = writer_.BeginMessage(field.number, kLengthSize);
  writer_.SetPacked(true);
  TRY(ReadList(value, field, depth));
  writer_.SetPacked(false);
  writer_.EndMessage(begin, kLengthSize);
  return {};
}

Status MessageReader::ReadList(ondemand::value value, const FieldSchema& field, std::size_t depth) {
  ondemand::array array;
  if (const auto error = value.get_array().get(array); error != simdjson::SUCCESS) {
    if (error == simdjson::INCORRECT_TYPE) return Unexpected("a list");
    return Malformed(error);
  }
  std::size_t index = 0;
  for (auto item : array) {
    ondemand::value element;
    if (const auto error = std::move(item).get(element); error != simdjson::SUCCESS) {
      return Malformed(error);
    }
    path_.back().index = index++;
    ASSIGN_OR_RETURN(const ondemand::json_type type, TypeOf(element));
    if (type == ondemand::json_type::null) {
      TRY(Skip(element, depth));
      // In a list of values the others keep their places; elsewhere null is nothing.
      if (field.message != nullptr && field.message->is_oneof()) writer_.Text(field.number, {});
      continue;
    }
    must_write_zero_ = true;
    TRY(field.kind == FieldKind::kMessage ? ReadSubmessage(element, field, depth + 1)
                                          : ReadScalar(element, field));
  }
  return {};
}

Status MessageReader::ReadSubmessage(ondemand::value value, const FieldSchema& field,
                                     std::size_t depth) {
  ondemand::object object;
  if (const auto error = value.get_object().get(object); error != simdjson::SUCCESS) {
    if (error == simdjson::INCORRECT_TYPE) return Unexpected("an object");
    return Malformed(error);
  }
  const std::size_t length_size = field.message->length_size_usual;
  const std::size_t begin = writer_.BeginMessage(field.number, length_size);
  TRY(ReadMessage(object, *field.message, depth));
  writer_.EndMessage(begin, length_size);
  return {};
}

Status MessageReader::ReadScalar(ondemand::value value, const FieldSchema& field) {
  switch (field.kind) {
    case FieldKind::kBool: {
      ASSIGN_OR_RETURN(const bool flag, ReadBool(value));
      if (flag || must_write_zero_) writer_.Varint(field.number, flag ? 1 : 0);
      return {};
    }
    case FieldKind::kInt32:
    case FieldKind::kSint32:
    case FieldKind::kInt64:
    case FieldKind::kSfixed64: {
      ASSIGN_OR_RETURN(const auto number, ReadSigned(value, field.kind));
      if (number == 0 && !must_write_zero_) return {};
      if (field.kind == FieldKind::kSfixed64) {
        writer_.Fixed64(field.number, static_cast<std::uint64_t>(number));
      } else if (field.kind == FieldKind::kSint32) {
        writer_.Varint(field.number, protozero::encode_zigzag64(number));
      } else {
        writer_.Varint(field.number, static_cast<std::uint64_t>(number));
      }
      return {};
    }
    case FieldKind::kEnum: {
      ASSIGN_OR_RETURN(const auto number, ReadEnum(value, field));
      if (number != 0 || must_write_zero_) {
        writer_.Varint(field.number, static_cast<std::uint64_t>(number));
      }
      return {};
    }
    case FieldKind::kUint32:
    case FieldKind::kFixed32: {
      constexpr std::uint64_t kMax = std::numeric_limits<std::uint32_t>::max();
      ASSIGN_OR_RETURN(const auto number, ReadUint64(value, kMax));
      if (number == 0 && !must_write_zero_) return {};
      if (field.kind == FieldKind::kUint32) {
        writer_.Varint(field.number, number);
      } else {
        writer_.Fixed32(field.number, static_cast<std::uint32_t>(number));
      }
      return {};
    }
    case FieldKind::kUint64:
    case FieldKind::kFixed64: {
      ASSIGN_OR_RETURN(const auto number,
                       ReadUint64(value, std::numeric_limits<std::uint64_t>::max()));
      if (number == 0 && !must_write_zero_) return {};
      if (field.kind == FieldKind::kUint64) {
        writer_.Varint(field.number, number);
      } else {
        writer_.Fixed64(field.number, number);
      }
      return {};
    }
    case FieldKind::kDouble: {
      ASSIGN_OR_RETURN(const double number, ReadDouble(value));
      const auto bits = std::bit_cast<std::uint64_t>(number);
      if (bits != 0 || must_write_zero_) writer_.Fixed64(field.number, bits);
      return {};
    }
    case FieldKind::kString:
    case FieldKind::kBytes:
    case FieldKind::kId:
    case FieldKind::kMessage:
      return ReadText(value, field);
  }
  return {};
}

Status MessageReader::ReadText(ondemand::value value, const FieldSchema& field) {
  const std::string_view expected = field.kind == FieldKind::kString  ? "a string"
                                    : field.kind == FieldKind::kBytes ? "base64 text"
                                                                      : "a string of hex digits";
  ASSIGN_OR_RETURN(const std::string_view text, TextOf(value, expected));
  if (field.kind == FieldKind::kString) return WriteText(text, field);
  if (field.kind == FieldKind::kBytes) {
    const auto bytes = base::Base64Decode(text);
    if (!bytes) return Unexpected(expected);
    return WriteText(*bytes, field);
  }
  std::string id;
  // Ids in hex have 16 or 32 digits, in base64 never.
  if (dialect_ == JsonDialect::kProtobuf && text.size() % 16 != 0) {
    const auto bytes = base::Base64Decode(text);
    return bytes ? WriteText(*bytes, field) : Unexpected("hex digits or base64 text");
  }
  if (!AppendHexDecoded(text, id)) {
    if (text.find_first_not_of("0123456789abcdefABCDEF") != text.npos) return Unexpected(expected);
    // An odd number of digits is no id. The text itself has a length that no id has, so that this
    // one span is refused for it and not the whole request.
    id = text;
  }
  return WriteText(id, field);
}

Status MessageReader::WriteText(std::string_view text, const FieldSchema& field) {
  if (!text.empty() || must_write_zero_) writer_.Text(field.number, text);
  return {};
}

Status MessageReader::Skip(ondemand::value value, std::size_t depth) {
  if (depth > depth_max_) return TooDeep();
  ASSIGN_OR_RETURN(const ondemand::json_type type, TypeOf(value));
  simdjson::error_code error = simdjson::SUCCESS;
  switch (type) {
    case ondemand::json_type::array: {
      ondemand::array array;
      if ((error = value.get_array().get(array)) != simdjson::SUCCESS) return Malformed(error);
      for (auto item : array) {
        ondemand::value element;
        if ((error = std::move(item).get(element)) != simdjson::SUCCESS) return Malformed(error);
        TRY(Skip(element, depth + 1));
      }
      return {};
    }
    case ondemand::json_type::object: {
      ondemand::object object;
      if ((error = value.get_object().get(object)) != simdjson::SUCCESS) return Malformed(error);
      for (auto item : object) {
        ondemand::field pair;
        if ((error = std::move(item).get(pair)) != simdjson::SUCCESS) return Malformed(error);
        TRY(TextOf(pair.key()));
        TRY(Skip(pair.value(), depth + 1));
      }
      return {};
    }
    case ondemand::json_type::string:
      TRY(TextOf(value, "a string"));
      return {};
    case ondemand::json_type::boolean:
      TRY(ReadBool(value));
      return {};
    case ondemand::json_type::null: {
      bool is_null = false;
      error = value.is_null().get(is_null);
      if (error != simdjson::SUCCESS || !is_null) return Malformed(simdjson::N_ATOM_ERROR);
      return {};
    }
    case ondemand::json_type::number: {
      std::string_view token = value.raw_json_token();
      token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
      if (!IsJsonNumber(token)) return Malformed(simdjson::NUMBER_ERROR);
      return {};
    }
  }
  return {};
}

Result<ondemand::json_type> MessageReader::TypeOf(ondemand::value& value) {
  ondemand::json_type type;
  if (const auto error = value.type().get(type); error != simdjson::SUCCESS) {
    return Malformed(error);
  }
  return type;
}

Result<bool> MessageReader::ReadBool(ondemand::value value) {
  bool flag = false;
  if (value.get_bool().get(flag) != simdjson::SUCCESS) return Unexpected("true or false");
  return flag;
}

Result<std::string_view> MessageReader::NumberText(ondemand::value value,
                                                   std::string_view expected) {
  ASSIGN_OR_RETURN(const ondemand::json_type type, TypeOf(value));
  if (type == ondemand::json_type::string) return TextOf(value, expected);
  if (type != ondemand::json_type::number) return Unexpected(expected);
  std::string_view token = value.raw_json_token();
  token = token.substr(0, token.find_last_not_of(" \t\r\n") + 1);
  if (!IsJsonNumber(token)) return Malformed(simdjson::NUMBER_ERROR);
  return token;
}

Result<std::int64_t> MessageReader::ReadInt64(ondemand::value value) {
  static constexpr std::string_view kExpected = "a whole number of 64 bits";
  ASSIGN_OR_RETURN(const std::string_view text, NumberText(value, kExpected));
  const auto number = ParseInt64(text);
  if (!number) return Unexpected(kExpected);
  return *number;
}

Result<std::int64_t> MessageReader::ReadSigned(ondemand::value value, FieldKind kind) {
  if (kind == FieldKind::kInt64 || kind == FieldKind::kSfixed64) return ReadInt64(value);
  static constexpr std::string_view kExpected = "a whole number of 32 bits";
  ASSIGN_OR_RETURN(const std::string_view text, NumberText(value, kExpected));
  const auto number = ParseInt64(text);
  if (!number || *number != static_cast<std::int32_t>(*number)) return Unexpected(kExpected);
  return *number;
}

Result<std::uint64_t> MessageReader::ReadUint64(ondemand::value value, std::uint64_t max) {
  const std::string_view expected = max == std::numeric_limits<std::uint32_t>::max()
                                        ? "a whole number of 32 bits without a sign"
                                        : "a whole number of 64 bits without a sign";
  ASSIGN_OR_RETURN(const std::string_view text, NumberText(value, expected));
  const auto number = ParseUint64(text);
  if (!number || *number > max) return Unexpected(expected);
  return *number;
}

Result<double> MessageReader::ReadDouble(ondemand::value value) {
  static constexpr std::string_view kExpected = R"(a number, "NaN", "Infinity" or "-Infinity")";
  ASSIGN_OR_RETURN(const std::string_view text, NumberText(value, kExpected));
  const auto number = ParseDouble(text);
  if (!number) return Unexpected(kExpected);
  return *number;
}

Result<std::int64_t> MessageReader::ReadEnum(ondemand::value value, const FieldSchema& field) {
  static constexpr std::string_view kExpected = "a whole number of 32 bits or a name of the enum";
  ASSIGN_OR_RETURN(const std::string_view text, NumberText(value, kExpected));
  for (const EnumName& name : field.enum_names) {
    if (name.name == text) return name.number;
  }
  const auto number = ParseInt64(text);
  if (!number || *number < std::numeric_limits<std::int32_t>::min() ||
      *number > std::numeric_limits<std::int32_t>::max()) {
    return Unexpected(kExpected);
  }
  return *number;
}

Result<std::string_view> MessageReader::TextOf(ondemand::value value, std::string_view expected) {
  ondemand::raw_json_string raw;
  if (const auto error = value.get_raw_json_string().get(raw); error != simdjson::SUCCESS) {
    return Unexpected(expected);
  }
  return TextOf(raw);
}

Result<std::string_view> MessageReader::TextOf(ondemand::raw_json_string raw) {
  const char* const begin = raw.raw();
  const auto rest = static_cast<std::size_t>(padded_.data() + padded_.size() - begin);
  const char* const quote = static_cast<const char*>(std::memchr(begin, '"', rest));
  if (quote == nullptr) return Malformed(simdjson::UNCLOSED_STRING);
  const std::string_view text(begin, static_cast<std::size_t>(quote - begin));
  if (text.find('\\') == std::string_view::npos) return text;
  scratch_.clear();
  if (!AppendUnescaped(std::string_view(begin, rest), scratch_)) {
    return InvalidArgument("{}malformed json at byte {}: a string has a bad escape", PathPrefix(),
                           begin - padded_.data());
  }
  return scratch_;
}

std::string MessageReader::Path() const {
  // Of values deep within each other the middle says nothing.
  constexpr std::size_t kFirstSteps = 8;
  constexpr std::size_t kLastSteps = 4;
  std::string path;
  for (std::size_t i = 0; i < path_.size(); ++i) {
    if (!path.empty()) path += '.';
    if (i == kFirstSteps && path_.size() > kFirstSteps + kLastSteps) {
      i = path_.size() - kLastSteps;
      path += "(…).";
    }
    const Step& step = path_[i];
    path += step.field->name;
    if (step.index) path += fmt::format("[{}]", *step.index);
  }
  return path.empty() ? "body" : path;
}

std::string MessageReader::PathPrefix() const {
  return path_.empty() ? std::string() : Path() + ": ";
}

std::unexpected<Error> MessageReader::Unexpected(std::string_view expected) const {
  return InvalidArgument("{}: expected {}", Path(), expected);
}

std::unexpected<Error> MessageReader::TooDeep() const {
  return InvalidArgument("{}: nested deeper than {} levels; flatten the value", Path(), depth_max_);
}

std::unexpected<Error> MessageReader::Malformed(simdjson::error_code code) {
  std::string_view reason;
  switch (code) {
    case simdjson::EMPTY:
      reason = "nothing but white space";
      break;
    case simdjson::UTF8_ERROR:
      reason = "text is not utf-8";
      break;
    case simdjson::UNCLOSED_STRING:
      reason = "a string is not closed";
      break;
    case simdjson::UNESCAPED_CHARS:
      reason = "a control character in a string";
      break;
    case simdjson::NUMBER_ERROR:
      reason = "not a number";
      break;
    case simdjson::TRAILING_CONTENT:
      reason = "more after the end of the object";
      break;
    case simdjson::INCOMPLETE_ARRAY_OR_OBJECT:
      reason = "the object that is the body does not end here";
      break;
    default:
      reason = "a comma, colon, bracket or value is missing";
      break;
  }
  return InvalidArgument("{}malformed json at byte {}: {}", PathPrefix(), FaultOffset(code),
                         reason);
}

std::size_t MessageReader::FaultOffset(simdjson::error_code code) {
  const std::string_view json(padded_.data(), padded_.size());
  if (code == simdjson::UTF8_ERROR) return Utf8ValidSize(json);
  if (code == simdjson::UNCLOSED_STRING || code == simdjson::UNESCAPED_CHARS) {
    return StringFaultOffset(json);
  }
  if (code == simdjson::INCOMPLETE_ARRAY_OR_OBJECT) {
    return std::max<std::size_t>(json.find_last_not_of(" \t\r\n") + 1, 1) - 1;
  }
  const char* location = nullptr;
  if (code == simdjson::EMPTY || document_.current_location().get(location) != simdjson::SUCCESS) {
    return json.size();
  }
  return std::min(static_cast<std::size_t>(location - json.data()), json.size());
}

}  // namespace

Result<std::string> MessageFromJson(const MessageSchema& schema, std::string_view json,
                                    std::size_t depth_max, JsonDialect dialect) {
  return MessageReader(json, depth_max, dialect).Read(schema);
}

Result<std::string> RequestFromJson(model::Signal signal, std::string_view json,
                                    std::size_t depth_max) {
  return MessageFromJson(ShapeOf(signal).request, json, depth_max);
}

}  // namespace clew::wire::otlp
