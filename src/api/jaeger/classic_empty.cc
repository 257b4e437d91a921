#include "api/jaeger/handlers.h"

/// What Jaeger serves for pages of its UI, and what here is empty.
namespace clew::api::jaeger {

Result<Reply> ClassicMetrics(const Call&) {
  // Jaeger's own words when it has no storage for metrics.
  return base::MakeError(Code::kUnimplemented, "metrics querying is currently disabled");
}

// The next two are demonstrations in Jaeger, too, for pages of its UI: here they are empty.
Result<Reply> ClassicDeepDependencies(const Call&) {
  return Reply{.json = R"({"dependencies":[]})"};
}

Result<Reply> ClassicQualityMetrics(const Call&) {
  return Reply{.json = R"({"traceQualityDocumentationLink":"",)"
                       R"("bannerText":{"value":"Trace quality is not computed here.",)"
                       R"("styling":{}},"scores":[],"metrics":[],"clients":[]})"};
}

}  // namespace clew::api::jaeger
