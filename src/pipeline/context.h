#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/vocabulary.h"
#include "pipeline/delivery.h"

namespace clew::pipeline {

/// What travels beside a batch. Copied, not shared.
struct Context {
  TenantId tenant;
  /// Request headers by lower-case name; only with `include_metadata: true` on the receiver.
  std::map<std::string, std::vector<std::string>> metadata;
  /// host:port of the sender, empty when there is none.
  std::string client_address;
  /// Who waits to hear that the batch was delivered; null when nobody does (delivery.h).
  DeliveryTokenPtr delivery;
};

/// What became of a batch that was taken.
struct Receipt {
  /// Items of the batch that were not taken although the rest was.
  std::uint64_t rejected_items = 0;
  /// Why, for the sender; may be a warning with no rejected item (otlp.md section 4).
  std::string message;

  /// Adds what another consumer says of the same batch. Items that both refuse count once, so the
  /// larger number stands.
  void Merge(const Receipt& other);
};

}  // namespace clew::pipeline
