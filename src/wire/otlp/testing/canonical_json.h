#pragma once

#include <string>
#include <string_view>
#include <vector>

/// OTLP/JSON in forms that can be compared as text. Malformed JSON gives "(malformed)".
namespace clew::wire::otlp::testing {

/// Keys sorted, no white space, every number as a double.
std::string CanonicalJson(std::string_view json);

/// One text for each span that can be taken, sorted: the span with its resource and scope in it.
/// What a store need not keep is taken out: the order of attributes of different keys, groups
/// without spans, parents and links of a length no id has, and zero ids.
std::vector<std::string> CanonicalSpans(std::string_view json);

}  // namespace clew::wire::otlp::testing
