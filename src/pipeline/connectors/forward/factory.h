#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::connectors::forward {

Factory ForwardConnectorFactory();

}  // namespace clew::pipeline::connectors::forward
