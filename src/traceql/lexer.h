#pragma once

#include <string_view>
#include <vector>

#include "traceql/token.h"

namespace clew::traceql {

/// The tokens of `text`, of at most 4 GiB, which outlives them. The last one is kEnd. What is
/// broken is a token too, so that what follows it can be read.
///
/// Signs are as long as they can be. Behind a dot that begins an attribute its name is read: up to
/// a space or one of `{}()=~!<>&|^,`, so that `.a+1` is one name and `.a + 1` a sum.
std::vector<Token> Lex(std::string_view text);

}  // namespace clew::traceql
