#pragma once

#include "base/bytes.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

/// The words every room speaks, without their room's name.
namespace clew {

using base::Bytes;
using base::Clock;
using base::Code;
using base::DataLoss;
using base::Deadline;
using base::Error;
using base::Internal;
using base::InvalidArgument;
using base::MakeError;
using base::Nanos;
using base::NotFound;
using base::Result;
using base::SpanId;
using base::Status;
using base::TenantId;
using base::TraceId;
using base::Unavailable;
using base::UnixNanos;

}  // namespace clew
