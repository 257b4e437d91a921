#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::extensions::health_check {

Factory HealthCheckFactory();

}  // namespace clew::pipeline::extensions::health_check
