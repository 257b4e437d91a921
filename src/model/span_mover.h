#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "model/trace_data.h"

namespace clew::model {

/// Moves spans from one TraceData to another, and copies there what they use of its tables, each
/// row once. Many traces may share a row that is large: ask for the bytes before moving. One
/// thread; both outlive it.
class SpanMover {
 public:
  SpanMover(const TraceData& from, TraceData& to)
      : resources_(from.resources, to.resources), scopes_(from.scopes, to.scopes), to_(to) {}

  /// About how much memory Move(span) will take for rows that are not there yet.
  std::uint64_t CopiedBytes(const Span& span) const {
    return resources_.CopiedBytes(span.resource) + scopes_.CopiedBytes(span.scope);
  }
  /// The places in `span` are those in the tables of `from`.
  void Move(Span span) {
    span.resource = resources_.Copy(span.resource);
    span.scope = scopes_.Copy(span.scope);
    to_.spans.push_back(std::move(span));
  }

 private:
  template <typename Row>
  class Table {
   public:
    Table(const std::vector<Row>& from, std::vector<Row>& to) : from_(from), to_(to) {}
    std::uint64_t CopiedBytes(std::uint32_t row) const {
      return places_.contains(row) ? 0 : MemoryOf(from_[row]);
    }
    std::uint32_t Copy(std::uint32_t row) {
      const auto [place, is_new] = places_.emplace(row, static_cast<std::uint32_t>(to_.size()));
      if (is_new) to_.push_back(from_[row]);
      return place->second;
    }

   private:
    const std::vector<Row>& from_;
    std::vector<Row>& to_;
    std::unordered_map<std::uint32_t, std::uint32_t> places_;
  };

  Table<Resource> resources_;
  Table<Scope> scopes_;
  TraceData& to_;
};

}  // namespace clew::model
