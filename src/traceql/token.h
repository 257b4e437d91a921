#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "expr/text_range.h"
#include "traceql/attribute.h"
#include "traceql/static.h"

namespace clew::traceql {

/// A part of a query that is not divided further.
struct Token {
  enum class Kind : std::uint8_t {
    kEnd,
    /// Not a part of the language; `content` says why.
    kBroken,
    /// `{`, `&&`, `!>>` …
    kSign,
    /// `name`, `span:id`, `select`, and words that nobody knows.
    kWord,
    /// `.x`, `parent.span.x`, with its name.
    kAttribute,
    /// A number, duration or string.
    kStatic,
  };

  Kind kind = Kind::kEnd;
  /// As it stands in the query; lives as long as that.
  std::string_view text{};
  expr::TextRange range{};
  std::variant<std::monostate, Static, Attribute, std::string> content{};
};

}  // namespace clew::traceql
