#include "app/version.h"

namespace clew::app {

std::string_view Version() { return CLEW_VERSION; }

}  // namespace clew::app
