#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::extensions::clew_query {

/// `clew_query`: Jaeger's and Tempo's query APIs over what a storage extension holds.
pipeline::Factory ClewQueryExtensionFactory();

}  // namespace clew::pipeline::extensions::clew_query
