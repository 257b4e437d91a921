#include "api/jaeger/filter_json.h"

#include <gmock/gmock.h>

#include "expr/print.h"

namespace clew::api::jaeger {
namespace {

using ::testing::HasSubstr;

/// As printed.
std::string Parse(const std::string& json) {
  const auto condition = ParseFilter(json);
  EXPECT_TRUE(condition.has_value()) << json << ": " << condition.error().message;
  return condition ? Print(*condition) : "";
}

/// A call of two arguments.
std::string Call(const std::string& op, const std::string& left, const std::string& right) {
  return R"({"op":")" + op + R"(","args":[)" + left + "," + right + "]}";
}

const char kAttribute[] = R"({"attr":{"key":"k"}})";
const char kDuration[] = R"({"field":{"name":"duration","level":"span"}})";
const char kKind[] = R"({"field":{"name":"kind","level":"span"}})";
const char kName[] = R"({"field":{"name":"name","level":"span"}})";
const char kStart[] = R"({"field":{"name":"startTime","level":"span"}})";

std::string Scalar(const std::string& value, const std::string& type = "") {
  return R"({"scalar":{"value":")" + value + R"(","type":")" + type + R"("}})";
}

TEST(FilterJson, ReadsAComparison) {
  EXPECT_EQ(Parse(Call("eq", R"({"attr":{"key":"http.code","level":"resource"}})",
                       R"({"scalar":{"value":"500"}})")),
            R"(resource.http.code = "500")");
  EXPECT_EQ(Parse(Call("ne", kAttribute, Scalar("v"))), R"(.k exists && !(.k = "v"))");
  EXPECT_EQ(Parse(Call("not_in", kName, R"({"list":{"values":["a","b"]}})")),
            R"(span:name exists && !(span:name in ("a", "b")))");
}

TEST(FilterJson, ReadsATree) {
  const std::string event =
      Call("some", R"({"nested":{"level":"event"}})",
           R"({"call":{"op":"exists","args":[)" + std::string(kAttribute) + "]}}");
  EXPECT_EQ(Parse(R"({"op":"and","args":[{"call":)" + event +
                  R"(},{"call":{"op":"not","args":[{"call":)" +
                  Call("regex", kName, Scalar("a.c")) + "}]}}]}"),
            R"(some event (.k exists) && !(span:name =~ "a.c"))");
}

TEST(FilterJson, ReadsConstantsAsTheFieldBesideThem) {
  EXPECT_EQ(Parse(Call("gt", kDuration, Scalar("2s"))), "span:duration > 2000000000");
  EXPECT_EQ(Parse(Call("lt", kStart, Scalar("1970-01-01T00:00:01.5Z"))), "span:start < 1500000000");
  EXPECT_EQ(Parse(Call("eq", kName, Scalar("7"))), R"(span:name = "7")");
  EXPECT_EQ(Parse(Call("eq", R"({"field":{"name":"traceID","level":"link"}})", Scalar("AB"))),
            R"(link:traceID = "000000000000000000000000000000ab")");
  EXPECT_EQ(Parse(Call("in", kKind, R"({"list":{"values":["client","server"]}})")),
            R"(span:kind in ("client", "server"))");
}

TEST(FilterJson, FindsWhatIsShownWhereverItIsStored) {
  const std::string service = R"({"attr":{"key":"service.name","level":"resource"}})";
  const std::string sdk = R"({"attr":{"key":"telemetry.sdk.name","level":"resource"}})";
  EXPECT_EQ(Parse(R"({"op":"exists","args":[)" + service + "]}"),
            "resource.service.name exists || resource:service exists");
  EXPECT_EQ(Parse(Call("ne", service, Scalar("a"))),
            "(resource.service.name exists || resource:service exists) && "
            R"(!(resource.service.name = "a" || resource:service = "a"))");
  EXPECT_EQ(Parse(Call("regex", R"({"attr":{"key":"service.name"}})", Scalar("a"))),
            R"(.service.name =~ "a" || resource:service =~ "a")");
  EXPECT_EQ(Parse(Call("eq", R"({"attr":{"key":"service.name","level":"span"}})", Scalar("a"))),
            R"(span.service.name = "a")");
  EXPECT_EQ(Parse(Call("eq", sdk, Scalar("a"))),
            R"(resource.telemetry.sdk.name = "a" || )"
            R"((!(resource.telemetry.sdk.name exists) && span.telemetry.sdk.name = "a"))");
  EXPECT_EQ(Parse(Call("eq", kName, Scalar(""))), R"(span:name = "empty-span-name")");
  EXPECT_EQ(Parse(Call("gt", kName, Scalar(""))), R"(span:name > "")");
  EXPECT_EQ(Parse(Call("eq", R"({"attr":{"key":"ip"}})", Scalar("10.0.0.1"))),
            R"(.ip = "10.0.0.1" || .ip shown as "10.0.0.1")");
  EXPECT_EQ(Parse(Call("eq", R"({"attr":{"key":"ip"}})", Scalar("5"))), R"(.ip = "5")");
  EXPECT_EQ(Parse(Call("eq", kAttribute, Scalar("NaN"))), R"(.k = "NaN" || .k shown as "NaN")");
}

TEST(FilterJson, PutsTheReferenceFirst) {
  EXPECT_EQ(Parse(Call("gt", Scalar("2s"), kDuration)), "span:duration < 2000000000");
  EXPECT_EQ(Parse(Call("eq", kDuration, Scalar("2501h59m59.254740993s"))),
            "span:duration = 9007199254740993");
  EXPECT_EQ(Parse(Call("lte", kDuration, Scalar("2562047h47m16.854775807s"))),
            "span:duration <= 9223372036854775807");
  EXPECT_EQ(Parse(Call("gte", kAttribute, kDuration)), ".k >= span:duration");
}

TEST(FilterJson, ReadsDeclaredTypes) {
  EXPECT_EQ(Parse(Call("eq", kAttribute, Scalar("5", "int"))), ".k = 5");
  EXPECT_EQ(Parse(Call("eq", kAttribute, Scalar("5.5", "double"))), ".k = 5.5");
  EXPECT_EQ(Parse(Call("eq", kAttribute, Scalar("T", "bool"))), ".k = true");
  EXPECT_EQ(Parse(Call("eq", kAttribute, Scalar("5", "string"))), R"(.k = "5")");
}

TEST(FilterJson, RefusesWhatHasNoMeaning) {
  const std::string list = R"({"list":{"values":["a"]}})";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "malformed json at byte 0"},
      {"[]", "a call is not an object"},
      {"{}", "unknown filter operator \"\""},
      {R"({"op":"like","args":[]})", "unknown filter operator \"like\""},
      {R"({"op":"eq","args":{}})", "is not a list"},
      {R"({"op":"eq","args":[],"x":1})", "unknown member \"x\""},
      {R"({"op":"and","args":[{"call":{"op":"exists","args":[{"attr":{"key":"k"}}]}}]})",
       "at least two"},
      {Call("and", kAttribute, kAttribute), "takes predicates"},
      {Call("exists", kAttribute, kAttribute), "takes 1 argument(s), got 2"},
      {Call("eq", "{}", "{}"), "exactly one of attr, field"},
      {Call("eq", Scalar("1"), Scalar("1")), "takes a reference"},
      {Call("eq", kAttribute, list), "a constant or a reference"},
      {Call("in", kAttribute, Scalar("1")), "takes a list"},
      {Call("in", kAttribute, list), "declares its \"type\""},
      {Call("in", kAttribute, R"({"list":{"values":[]}})"), "at least one element"},
      {Call("in", kKind, list), "is not one of unspecified, internal"},
      {Call("eq", R"({"attr":{"key":""}})", Scalar("1")), "has no key"},
      {Call("eq", R"({"attr":{"key":"k","level":"trace"}})", Scalar("1")), "unknown filter level"},
      {Call("eq", R"({"field":{"name":"name"}})", Scalar("1")), "has no level"},
      {Call("eq", R"({"field":{"name":"size","level":"span"}})", Scalar("1")),
       "unknown built-in field \"size\" at this level, use traceID, spanID, parentSpanID, "
       "traceState, name, kind, startTime, endTime, duration, status, statusMessage, or name an "},
      {Call("eq", R"({"scalar":{"value":5}})", kAttribute), "put it in quotes"},
      {Call("eq", kAttribute, Scalar("x", "int")), "is not the int"},
      {Call("eq", kAttribute, Scalar("x", "text")), "unknown filter value type"},
      {Call("eq", kDuration, Scalar("soon")), "soon"},
      {Call("eq", kDuration, Scalar("5", "int")), "different kinds of value"},
      {Call("eq", kDuration, kName), "different kinds of value"},
      {Call("gt", kKind, Scalar("server")), "no ordering"},
      {Call("gt", kAttribute, Scalar("true", "bool")), "no ordering"},
      {Call("regex", kDuration, Scalar("2s")), "matches text"},
      {Call("regex", kName, Scalar("(")), "RE2"},
      {Call("some", kAttribute, kAttribute), "\"some\" takes"},
      {Call("some", R"({"nested":{"level":"span"}})", R"({"call":{}})"), "event or link"},
      {Call("some", R"({"nested":{"level":"link"}})",
            R"({"call":)" +
                Call("some", R"({"nested":{"level":"event"}})",
                     R"({"call":{"op":"exists","args":[{"attr":{"key":"k"}}]}})") +
                "}"),
       "inside of another"},
  };
  for (const auto& [json, message] : cases) {
    const auto call = ParseFilter(json);
    ASSERT_FALSE(call.has_value()) << json;
    EXPECT_EQ(call.error().code, Code::kInvalidArgument) << json;
    EXPECT_THAT(call.error().message, HasSubstr(message)) << json;
  }
}

TEST(FilterJson, SaysWhereItIsWrong) {
  const std::string sound = R"({"op":"exists","args":[{"attr":{"key":"k"}}]})";
  const std::string wrong = R"({"op":"like","args":[{"attr":{"key":"}"}}]})";
  const std::string json =
      R"({"op":"and", "args":[{"call":)" + sound + R"(}, {"call":)" + wrong + "}]}";
  const std::size_t begin = json.find(wrong);

  const auto refused = ParseFilter(json);

  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(
      refused.error().message,
      "unknown filter operator \"like\", use and, or, not, some, exists, eq, ne, gt, lt, gte, "
      "lte, in, not_in, regex (in the call at byte " +
          std::to_string(begin) + " to " + std::to_string(begin + wrong.size()) + ")");
  EXPECT_THAT(ParseFilter(R"({"op":})").error().message, HasSubstr("malformed json at byte 6: "));
  EXPECT_THAT(
      ParseFilter(R"({"op":"not","args":[{"call":[{}]}]})").error().message,
      HasSubstr("a call is not an object: write {\"op\", \"args\"} (in the call at byte 0 to 35)"));
}

TEST(FilterJson, ExpressionsKnowWhereTheyStand) {
  const std::string inner = R"({"op":"exists","args":[{"attr":{"key":"k"}}]})";
  const std::string json = R"({"op":"not","args":[{"call":)" + inner + "}]}";

  const auto filter = ParseFilter(json);

  ASSERT_TRUE(filter.has_value());
  EXPECT_EQ(filter->range.end, json.size());
  const expr::TextRange& place = filter->operands[0].range;
  EXPECT_EQ(json.substr(place.begin, place.end - place.begin), inner);
}

TEST(FilterJson, TheServiceIsNoNumberWhereItsAttributeMayBe) {
  constexpr std::string_view kFilter =
      R"({"op":"gt","args":[{"attr":{"key":"service.name"}},{"field":{"name":"duration","level":"span"}}]})";
  const auto filter = ParseFilter(kFilter);

  ASSERT_TRUE(filter.has_value()) << filter.error().message;
  EXPECT_EQ(expr::Print(*filter), ".service.name > span:duration");

  const auto refused = ParseFilter(
      R"({"op":"gt","args":[{"field":{"name":"name","level":"span"}},{"field":{"name":"duration","level":"span"}}]})");
  ASSERT_FALSE(refused.has_value());
  EXPECT_THAT(refused.error().message, HasSubstr("compares a text field and a duration field"));
}

TEST(FilterJson, BoundsTheDepth) {
  const auto nested = [](int depth) {
    std::string json;
    for (int i = 1; i < depth; ++i) {
      json += R"({"op":"not","args":[{"call":)";
    }
    json += R"({"op":"exists","args":[{"attr":{"key":"k"}}]})";
    for (int i = 1; i < depth; ++i) {
      json += "}]}";
    }
    return json;
  };
  EXPECT_TRUE(ParseFilter(nested(20)).has_value());
  EXPECT_FALSE(ParseFilter(nested(21)).has_value());
  EXPECT_FALSE(ParseFilter(nested(100'000)).has_value());
}

}  // namespace
}  // namespace clew::api::jaeger
