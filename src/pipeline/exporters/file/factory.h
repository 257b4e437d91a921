#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::file {

Factory FileExporterFactory();

}  // namespace clew::pipeline::exporters::file
