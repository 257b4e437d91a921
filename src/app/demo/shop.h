#pragma once

#include <cstdint>

#include "base/random.h"
#include "model/trace_data.h"

namespace clew::app::demo {

/// A shop of six services: api-gateway, auth-service, order-service, payment-service, bank-api and
/// inventory-service. Most visits order something, some only look. One order in ten fails, one in
/// ten waits for a slow bank or a slow database; the first five visits show each of it.
/// Deterministic by `random`. One thread.
class Shop {
 public:
  /// `random` outlives the shop.
  explicit Shop(base::Random& random) : random_(random) {}

  /// The whole trace of a visit that starts at `start`.
  model::TraceData Visit(UnixNanos start);

 private:
  base::Random& random_;
  std::uint64_t visit_count_ = 0;
};

}  // namespace clew::app::demo
