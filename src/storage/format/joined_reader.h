#pragma once

#include "scan/span_source.h"

namespace clew::storage {

/// What scan::SpanSource::PastDamage makes of a reader and the one before it, whose report may be
/// empty.
scan::Reader Joined(scan::Reader reader, const scan::Reader& before);

}  // namespace clew::storage
