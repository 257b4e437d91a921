#pragma once

#include <string>

#include "base/metrics.h"
#include "wire/otlp/codec.h"
#include "wire/otlp/limits.h"

namespace clew::pipeline::receiving {

/// The codec for batches of this receiver. It lives as long as the process, because batches outlive
/// their receiver: after a change of the configuration they still wait in queues that were kept.
/// The same id and limits give the same codec, so there are as many as different configurations.
const wire::otlp::OtlpCodec& CodecOf(const std::string& receiver_id,
                                     const wire::otlp::DecodeLimits& limits);

/// Counts what the codec's limits cut, as clew_receiver_truncated_total by reason, until the handle
/// is destroyed.
std::shared_ptr<void> ReportTruncation(const std::string& receiver_id,
                                       const wire::otlp::OtlpCodec& codec, base::Metrics& metrics);

}  // namespace clew::pipeline::receiving
