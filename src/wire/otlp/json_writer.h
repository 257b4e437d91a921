#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace clew::wire::otlp {

/// Writes JSON without white space, with the commas where they belong. The caller keeps the order
/// of calls: a key before each value of an object, an end for each start.
class JsonWriter {
 public:
  void StartObject() { Open('{'); }
  void EndObject() { Close('}'); }
  void StartArray() { Open('['); }
  void EndArray() { Close(']'); }
  /// A name of a schema: nothing in it needs an escape.
  void Key(std::string_view key);
  /// Any octets; what is not UTF-8 becomes U+FFFD.
  void Text(std::string_view text);
  void Bool(bool flag) { Literal(flag ? "true" : "false"); }
  void Integer(std::int64_t number);
  /// An integer as text, as 64-bit ones are.
  void IntegerText(std::signed_integral auto number) { SignedText(number); }
  void IntegerText(std::unsigned_integral auto number) { UnsignedText(number); }
  /// The shortest form that reads back as `number`; NaN and the infinities by name, as text.
  void Double(double number);

  std::string Take() { return std::move(out_); }

 private:
  void Comma() {
    if (needs_comma_) out_ += ',';
    needs_comma_ = true;
  }
  void Open(char bracket) {
    Comma();
    out_ += bracket;
    needs_comma_ = false;
  }
  void Close(char bracket) {
    out_ += bracket;
    needs_comma_ = true;
  }
  void Literal(std::string_view literal) {
    Comma();
    out_ += literal;
  }
  void SignedText(std::int64_t number);
  void UnsignedText(std::uint64_t number);
  void AppendEscaped(std::string_view text);

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace clew::wire::otlp
