#pragma once

#include <string>
#include <vector>

#include "app/bench/query_data.h"

namespace clew::app::bench {

/// One question over HTTP, as a client asks it.
struct Question {
  std::string name;
  std::string url;
  /// What a right answer of status 200 has in it. Empty: nothing is asked for.
  std::string has;
  /// Milliseconds in which it shall be answered at the median, when warm; 0: none are said.
  double reach_ms = 0;
};

/// What is asked by TraceQL and by lists of names: a search, metrics, tags, and lists of Jaeger's
/// API. All over the whole time of `data`, whose server runs.
std::vector<Question> Questions(const QueryData& data);

}  // namespace clew::app::bench
