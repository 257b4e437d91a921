#include "traceql/evaluate/value.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <optional>
#include <string>

#include "traceql/evaluate/array_value.h"

namespace clew::traceql::evaluate {
namespace {

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();

Value Word(const char* word) { return Value::Of(*Static::Word(word)); }

/// Of strings shorter than 128 bytes.
std::string ArrayOf(std::initializer_list<std::string> texts) {
  std::string encoded;
  for (const std::string& text : texts) {
    std::string any = "\x0a" + std::string(1, static_cast<char>(text.size())) + text;
    encoded += "\x0a" + std::string(1, static_cast<char>(any.size())) + any;
  }
  return encoded;
}

TEST(Value, ComparisonsAreOfOneTypeOrOfNumbers) {
  const struct {
    Value left;
    Op op;
    Value right;
    bool holds;
  } cases[] = {
      {Value::Int(2), Op::kEqual, Value::Float(2), true},
      {Value::Int(2), Op::kEqual, Value::Duration(2), true},
      {Value::Duration(3), Op::kGreater, Value::Float(2.5), true},
      {Value::Int(kMost), Op::kGreater, Value::Int(kMost - 1), true},
      {Value::Int(kMost), Op::kEqual, Value::Float(9223372036854775808.0), false},
      {Value::Int(kMost), Op::kLess, Value::Float(9223372036854775808.0), true},
      {Value::Int(kLeast), Op::kEqual, Value::Float(-9223372036854775808.0), true},
      {Value::Float(-0.5), Op::kLess, Value::Int(0), true},
      {Value::Int(-1), Op::kLess, Value::Float(-0.5), true},
      {Value::Float(std::nan("")), Op::kEqual, Value::Float(std::nan("")), false},
      {Value::Float(std::nan("")), Op::kNotEqual, Value::Int(1), true},
      {Value::Float(std::nan("")), Op::kLessOrEqual, Value::Int(1), false},
      {Value::String("a"), Op::kLess, Value::String("b"), true},
      {Value::String("a"), Op::kLess, Value::String("\xff"), true},
      {Value::String("a"), Op::kNotEqual, Value::Int(1), false},
      {Value::String("1"), Op::kEqual, Value::Int(1), false},
      {Value::Bool(true), Op::kEqual, Value::Bool(true), true},
      {Value::Bool(true), Op::kNotEqual, Value::Bool(false), true},
      {Value::Bool(true), Op::kGreaterOrEqual, Value::Bool(true), false},
      {Value::Bool(true), Op::kEqual, Value::Int(1), false},
      {Word("error"), Op::kEqual, Word("error"), true},
      {Word("error"), Op::kNotEqual, Word("ok"), true},
      {Word("error"), Op::kLess, Word("ok"), false},
      {Word("error"), Op::kEqual, Value::Int(0), true},
      {Value::Int(2), Op::kNotEqual, Word("error"), true},
      {Word("error"), Op::kEqual, Word("unspecified"), false},
      {Word("unspecified"), Op::kEqual, Value::Int(0), false},
      {Value(), Op::kEqual, Value(), false},
      {Value(), Op::kNotEqual, Value::Int(1), false},
      {Value::Int(1), Op::kNotEqual, Value(), false},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(Compare(c.op, c.left, c.right).value(), c.holds)
        << ToText(c.left) << ' ' << SpellingOf(c.op) << ' ' << ToText(c.right);
  }
}

TEST(Value, OfAnArrayOneElementSufficesOrNoneIsEqual) {
  const std::string encoded = ArrayOf({"a", "b"});
  const Value array = ReadArray(encoded);
  EXPECT_EQ(array.kind, Value::Kind::kArray);
  EXPECT_TRUE(Compare(Op::kEqual, array, Value::String("b")).value());
  EXPECT_TRUE(Compare(Op::kEqual, Value::String("b"), array).value());
  EXPECT_TRUE(Compare(Op::kGreater, array, Value::String("a")).value());
  EXPECT_TRUE(Compare(Op::kLess, Value::String("a"), array).value());
  EXPECT_FALSE(Compare(Op::kLess, array, Value::String("a")).value());
  EXPECT_FALSE(Compare(Op::kNotEqual, array, Value::String("b")).value());
  EXPECT_TRUE(Compare(Op::kNotEqual, array, Value::String("c")).value());
  EXPECT_FALSE(Compare(Op::kNotEqual, array, Value::Int(1)).value());
  EXPECT_EQ(Compare(Op::kEqual, array, array).error().code, Code::kInvalidArgument);
  EXPECT_EQ(ToText(array), "[\"a\", \"b\"]");
}

TEST(Value, ArraysThatNoQuerySeesAreNil) {
  const std::string one = ArrayOf({"only"});
  EXPECT_EQ(ReadArray(one).text, "only");
  EXPECT_TRUE(ReadArray("").is_nil());
  const std::string texts = ArrayOf({"a", "b"});
  const std::string number = std::string("\x0a\x02\x18\x05", 4);
  EXPECT_EQ(ReadArray(number).number, 5);
  EXPECT_TRUE(ReadArray(texts + number).is_nil());
  EXPECT_TRUE(ReadArray(texts + std::string("\x0a\x00", 2)).is_nil());
  const std::string nested = std::string("\x0a\x02\x2a\x00", 4);
  EXPECT_TRUE(ReadArray(nested).is_nil());
  for (std::size_t size = 1; size < texts.size(); ++size) {
    const Value cut = ReadArray(std::string_view(texts).substr(0, size));
    EXPECT_TRUE(cut.is_nil() || size == texts.size() / 2) << size;
  }
}

TEST(Value, WholeNumbersStayWhole) {
  const struct {
    Value left;
    Op op;
    Value right;
    const char* result;
  } cases[] = {
      {Value::Int(7), Op::kDivide, Value::Int(2), "3"},
      {Value::Int(-7), Op::kModulo, Value::Int(2), "-1"},
      {Value::Int(kLeast), Op::kDivide, Value::Int(-1), "minInt"},
      {Value::Int(kLeast), Op::kModulo, Value::Int(-1), "0"},
      {Value::Int(kMost), Op::kAdd, Value::Int(1), "minInt"},
      {Value::Int(2), Op::kPower, Value::Int(3), "8"},
      {Value::Int(2), Op::kPower, Value::Int(-1), "0.5"},
      {Value::Float(2), Op::kPower, Value::Int(3), "8.0"},
      {Value::Float(7), Op::kDivide, Value::Int(2), "3.5"},
      {Value::Duration(7), Op::kDivide, Value::Int(2), "3.5"},
      {Value::Float(7), Op::kModulo, Value::Int(2), "1.0"},
      {Value::Float(7), Op::kDivide, Value::Int(0), "+Inf"},
      {Value::Float(-7), Op::kDivide, Value::Int(0), "-Inf"},
      {Value::Float(0), Op::kDivide, Value::Int(0), "NaN"},
      {Value::Int(7), Op::kAdd, Value::String("a"), "nil"},
      {Value(), Op::kAdd, Value::Int(1), "nil"},
  };
  for (const auto& c : cases) {
    const Value result = Compute(c.op, c.left, c.right).value();
    const bool is_least = result.kind == Value::Kind::kInt && result.number == kLeast;
    EXPECT_EQ(is_least ? "minInt" : ToText(result), c.result)
        << ToText(c.left) << ' ' << SpellingOf(c.op) << ' ' << ToText(c.right);
  }
  EXPECT_EQ(Compute(Op::kDivide, Value::Int(1), Value::Int(0)).error().message, "division by zero");
  EXPECT_EQ(Compute(Op::kModulo, Value::Int(1), Value::Int(0)).error().message, "modulo by zero");
}

TEST(Value, IdsAreTextsOfTheirDigits) {
  const std::string octets("\0\0\0\0\0\0\x01\xab", 8);
  const Value id = Value::Id(octets);
  EXPECT_TRUE(Compare(Op::kEqual, id, Value::String("00000000000001ab")).value());
  EXPECT_FALSE(Compare(Op::kEqual, id, Value::String("1ab")).value());
  EXPECT_TRUE(Compare(Op::kGreater, Value::String("1"), id).value());
  EXPECT_EQ(ToText(Value::Id(std::string(8, '\0'))), "");
}

TEST(Value, GroupsTakeTypesApart) {
  EXPECT_FALSE(IsSame(Value::Int(1), Value::Float(1)));
  EXPECT_TRUE(IsSame(Value::Float(0.0), Value::Float(-0.0)));
  EXPECT_TRUE(IsSame(Value::Float(std::nan("")), Value::Float(-std::nan(""))));
  EXPECT_TRUE(IsSame(Value(), Value()));
  EXPECT_FALSE(IsSame(Value::String("a"), Value::String("b")));
  const HashOfValue hash;
  EXPECT_EQ(hash(Value::Float(0.0)), hash(Value::Float(-0.0)));
  EXPECT_NE(hash(Value::Int(1)), hash(Value::Bool(true)));
}

}  // namespace
}  // namespace clew::traceql::evaluate
