#include "traceql/evaluate/testing/random_query.h"

namespace clew::traceql::evaluate::testing {
namespace {

class QueryMaker {
 public:
  explicit QueryMaker(Dice* dice) : dice_(*dice) {}

  std::string Pipeline(int depth) {
    std::string text = dice_.OneIn(12) ? First() : Spansets(depth);
    for (std::size_t i = dice_.OneIn(2) ? dice_.Below(4) : 0; i > 0; --i)
      text += " | " + Stage(depth);
    return text;
  }

  std::string Filter(int depth) {
    if (depth == 0 || dice_.OneIn(2)) return Comparison(depth);
    switch (dice_.Below(8)) {
      case 0:
        return "!(" + Filter(depth - 1) + ")";
      case 1:
        return Attribute();
      case 2:
        return "!" + Attribute();
      case 3:
        return dice_.OneOf({"true", "false"});
      case 4:
      case 5:
        return "(" + Filter(depth - 1) + " || " + Filter(depth - 1) + ")";
      default:
        return "(" + Filter(depth - 1) + " && " + Filter(depth - 1) + ")";
    }
  }

  std::string AnyField() {
    return dice_.OneIn(2) ? Attribute()
                          : dice_.OneOf({"name",
                                         "status",
                                         "kind",
                                         "duration",
                                         "statusMessage",
                                         "span:id",
                                         "span:parentID",
                                         "trace:id",
                                         "rootName",
                                         "rootServiceName",
                                         "traceDuration",
                                         "nestedSetLeft",
                                         "nestedSetRight",
                                         "nestedSetParent",
                                         "span:childCount",
                                         "event:name",
                                         "link:spanID",
                                         "link:traceID",
                                         "event:timeSinceStart",
                                         "instrumentation:name",
                                         "instrumentation:version",
                                         "resource.service.name"});
  }

  std::string NumberField() {
    return dice_.OneIn(2)
               ? Attribute()
               : dice_.OneOf({"duration", "traceDuration", "span:childCount", "nestedSetLeft",
                              "nestedSetRight", "nestedSetParent", "event:timeSinceStart"});
  }

 private:
  std::string Stage(int depth) {
    switch (dice_.Below(8)) {
      case 0:
        return "coalesce() | " + Spansets(depth);
      case 1:
      case 2:
      case 3:
        return First();
      default:
        return Spansets(depth);
    }
  }

  /// What can begin a pipeline besides spans.
  std::string First() {
    switch (dice_.Below(4)) {
      case 0:
        return "by(" + (dice_.OneIn(3) ? Number(1, true) : AnyField()) + ")";
      case 1:
        return "select(" + AnyField() + ", " + AnyField() + ")";
      default:
        return Scalar() + dice_.OneOf({" > ", " >= ", " < ", " <= ", " = ", " != "}) +
               dice_.OneOf({"1", "2", "1.5", "3ns", "count()", "sum(.n)"});
    }
  }

  std::string Scalar() {
    const std::string aggregate =
        dice_.OneOf({"min", "max", "avg", "sum"}) + "(" + Number(1, true) + ")";
    const std::string count = dice_.OneIn(2) ? "count()" : "count(" + AnyField() + ")";
    switch (dice_.Below(4)) {
      case 0:
        return aggregate;
      case 1:
        return "(" + aggregate + dice_.OneOf({" + ", " - ", " * "}) + count + ")";
      default:
        return count;
    }
  }

  std::string Spansets(int depth) {
    if (dice_.OneIn(4)) return "{ }";
    if (depth == 0 || dice_.OneIn(3)) return "{ " + Filter(2) + " }";
    if (dice_.OneIn(8)) return "(" + Pipeline(depth - 1) + ")";
    static const std::vector<std::string> kOps = {"&&", "||",  ">",   ">>",  "<",   "<<",
                                                  "~",  "!>",  "!>>", "!<",  "!<<", "!~",
                                                  "&>", "&>>", "&<",  "&<<", "&~",  "&&"};
    return "(" + Spansets(depth - 1) + " " + dice_.OneOf(kOps) + " " + Spansets(depth - 1) + ")";
  }

  /// An attribute whose type is not known.
  std::string Attribute() {
    const std::string scope =
        dice_.OneOf({".", ".", ".", "span.", "span.", "resource.", "event.", "event.", "link.",
                     "instrumentation.", "parent.", "parent.span.", "parent.resource.", "root."});
    // The last two are names of one attribute.
    return scope + dice_.OneOf({"a", "b", "n", "http.retry_count", "http.request.resend_count"});
  }

  std::string Comparison(int depth) {
    static const std::vector<std::string> kPlain = {" = ", " != ", " < ", " <= ", " > ", " >= "};
    const std::string equality = dice_.OneOf({" = ", " != "});
    switch (dice_.Below(10)) {
      case 0:
        return "status" + equality + dice_.OneOf({"ok", "error", "unset", ".n", "span.a"});
      case 1:
        return "kind" + equality + dice_.OneOf({"server", "client", "internal", "unspecified"});
      case 2:
        return Attribute() + equality + dice_.OneOf({"true", "false", "error", "client"});
      case 3:
        return Attribute() + equality + "nil";
      case 4:
        return Text() + dice_.OneOf({" =~ ", " !~ "}) +
               dice_.OneOf({"\"a.*\"", "\"b|ab\"", "\".*\""});
      case 5:
        return dice_.OneOf(
                   {"span:id", "span:parentID", "link:spanID", "trace:id", "link:traceID"}) +
               dice_.OneOf(kPlain) +
               dice_.OneOf({"\"1\"", "\"02\"", "\"\"", "\"0000000000000003\""});
      case 6:
      case 7:
        return Number(depth, false) + dice_.OneOf(kPlain) + Number(depth, false);
      default:
        return dice_.OneIn(6)
                   ? TextLiteral() + dice_.OneOf(kPlain) + Text()
                   : Text() + dice_.OneOf(kPlain) + (dice_.OneIn(6) ? Text() : TextLiteral());
    }
  }

  std::string TextLiteral() {
    return dice_.OneOf({"\"a\"", "\"b\"", "\"ab\"", "\"\"", "\"shop\"", "\"get\""});
  }

  std::string Text() {
    return dice_.OneIn(2) ? Attribute()
                          : dice_.OneOf({"name", "statusMessage", "rootName", "rootServiceName",
                                         "event:name", "event:name", "instrumentation:name",
                                         "instrumentation:version", "resource.service.name"});
  }

  /// With `needs_span` there is an attribute in it.
  std::string Number(int depth, bool needs_span) {
    if (depth > 0 && dice_.OneIn(4)) {
      const std::string left = Number(depth - 1, needs_span);
      // Constants are not divided by zero: Check says so.
      if (dice_.OneIn(5)) {
        return "(" + left + dice_.OneOf({" / ", " % "}) + dice_.OneOf({"2", "3", "0.5", ".n"}) +
               ")";
      }
      const std::string op = dice_.OneOf({" + ", " + ", " - ", " - ", " * ", " * ", " ^ "});
      return "(" + left + op + Number(depth - 1, false) + ")";
    }
    if (depth > 0 && dice_.OneIn(8)) return "-(" + Number(depth - 1, needs_span) + ")";
    if (!needs_span && dice_.OneIn(2)) {
      return dice_.OneOf({"0", "1", "2", "3", "-1", "1.5", "0.5", "2.0", "1ns", "3ns", "2ns"});
    }
    return NumberField();
  }

  Dice& dice_;
};

}  // namespace

std::string RandomQuery(Dice* dice) { return QueryMaker(dice).Pipeline(2); }
std::string RandomFilter(Dice* dice) { return QueryMaker(dice).Filter(3); }
std::string RandomField(Dice* dice) { return QueryMaker(dice).AnyField(); }
std::string RandomNumberField(Dice* dice) { return QueryMaker(dice).NumberField(); }
Naming RandomNaming(Dice* dice) { return dice->OneIn(4) ? Naming::kAsAsked : Naming::kAllNames; }

}  // namespace clew::traceql::evaluate::testing
