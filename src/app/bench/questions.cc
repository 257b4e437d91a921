#include "app/bench/questions.h"

#include "api/client/http_api.h"
#include "workload/generator.h"

namespace clew::app::bench {
namespace {

using api::client::PercentEncode;

constexpr UnixNanos kNanosPerSecond = 1'000'000'000;
constexpr UnixNanos kNanosPerMicro = 1'000;
constexpr std::string_view kNoTraces = R"("traces":[])";
constexpr std::string_view kOneTrace = R"("traceID":)";
constexpr std::string_view kSeries = R"("labels":)";

/// Makes questions about the whole time of the data.
class Asker {
 public:
  explicit Asker(const QueryData& data)
      : tempo_(fmt::format("http://127.0.0.1:{}", data.server->ports().tempo)),
        jaeger_(fmt::format("http://127.0.0.1:{}", data.server->ports().jaeger)),
        start_(data.start),
        end_(data.end) {}

  void Search(std::string name, std::string_view query, std::string_view has, double reach_ms = 0) {
    Add(std::move(name),
        fmt::format("{}/api/search?q={}&limit=20{}", tempo_, PercentEncode(query), Range()), has,
        reach_ms);
  }
  void Measure(std::string name, std::string_view query, double reach_ms = 0) {
    Add(std::move(name),
        fmt::format("{}/api/metrics/query_range?q={}&step=10s{}", tempo_, PercentEncode(query),
                    Range()),
        kSeries, reach_ms);
  }
  void TagNames(std::string name, double reach_ms) {
    Add(std::move(name), fmt::format("{}/api/v2/search/tags?limit=1000{}", tempo_, Range()),
        "service.name", reach_ms);
  }
  void TagValues(std::string name, std::string_view tag, std::string_view query,
                 std::string_view has, double reach_ms = 0) {
    Add(std::move(name),
        fmt::format("{}/api/v2/search/tag/{}/values?limit=1000&q={}{}", tempo_, tag,
                    PercentEncode(query), Range()),
        has, reach_ms);
  }
  void Jaeger(std::string name, std::string_view path, std::string_view has, double reach_ms) {
    Add(std::move(name), fmt::format("{}{}", jaeger_, path), has, reach_ms);
  }
  std::string JaegerRange() const {
    return fmt::format("&start={}&end={}&limit=20", start_ / kNanosPerMicro, end_ / kNanosPerMicro);
  }

  std::vector<Question> questions;

 private:
  void Add(std::string name, std::string url, std::string_view has, double reach_ms) {
    questions.push_back({std::move(name), std::move(url), std::string(has), reach_ms});
  }
  std::string Range() const {
    return fmt::format("&start={}&end={}", start_ / kNanosPerSecond, end_ / kNanosPerSecond + 1);
  }

  const std::string tempo_;
  const std::string jaeger_;
  const UnixNanos start_;
  const UnixNanos end_;
};

void AddSearches(Asker& ask, const std::string& service) {
  ask.Search("service_and_slow",
             fmt::format("{{ resource.service.name = \"{}\" && duration > 2s }}", service), "", 20);
  ask.Search("service_and_duration",
             fmt::format("{{ resource.service.name = \"{}\" && duration > 100ms }}", service),
             kOneTrace);
  ask.Search("attribute", R"({ .tenant.id = "tenant-0042" })", kOneTrace, 30);
  ask.Search("absent_value", R"({ .tenant.id = "nobody" })", kNoTraces, 3);
  ask.Search("absent_key", R"({ .no.such.key = "nobody" })", kNoTraces, 3);
  ask.Search("rare_attribute", R"({ .user.id = "user-100003" })", kOneTrace);
  ask.Search("service_and_attribute",
             fmt::format("{{ resource.service.name = \"{}\" && span.tenant.id = \"tenant-0042\" }}",
                         service),
             "");
  ask.Search("path_pattern", R"({ span.url.path =~ ".*payment.*" })", kOneTrace, 60);
  ask.Search("absent_path_pattern", R"({ span.url.path =~ ".*checkout.*" })", kNoTraces, 60);
  ask.Search("name_pattern", R"({ name =~ ".*Get.*" })", kOneTrace);
  ask.Search("errors", "{ status = error }", kOneTrace);
  ask.Search("below_an_error", "{ status = error } >> { kind = server && duration > 1s }", "", 150);
  ask.Search("servers_below_an_error", "{ status = error } >> { kind = server }", kOneTrace);
  ask.Search("error_below_a_user", R"({ span.user.id = "user-100003" } > { status = error })", "");
  ask.Search("many_spans",
             fmt::format("{{ resource.service.name = \"{}\" }} | count() > 5", service), "");
}

void AddMeasures(Asker& ask, const std::string& service) {
  ask.Measure("rate", "{} | rate()", 25);
  ask.Measure("rate_by_service", "{} | rate() by (resource.service.name)", 60);
  ask.Measure("rate_by_name", "{} | rate() by (name)");
  ask.Measure("rate_by_tenant", "{} | rate() by (span.tenant.id)");
  ask.Measure(
      "errors_of_a_service",
      fmt::format("{{ resource.service.name = \"{}\" && status = error }} | rate()", service));
  ask.Measure("quantiles_by_name", "{} | quantile_over_time(duration, .5, .95, .99) by (name)",
              250);
  ask.Measure("histogram", "{} | histogram_over_time(duration)");
  ask.Measure("count", "{} | count_over_time()");
  ask.Measure("compare", "{ status = error } | compare({ status = error }, 10)", 1500);
}

}  // namespace

std::vector<Question> Questions(const QueryData& data) {
  const workload::Generator generator(data.generators.front());
  const std::string& service = generator.catalogue().services.front().name;
  Asker ask(data);
  AddSearches(ask, service);
  AddMeasures(ask, service);
  ask.TagNames("tag_names", 5);
  ask.TagValues("tag_values_of_users", "span.user.id", "", "user-100003", 10);
  ask.TagValues("tag_values_of_names", "name", "", "value");
  ask.TagValues("tag_values_of_tenants", "span.tenant.id", "", "tenant-0042");
  ask.TagValues("tag_values_of_a_service", "span.tenant.id",
                fmt::format("{{ resource.service.name = \"{}\" }}", service), "tenant-");
  ask.Jaeger("services", "/api/services", service, 0.5);
  ask.Jaeger("operations", fmt::format("/api/services/{}/operations", service), "data", 0.5);
  ask.Jaeger("service_and_absent_value",
             fmt::format("/api/traces?service={}&tags={}{}", service,
                         PercentEncode(R"({"user.id":"nobody"})"), ask.JaegerRange()),
             R"("data":[])", 2);
  return std::move(ask.questions);
}

}  // namespace clew::app::bench
