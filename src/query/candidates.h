#pragma once

#include <cstddef>
#include <optional>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/vocabulary.h"

namespace clew::query {

/// The traces that may be among the first `limit` of an answer: newest start first, then by id.
///
/// A matching span tells a bound: its trace began with it or before. The exact start is known when
/// the whole trace was looked up. Once `limit` exact ones are known, the last of these is the mark:
/// whatever comes after it by its bound comes after it by its start, too, and is dropped. The mark
/// only ever moves to the front, so what was dropped stays out; when it turns up again, the bound
/// of the span that brings it holds like that of the first. One thread.
class Candidates {
 public:
  explicit Candidates(std::size_t limit) : limit_(limit) {}

  /// A span of the trace that matches.
  void Add(const TraceId& id, UnixNanos span_start);
  /// What a look-up of the whole trace says; nothing when it is gone, and the bound stands.
  void SetExact(const TraceId& id, std::optional<UnixNanos> start);

  /// Of the first `count` those whose start is a bound only, by id.
  std::vector<TraceId> InexactAmongFirst(std::size_t count) const;
  bool has_inexact() const { return exact_.size() < order_.size(); }
  /// True when neither a span at `start` or before, nor any that is here, can change who the first
  /// `limit` are.
  bool IsSettledAt(UnixNanos start) const;
  /// True when the first `limit` would be these if spans later than `start` were all known and
  /// every bound exact.
  bool IsFullBefore(UnixNanos start) const;

  std::size_t size() const { return order_.size(); }
  /// In their order; final when everything is exact.
  std::vector<TraceId> First() const;

 private:
  // ~start turns the order round without overflow.
  using Key = std::pair<UnixNanos, TraceId>;
  struct Trace {
    UnixNanos start;
    bool is_exact;
  };

  bool IsBehindMark(const Key& key) const {
    return exact_.size() == limit_ && *exact_.rbegin() < key;
  }
  void DropBehindMark();

  const std::size_t limit_;
  std::unordered_map<TraceId, Trace> traces_;
  std::set<Key> order_;
  std::set<Key> exact_;  // at most limit_
};

}  // namespace clew::query
