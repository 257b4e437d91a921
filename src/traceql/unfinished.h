#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "traceql/attribute.h"

namespace clew::traceql {

/// What somebody who types a query is in the middle of.
struct Unfinished {
  enum class Kind : std::uint8_t {
    /// Neither of the others.
    kNothing,
    /// The name of an attribute in a condition.
    kName,
    /// The same in a list, as of by() or select().
    kListedName,
    /// What an attribute is compared with.
    kValue,
  };

  Kind kind = Kind::kNothing;
  /// Where what is typed of it begins, which goes on to the end of the query; nothing may be.
  std::size_t begin = 0;
  /// Where the condition begins that it is a part of.
  std::size_t condition_begin = 0;
  /// Of kValue: whose.
  Attribute attribute{};
};

/// What is at the end of `query`, whose beginning need not be right.
Unfinished FindUnfinished(std::string_view query);

}  // namespace clew::traceql
