#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::extensions::clew_storage {

Factory ClewStorageExtensionFactory();

}  // namespace clew::pipeline::extensions::clew_storage
