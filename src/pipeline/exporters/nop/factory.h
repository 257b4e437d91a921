#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::nop {

Factory NopExporterFactory();

}  // namespace clew::pipeline::exporters::nop
