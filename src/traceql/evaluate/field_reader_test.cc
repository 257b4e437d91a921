#include "traceql/evaluate/field_reader.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "model/testing/trace_builder.h"
#include "traceql/evaluate/evaluation.h"
#include "traceql/evaluate/testing/example_trace.h"
#include "traceql/evaluate/testing/run_query.h"

namespace clew::traceql::evaluate {
namespace {

struct Case {
  const char* filter;
  const char* found;
};

void ExpectFound(std::initializer_list<Case> cases) {
  const testing::ExampleTrace shop = testing::Shop();
  for (const Case& c : cases) {
    EXPECT_EQ(shop.Find("{ " + std::string(c.filter) + " }"), c.found) << c.filter;
  }
}

constexpr const char* kAll = "root pay charge cache lost ack";

TEST(FieldReader, IntrinsicsOfSpans) {
  ExpectFound({
      {"duration > 15us", "root pay"},
      {"span:duration = 20000ns", "pay"},
      {"name = \"pay\"", "pay"},
      {"span:name =~ \"p.*|l.*t\"", "pay lost"},
      {"name =~ \"pa\"", ""},
      {"name !~ \".*a.*\"", "root lost"},
      {"name < \"b\"", "ack"},
      {"name != \"pay\"", "root charge cache lost ack"},
      {"status = error", "charge"},
      {"status != unset", "root charge"},
      {"kind = client || kind = internal", "pay cache"},
      {"span:kind != server && kind != producer && kind != consumer", "pay cache"},
      {"statusMessage = \"boom\"", "charge"},
      {"statusMessage = \"\"", "root pay cache lost ack"},
      {"statusMessage != \"boom\"", "root pay cache lost ack"},
      {"span:id = \"0000000000000002\"", "pay"},
      {"span:id = \"2\"", "pay"},
      {"span:id != \"00002\"", "root charge cache lost ack"},
      {"span:id = \"nothing\"", ""},
      {"span:id =~ \"0+2\"", "pay"},
      {"span:parentID = \"1\"", "pay cache"},
      {"span:parentID = \"\"", "root"},
      {"span:parentID != \"1\"", "root charge lost ack"},
      {"trace:id = \"a1\"", kAll},
      {"trace:id = \"000A1\"", kAll},
      {"trace:id = \"a10\"", ""},
      {"span:childCount = 2", "root pay"},
      {"span:childCount > 0", "root pay"},
      {"name != nil", kAll},
      {"instrumentation:name = \"grpc\"", "charge"},
      {"instrumentation:version =~ \"1.*\"", "charge"},
      {"instrumentation.lang = \"go\"", "charge"},
      {"instrumentation:name = \"\"", "root pay cache lost ack"},
  });
}

TEST(FieldReader, IntrinsicsOfTraces) {
  ExpectFound({
      {"traceDuration = 100us", kAll},
      {"trace:duration > 100us", ""},
      {"rootName = \"root\"", kAll},
      {"trace:rootName != \"root\"", ""},
      {"rootServiceName = \"shop\"", kAll},
      {"trace:rootService = \"bank\"", ""},
      {"nestedSetParent < 0", "root"},
      {"nestedSetLeft = 1 && nestedSetRight = 10", "root"},
      {"nestedSetLeft = 2 && nestedSetRight = 7 && nestedSetParent = 1", "pay"},
      {"nestedSetParent = 2", "charge ack"},
      {"nestedSetLeft = 0 && nestedSetRight = 0 && nestedSetParent = 0", "lost"},
  });
}

TEST(FieldReader, Attributes) {
  ExpectFound({
      {".code = 200", "root"},
      {"span.code = 500", "pay"},
      {"span.code = \"500\"", "charge"},
      {"span.code != 200", "pay cache"},
      {"span.code != \"x\"", "charge"},
      {"span.code >= 200", "root pay cache"},
      {"span.code = 200.5", "cache"},
      {"span.code < 200.6", "root cache"},
      {"span.missing != 1", ""},
      {"span.missing !~ \"a\"", ""},
      {"span.missing = nil", kAll},
      {"span.code = nil", "lost ack"},
      {"nil = span.code", "lost ack"},
      {"span.code != nil", "root pay charge cache"},
      {"resource.service.name = \"bank\"", "charge lost"},
      {".service.name = \"bank\"", "charge lost"},
      {"span.service.name = \"bank\"", ""},
      {".zone = 2", "charge lost"},
      {".both = \"span\"", "root"},
      {".both = \"resource\"", "pay charge cache lost ack"},
      {"resource.both = \"resource\"", kAll},
      {".score > 1", "root"},
      {".score + 1 = 2.5", "root"},
      {".flag", "root"},
      {"!.flag", "pay"},
      {"!(.flag)", "pay"},
      {"!(.flag = true)", "pay charge cache lost ack"},
      {".flag = false", "pay"},
      {".flag != true", "pay"},
      {".word", ""},
      {"!.word", ""},
      {".word && .code = 500", ""},
      {".word || .code = 500", "pay"},
      {"\"x\" = .word", "pay"},
      {"300 < span.code", "pay"},
      {"span.code = status", ""},
      {"span.code = duration", ""},
      {"span.n = nil && span.code > 1", "root pay cache"},
  });
}

TEST(FieldReader, ArraysAndWhatNoQuerySees) {
  ExpectFound({
      {"span.tags = \"a\"", "root"},
      {"span.tags = \"b\"", "root"},
      {"span.tags = \"c\"", ""},
      {"span.tags != \"a\"", ""},
      {"span.tags != \"c\"", "root"},
      {"span.tags =~ \"b.*\"", "root"},
      {"span.tags !~ \"b.*\"", ""},
      {"span.tags !~ \"c.*\"", "root"},
      {"span.tags > \"a\"", "root"},
      {"span.tags > \"b\"", ""},
      {"span.tags != 1", ""},
      {"span.tags !~ \"1\" && span.sizes !~ \"1\"", ""},
      {"span.sizes = 5", "root"},
      {"span.sizes = 5.0", "root"},
      {"2 > span.sizes", "root"},
      {"span.sizes + 1 = 2", ""},
      {"span.tags != nil", "root"},
      {"span.one = \"only\"", "root"},
      {"span.one != \"a\"", "root"},
      {"span.blob != nil || span.list != nil || span.mixed != nil || span.nested != nil", ""},
      {"span.blob = nil && name = \"charge\"", "charge"},
      {"span.tags = span.sizes",
       "arrays cannot be compared with each other, compare with one value"},
  });
}

TEST(FieldReader, ArithmeticIsWholeForWholeNumbers) {
  ExpectFound({
      {"span.code / 3 = 66", "root"},
      {"span.code / 3.0 > 66.6 && span.code / 3.0 < 66.7", "root"},
      {"span.code % 3 = 2", "root pay"},
      {"span.code - 100 > 101", "pay"},
      {"-span.code = -500", "pay"},
      {"duration * 2 = 40us", "pay"},
      {"duration / 2 = 10us", "pay"},
      {"span:childCount ^ 3 = 8", "root pay"},
      {"span.code / 0 = 1", "division by zero"},
      {"span.code % 0 = 1", "modulo by zero"},
      {"span.score / 0 > 1", "root"},
      {"false && span.code / 0 = 1", ""},
      {"true || span.code / 0 = 1", kAll},
      {"span.missing / 0 = 1", ""},
      {"span.missing + 1 = nil", kAll},
      {"-span.missing = 1", ""},
  });
}

TEST(FieldReader, ParentsAndRoots) {
  ExpectFound({
      {"parent.code = 500", "charge ack"},
      {"parent.span.code = 200", "pay cache"},
      {"parent.resource.service.name = \"shop\"", "pay charge cache ack"},
      {"parent.code = nil", "root lost"},
      {"parent.code != nil", "pay charge cache ack"},
      {"resource.service.name != parent.resource.service.name", "charge"},
      {"root.code = 200", kAll},
  });
}

TEST(FieldReader, ConditionsOnEventsThatAndJoinsAreOfOne) {
  ExpectFound({
      {"event:name = \"exception\"", "pay"},
      {"event:name != \"exception\"", "pay charge"},
      {"event.type = \"io\" && event.n = 1", "pay"},
      {"event.type = \"io\" && event.n = 2", ""},
      {"event.type = \"io\" && (event.n = 2 && name = \"pay\")", ""},
      {"event.type = \"io\" && (event.n = 2 || event.n = 1)", "pay"},
      {"event.type = \"io\" && (event.n = 2 || name = \"pay\")", "pay"},
      {"event.type = \"io\" && (event.n = 2 || name = \"root\")", "pay"},
      {"(event.type = \"io\" && event.n = 2) || event.n = 2", "pay"},
      {"event.type = \"io\" && event.n + 1 = 3", ""},
      {"event.type = \"io\" && event.n + 1 = 2", "pay"},
      {"!(event.n = 1)", "root charge cache lost ack"},
      {"!(event.n = 3)", kAll},
      {"event.type = \"io\" && !(event.n = 2)", ""},
      {"event.n = nil", "charge"},
      {"event.n != nil", "pay"},
      {"event:timeSinceStart = 1us", "pay"},
      {"event:timeSinceStart < 0", "charge"},
      {"event:timeSinceStart < 0 && event:name = \"early\"", "charge"},
      {"event.n = link.n", ""},
      {"(event.n = 2) = true", "pay"},
  });
}

TEST(FieldReader, ConditionsOnLinksLikewise) {
  ExpectFound({
      {"link:traceID = \"ab\"", "cache"},
      {"link:spanID = \"00cd\"", "cache"},
      {"link:traceID = \"ab\" && link:spanID = \"ce\"", ""},
      {"link:traceID = \"ac\" && link:spanID = \"ce\"", "cache"},
      {"link.why = \"batch\"", "cache"},
      {"link.why = \"batch\" && link.n = 2", ""},
      {"link.why = nil", "cache"},
      {"link.why = nil && link.n = 1", ""},
      {"link.n = 1 && event.n = 1", ""},
  });
}

/// One span that says its method by both names, one by the old one, one by the new one, and one of
/// whose resource says it.
testing::ExampleTrace Calls() {
  model::TraceBuilder builder("b1");
  const auto text = [](const char* value) { return model::Value{std::string(value)}; };
  builder.Resource({{"http.method", text("HEAD")}});
  builder.Resource({});
  builder.Add({.id = "1", .name = "both"}).attributes = {{"http.method", text("GET")},
                                                         {"http.request.method", text("PUT")}};
  builder.Add({.id = "2", .parent = "1", .start = 1, .name = "old"}).attributes = {
      {"http.method", text("GET")}};
  builder.Add({.id = "3", .parent = "1", .start = 2, .name = "new"}).attributes = {
      {"http.request.method", text("PUT")}};
  builder.Add({.id = "4", .parent = "3", .start = 3, .name = "none"});
  builder.Add({.id = "5", .parent = "3", .start = 4, .name = "nothing", .resource = 1});
  return testing::ExampleTrace(std::move(builder.trace()));
}

TEST(FieldReader, OfSeveralNamesTheFirstThatIsThereCounts) {
  const testing::ExampleTrace calls = Calls();
  const auto find = [&](const std::string& query) { return calls.Find(query); };
  EXPECT_EQ(find("{ span.http.method = \"GET\" }"), "both old");
  EXPECT_EQ(find("{ span.http.method = \"PUT\" }"), "new");
  EXPECT_EQ(find("{ span.http.request.method = \"PUT\" }"), "both new");
  EXPECT_EQ(find("{ span.http.method != \"GET\" }"), "new");
  EXPECT_EQ(find("{ !(span.http.method = \"GET\") }"), "new none nothing");
  EXPECT_EQ(find("{ span.http.request.method = nil }"), "none nothing");
  // Those of the span come first, under whichever name.
  EXPECT_EQ(find("{ .http.request.method = \"HEAD\" }"), "none");
  EXPECT_EQ(find("{ .http.request.method = nil }"), "nothing");
  EXPECT_EQ(find("{ parent.span.http.method = \"PUT\" }"), "none nothing");
  EXPECT_EQ(find("{ } | by(span.http.method) | count() = 2"),
            "both old | by(span.http.method)=GET | count()=2; none nothing | "
            "by(span.http.method)=nil | count()=2");
  EXPECT_EQ(find("{ span.http.method = \"PUT\" } with(semantic_conventions=false)"), "");
  EXPECT_EQ(find("{ span.http.method = nil } with(semantic_conventions=false)"),
            "new none nothing");
}

TEST(FieldReader, OfSeveralValuesTheFirstOfTheLeastTypeThatIsSeenCounts) {
  using model::Value;
  const Value mixed{Value::Array{Value{std::int64_t{1}}, Value{true}}};
  const Value seen{Value::Array{Value{std::int64_t{1}}, Value{std::int64_t{2}}}};
  model::TraceBuilder builder("1");
  builder.Resource({});
  builder.Add({.id = "1", .name = "typed"}).attributes = {{"a", Value{std::int64_t{1}}},
                                                          {"a", Value{std::string("x")}},
                                                          {"a", Value{std::string("y")}}};
  builder.Add({.id = "2", .start = 1, .name = "arrays"}).attributes = {{"a", mixed}, {"a", seen}};
  const testing::ExampleTrace trace(std::move(builder.trace()));

  EXPECT_EQ(trace.Find("{ .a = `x` }"), "typed");
  EXPECT_EQ(trace.Find("{ .a = `y` }"), "");
  EXPECT_EQ(trace.Find("{ .a = 1 }"), "arrays");
}

TEST(FieldReader, TellsUnderWhichNameAnAttributeIsThere) {
  const testing::ExampleTrace calls = Calls();
  const Query query = testing::ParseAndCheck(
                          "{ } | select(span.http.method, parent.http.method, "
                          "status)")
                          .value();
  const Program program = Program::Prepare(query.pipeline, FieldProgram(Naming::kAllNames)).value();
  const model::StopCheck never;
  Evaluation evaluation(program, calls.columns(), never);
  const auto shown = [&](std::uint32_t row) {
    std::string text;
    for (const ShownAttribute& attribute : program.shown()) {
      const auto [value, name] = evaluation.fields().ReadNamed(attribute.slot, row);
      text += attribute.KeyOf(name) + '=' + ToText(value) + ' ';
    }
    return text;
  };
  EXPECT_EQ(shown(0), "http.method=GET parent.http.method=nil status=unset ");
  EXPECT_EQ(shown(2), "http.request.method=PUT parent.http.method=GET status=unset ");
  EXPECT_EQ(shown(3), "http.method=nil parent.http.request.method=PUT status=unset ");
}

}  // namespace
}  // namespace clew::traceql::evaluate
