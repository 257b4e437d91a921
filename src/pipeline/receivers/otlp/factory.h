#pragma once

#include "pipeline/factory.h"

namespace clew::pipeline::receivers::otlp {

Factory OtlpReceiverFactory();

}  // namespace clew::pipeline::receivers::otlp
