#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::debug {

Factory DebugExporterFactory();

}  // namespace clew::pipeline::exporters::debug
