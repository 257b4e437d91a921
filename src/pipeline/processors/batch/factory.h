#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::processors::batch {

Factory BatchProcessorFactory();

}  // namespace clew::pipeline::processors::batch
