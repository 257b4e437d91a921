#pragma once

#include <functional>

#include "expr/expression.h"

namespace clew::query {

/// That one of the places holds where the value may be stored that Jaeger's API shows as
/// `reference`. It is there itself, as `make` of it says; the `service.name` of a resource is shown
/// as model::ServiceName, whatever stands there; and what all spans of a resource say of their
/// library is shown at the resource that does not say it itself (jaeger.md section 16).
expr::Expression WhereShown(const expr::Reference& reference,
                            const std::function<expr::Expression(expr::Reference)>& make);

}  // namespace clew::query
