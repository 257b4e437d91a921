#pragma once

#include <string>

#include "base/vocabulary.h"

namespace clew::app::bench {

/// Removes `folder` with the data of an earlier bench, and the file `mark` beside it, which says
/// that it is a bench's, and leaves an empty mark for what is made there now. FAILED_PRECONDITION,
/// with nothing removed, when there is something that no mark speaks for.
Status ReplaceMadeData(const std::string& folder, const std::string& mark);

}  // namespace clew::app::bench
