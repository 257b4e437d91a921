#include "traceql/evaluate/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "traceql/evaluate/testing/example_trace.h"
#include "traceql/evaluate/testing/run_query.h"

namespace clew::traceql::evaluate {
namespace {

using ::testing::ElementsAre;

struct Case {
  const char* query;
  const char* found;
};

void ExpectFound(std::initializer_list<Case> cases) {
  const testing::ExampleTrace shop = testing::Shop();
  for (const Case& c : cases) EXPECT_EQ(shop.Find(c.query), c.found) << c.query;
}

constexpr const char* kSeveral =
    "spanset operators are not supported for multiple spansets per trace. consider using "
    "coalesce()";

TEST(Evaluation, StagesFollowEachOther) {
  ExpectFound({
      {"{ }", "root pay charge cache lost ack"},
      {"{ true }", "root pay charge cache lost ack"},
      {"{ false }", ""},
      {"{ kind = server } | { status = error }", "charge"},
      {"{ kind = server } | { } > { }", ""},
      {"{ kind = server } | { } >> { }", "charge"},
      {"({ kind = server } | { status = error })", "charge"},
      {"({ kind = server } | { status = error }) || { name = \"ack\" }", "charge ack"},
      {"({ } | count() > 5) && { name = \"ack\" }", "root pay charge cache lost ack"},
      {"({ } | count() > 6) && { name = \"ack\" }", ""},
      {"({ } | by(kind)) && { }", "root pay charge cache lost ack"},
      {"({ } | by(kind)) > { }", kSeveral},
  });
}

TEST(Evaluation, ByMakesASetForEachValue) {
  ExpectFound({
      {"{ kind = server } | by(resource.service.name)",
       "root | by(resource.service.name)=shop; charge | by(resource.service.name)=bank"},
      {"by(.flag) | { kind != internal }",
       "root | by(.flag)=true; pay | by(.flag)=false; charge lost ack | by(.flag)=nil"},
      {"{ name = \"root\" || name = \"pay\" } | by(.code / 100)",
       "root | by(.code / 100)=2; pay | by(.code / 100)=5"},
      {"{ } | by(status) | { status != unset } | by(kind)",
       "root | by(status)=ok | by(kind)=server; charge | by(status)=error | by(kind)=server"},
      {"{ } | by(status) | { } > { }", kSeveral},
      {"{ } | by(status) | { } && { }", kSeveral},
      {"{ } | by(trace:id) | { } > { kind = client }",
       "pay | by(trace:id)=000000000000000000000000000000a1"},
      {"{ } | by(status) | { } | coalesce() | { name = \"root\" } > { }", "pay cache"},
      {"{ kind = client || kind = server } | by(event:name) | { kind = client }",
       "pay | by(event:name)=exception"},
  });
}

TEST(Evaluation, ScalarFiltersKeepSets) {
  ExpectFound({
      {"{ kind = server } | count() = 2", "root charge | count()=2"},
      {"{ kind = server } | count() > 2", ""},
      {"{ } | by(resource.service.name) | count() > 2",
       "root pay cache ack | by(resource.service.name)=shop | count()=4"},
      {"count() > 5 | { kind = client }", "pay | count()=6"},
      {"{ kind = server } | avg(duration) = 52500ns", "root charge | avg(duration)=52.5µs"},
      {"{ name = \"charge\" || name = \"pay\" || name = \"ack\" } | avg(duration) > 9us",
       "pay charge ack | avg(duration)=10µs"},
      {"{ } | max(duration) >= 100us | { kind = client }", "pay | max(duration)=100µs"},
      {"{ } | min(duration) = 5us | { kind = client }", "pay | min(duration)=5µs"},
      {"{ } | sum(.zone) = 8 | { kind = client }", "pay | sum(.zone)=8"},
      {"{ } | avg(.zone) > 1.3 | { kind = client }", "pay | avg(.zone)=1.3333333333333333"},
      {"{ } | max(span.code) = 500 | { kind = client }", "pay | max(span.code)=500.0"},
      {"{ name != \"cache\" } | sum(span.code) = 700 | { kind = client }",
       "pay | sum(span.code)=700"},
      {"{ } | max(span.missing) > 0", ""},
      {"{ } | sum(span.missing) = 0", ""},
      {"{ } | max(span.missing) != 1", ""},
  });
}

TEST(Evaluation, AggregatesCanBeCountedWithAndCompared) {
  ExpectFound({
      {"{ } | count(resource.service.name) = 2 | { kind = client }",
       "pay | count(resource.service.name)=2"},
      {"{ } | count(span.missing) = 0 | { kind = client }", "pay | count(span.missing)=0"},
      {"{ } | max(duration) > 2 * avg(duration) | { kind = client }",
       "pay | max(duration)=100µs | avg(duration)=25µs"},
      {"{ } | max(duration) - min(duration) = 95us | { kind = client }",
       "pay | max(duration)=100µs | min(duration)=5µs"},
      {"{ } | 6 = count() | { kind = client }", "pay | count()=6"},
      {"{ } | count() > 1 | count() < 7 | { kind = client } | count() = 1", "pay | count()=1"},
      {"{ } | sum(.zone) / count() = 1 | { kind = client }", "pay | sum(.zone)=8 | count()=6"},
      {"{ } | count() / 0 = 1", "division by zero"},
  });
}

TEST(Evaluation, SelectChangesNoSpans) {
  ExpectFound({
      {"{ kind = client } | select(.code, name)", "pay"},
      {"select(.code) | { kind = client }", "pay"},
      {"{ kind = server } | by(name) | select(.code) | { status = error }",
       "charge | by(name)=charge"},
  });
}

TEST(Evaluation, GivesTheValuesThatTheQueryTouches) {
  const testing::ExampleTrace shop = testing::Shop();
  const Query query = testing::ParseAndCheck(
                          "{ span.code = 500 && event.n > 0 && duration > 1us } | by(.flag) | "
                          "sum(.zone) > 0 | select(name, status, parent.code, span:parentID, "
                          "span.code, span:id, link.n)")
                          .value();
  const Program program = Program::Prepare(query.pipeline, FieldProgram(Naming::kAllNames)).value();
  const model::StopCheck never;
  Evaluation evaluation(program, shop.columns(), never);
  const auto found = evaluation.Run().value();
  ASSERT_EQ(found.size(), 1U);
  std::vector<std::string> shown;
  for (const ShownAttribute& attribute : program.shown()) {
    const auto [value, name] = evaluation.fields().ReadNamed(attribute.slot, found[0].rows[0]);
    shown.push_back(attribute.KeyOf(name) + '=' + ToText(value));
  }
  EXPECT_THAT(shown, ElementsAre("code=500", "n=1", "flag=false", "zone=1", "status=unset",
                                 "parent.code=200", "span:parentID=0000000000000001", "n=nil"));
  EXPECT_TRUE(program.shows_name());
  EXPECT_FALSE(Program::Prepare({}, FieldProgram(Naming::kAllNames)).value().shows_name());
}

TEST(Evaluation, GoesOnWithTheExpressionsOfWhoeverPreparesIt) {
  const testing::ExampleTrace shop = testing::Shop();
  const auto prepare = [](const char* text, FieldProgram* fields) {
    const Query query = testing::ParseAndCheck(text).value();
    return fields->Prepare(query.pipeline[0].spansets.filter).value();
  };
  FieldProgram fields(Naming::kAllNames);
  const Term is_error = prepare("{ status = error }", &fields);
  const Slot name = fields.SlotOf({.intrinsic = Intrinsic::kName});
  const Query query = testing::ParseAndCheck("{ kind = server }").value();
  const Program program = Program::Prepare(query.pipeline, std::move(fields)).value();
  const model::StopCheck never;
  Evaluation evaluation(program, shop.columns(), never);
  const auto found = evaluation.Run().value();
  std::vector<std::string> seen;
  for (const std::uint32_t row : found.at(0).rows) {
    seen.push_back(ToText(evaluation.fields().Read(name, row)) + ' ' +
                   ToText(Value::Bool(evaluation.fields().Holds(is_error, row).value())));
  }
  EXPECT_THAT(seen, ElementsAre("root false", "charge true"));
}

TEST(Evaluation, OfNoSpansIsNothing) {
  const Query query = testing::ParseAndCheck("{ } | count() >= 0").value();
  EXPECT_TRUE(testing::RunPipeline(query.pipeline, model::SpanColumns()).value().empty());
}

}  // namespace
}  // namespace clew::traceql::evaluate
