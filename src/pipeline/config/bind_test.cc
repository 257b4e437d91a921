#include "pipeline/config/bind.h"

#include <gtest/gtest.h>

#include "pipeline/config/emit.h"
#include "pipeline/config/yaml_reader.h"

namespace clew::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Inner final : Section {
  std::uint64_t size = 3;
  void Describe(Binder& binder) override { binder.Field("size", &size, "How many."); }
};

struct Outer final : Section {
  bool flag = false;
  std::int64_t level = -1;
  std::uint64_t count = 1;
  double ratio = 0.5;
  std::string name = "n";
  Secret token;
  Nanos timeout = seconds(5);
  std::vector<std::string> list;
  std::map<std::string, Secret> headers;
  std::string mode = "fast";
  std::string word = "none";
  Inner always;
  bool has_queue = true;
  Inner queue;
  bool has_tls = false;
  Inner tls;

  void Describe(Binder& binder) override {
    binder.Field("flag", &flag, "A flag.");
    binder.Field("level", &level, "A level.");
    binder.Field("count", &count, "A count.");
    binder.Field("ratio", &ratio, "A ratio.");
    binder.Field("name", &name, "A name.");
    binder.Field("token", &token, "A token.");
    binder.Field("timeout", &timeout, "A time.");
    binder.Field("list", &list, "A list.");
    binder.Field("headers", &headers, "Headers.");
    binder.Choice("mode", &mode, {"fast", "safe"}, "A mode.");
    binder.Word("word", &word, "A word.");
    binder.Nested("always", &always, "Always there.");
    binder.Optional("queue", &has_queue, &queue, "On by default.");
    binder.Optional("tls", &has_tls, &tls, "Off by default.");
  }
};

std::string Bind(Outer& outer, const std::string& yaml) {
  ProblemList problems;
  const Node node =
      ReadYaml(yaml, std::make_shared<const std::string>("a.yaml"), problems).value_or(Node());
  BindSection(outer, node, "exporters::x", problems);
  return FormatProblems(problems);
}

TEST(BindSection, FillsEveryKindOfField) {
  Outer outer;
  EXPECT_EQ(Bind(outer, R"(
flag: true
level: -0x10
count: 1_000
ratio: 2
name: text
token: hush
timeout: 1m30s
list: [a, "b"]
headers: {X-Key: abc}
mode: safe
always: {size: 9}
queue: {enabled: false, size: 4}
tls:
)"),
            "");

  EXPECT_TRUE(outer.flag);
  EXPECT_EQ(outer.level, -16);
  EXPECT_EQ(outer.count, 1000u);
  EXPECT_EQ(outer.ratio, 2.0);
  EXPECT_EQ(outer.name, "text");
  EXPECT_EQ(outer.token.value, "hush");
  EXPECT_EQ(outer.timeout, seconds(90));
  EXPECT_EQ(outer.list, std::vector<std::string>({"a", "b"}));
  EXPECT_EQ(outer.headers.at("X-Key").value, "abc");
  EXPECT_EQ(outer.mode, "safe");
  EXPECT_EQ(outer.always.size, 9u);
  EXPECT_FALSE(outer.has_queue);
  EXPECT_TRUE(outer.has_tls);
}

TEST(BindSection, NullAndAbsenceLeaveDefaults) {
  Outer outer;
  EXPECT_EQ(Bind(outer, "name:\ncount: ~\ntimeout: null\n"), "");
  EXPECT_EQ(outer.name, "n");
  EXPECT_EQ(outer.count, 1u);
  EXPECT_EQ(outer.timeout, seconds(5));
  EXPECT_TRUE(outer.has_queue);
  EXPECT_FALSE(outer.has_tls);
  EXPECT_EQ(Bind(outer, ""), "");
}

TEST(BindSection, HeadersMayBeAList) {
  Outer outer;
  EXPECT_EQ(Bind(outer, "headers: [{name: a, value: b}]\ntimeout: 0\n"), "");
  EXPECT_EQ(outer.headers.at("a").value, "b");
  EXPECT_EQ(outer.timeout, Nanos(0));
}

TEST(BindSection, SaysEverythingThatDoesNotFit) {
  Outer outer;
  EXPECT_EQ(Bind(outer, R"(flag: yes
level: 1.5
count: -1
ratio: much
name: 5
token: [t0p]
timeout: 5
list: a
headers: {k: 1}
mode: slow
always: 7
queue: {siez: 1}
Flag: true
)"),
            R"(a.yaml:1: 'exporters::x::flag' expected true or false, got the text "yes"
a.yaml:2: 'exporters::x::level' expected an integer, got the number 1.5
a.yaml:3: 'exporters::x::count' expected an integer of at least 0, got the integer -1
a.yaml:4: 'exporters::x::ratio' expected a number, got the text "much"
a.yaml:5: 'exporters::x::name' expected text (put it in quotes), got the integer 5
a.yaml:6: 'exporters::x::token' expected text (put it in quotes)
a.yaml:7: 'exporters::x::timeout' expected a duration with its unit, e.g. 5s, got the integer 5
a.yaml:8: 'exporters::x::list' expected a list of texts, got the text "a"
a.yaml:9: 'exporters::x::headers::k' expected text (put it in quotes)
a.yaml:10: 'exporters::x::mode' expected one of fast, safe, got the text "slow"
a.yaml:11: 'exporters::x::always' expected a map, got the integer 7
a.yaml:12: 'exporters::x::queue' has invalid keys: siez (did you mean "size"?)
a.yaml:13: 'exporters::x' has invalid keys: Flag (did you mean "flag"?))");
}

TEST(BindSection, WordsOfAnEnumerationAreTakenInAnyCase) {
  Outer outer;
  EXPECT_EQ(Bind(outer, "mode: SAFE\nword: GZip\n"), "");
  EXPECT_EQ(outer.mode, "safe");
  EXPECT_EQ(outer.word, "gzip");
}

TEST(BindSection, PasswordsOfUrlsAreNotQuoted) {
  Outer outer;
  EXPECT_EQ(
      Bind(outer, "timeout: https://user:hush@host/\n"),
      "a.yaml:1: 'exporters::x::timeout' invalid duration \"https://[REDACTED]@host/\": write a "
      "number with a unit, such as 500ms, 2s or 1h30m");
}

TEST(EmitSection, HidesThePasswordsOfUrls) {
  Outer outer;
  ASSERT_EQ(Bind(outer, "name: https://user:hush@host/x\nlist: [https://token@host]\n"), "");

  const std::string hidden = EmitSection(outer, 0, Secrecy::kRedacted);

  EXPECT_NE(hidden.find("name: \"https://[REDACTED]@host/x\"\n"), std::string::npos) << hidden;
  EXPECT_NE(hidden.find("list: [\"https://[REDACTED]@host\"]\n"), std::string::npos) << hidden;
  EXPECT_NE(EmitSection(outer, 0, Secrecy::kShown).find("user:hush@"), std::string::npos);
}

TEST(BindSection, IntegersAtTheEdge) {
  Outer outer;
  EXPECT_EQ(Bind(outer, "count: 18446744073709551615\nlevel: 9223372036854775807\n"), "");
  EXPECT_EQ(outer.count, ~std::uint64_t{0});
  EXPECT_NE(Bind(outer, "count: 18446744073709551616\n"), "");
  EXPECT_NE(Bind(outer, "level: 9223372036854775808\n"), "");
}

TEST(EmitSection, HidesSecretsAndReadsBack) {
  Outer outer;
  ASSERT_EQ(Bind(outer,
                 "token: hush\nheaders: {a: b$$c}\nname: 'yes: # $x'\nqueue: "
                 "{enabled: false}\n"),
            "");

  const std::string hidden = EmitSection(outer, 0, Secrecy::kRedacted);
  const std::string shown = EmitSection(outer, 0, Secrecy::kShown);

  EXPECT_EQ(hidden.find("hush"), std::string::npos);
  EXPECT_NE(hidden.find("token: \"[REDACTED]\""), std::string::npos);
  EXPECT_NE(hidden.find("headers: {a: \"[REDACTED]\"}"), std::string::npos);
  EXPECT_EQ(shown, R"(flag: false
level: -1
count: 1
ratio: 0.5
name: "yes: # $$x"
token: hush
timeout: 5s
list: []
headers: {a: "b$$$$c"}
mode: fast
word: none
always:
  size: 3
queue:
  enabled: false
tls:
  enabled: false
)");
}

TEST(ListFields, NamesEveryFieldWithTypeAndDefault) {
  Outer outer;
  std::string text;
  for (const FieldInfo& field : ListFields(outer)) {
    text += field.path + " | " + field.type + " | " + field.default_value + "\n";
  }
  EXPECT_EQ(text, R"(flag | bool | false
level | int | -1
count | uint | 1
ratio | number | 0.5
name | text | "n"
token | secret | ""
timeout | duration | 5s
list | list of texts | []
headers | map of secrets | {}
mode | one of fast, safe | fast
word | text | none
always | section | 
always::size | uint | 3
queue | optional section, on | 
queue::size | uint | 3
tls | optional section, off | 
tls::size | uint | 3
)");
}

}  // namespace
}  // namespace clew::pipeline
