#include "wire/otlp/json_writer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <iterator>

#include "wire/otlp/json_text.h"

namespace clew::wire::otlp {
namespace {

bool NeedsEscape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

}  // namespace

void JsonWriter::Key(std::string_view key) {
  Comma();
  out_ += '"';
  out_ += key;
  out_ += "\":";
  needs_comma_ = false;
}

void JsonWriter::Text(std::string_view text) {
  Comma();
  out_ += '"';
  if (simdjson::validate_utf8(text.data(), text.size())) {
    AppendEscaped(text);
  } else {
    AppendEscaped(RepairUtf8(text));
  }
  out_ += '"';
}

void JsonWriter::AppendEscaped(std::string_view text) {
  static constexpr std::string_view kKinds = "\"\\\b\f\n\r\t";
  static constexpr std::string_view kEscapes = "\"\\bfnrt";
  std::size_t plain = 0;  // from here on nothing is written yet
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!NeedsEscape(text[i])) continue;
    out_ += text.substr(plain, i - plain);
    plain = i + 1;
    out_ += '\\';
    if (const std::size_t kind = kKinds.find(text[i]); kind != kKinds.npos) {
      out_ += kEscapes[kind];
    } else {
      fmt::format_to(std::back_inserter(out_), "u{:04x}", static_cast<unsigned char>(text[i]));
    }
  }
  out_ += text.substr(plain);
}

void JsonWriter::Integer(std::int64_t number) {
  const fmt::format_int text(number);
  Literal({text.data(), text.size()});
}

void JsonWriter::SignedText(std::int64_t number) {
  const fmt::format_int text(number);
  Text({text.data(), text.size()});
}

void JsonWriter::UnsignedText(std::uint64_t number) {
  const fmt::format_int text(number);
  Text({text.data(), text.size()});
}

void JsonWriter::Double(double number) {
  if (std::isnan(number)) return Text("NaN");
  if (std::isinf(number)) return Text(number > 0 ? "Infinity" : "-Infinity");
  // "-0" is an integer to many readers, and those know no negative zero.
  if (number == 0) return Literal(std::signbit(number) ? "-0.0" : "0.0");
  Comma();
  fmt::format_to(std::back_inserter(out_), "{}", number);
}

}  // namespace clew::wire::otlp
