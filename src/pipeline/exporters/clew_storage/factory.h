#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::exporters::clew_storage {

Factory ClewStorageExporterFactory();

}  // namespace clew::pipeline::exporters::clew_storage
