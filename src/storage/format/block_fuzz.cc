#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/metrics.h"
#include "storage/encoding/byte_stream.h"
#include "storage/format/block.h"
#include "storage/format/verify_block.h"

namespace {

using namespace clew;  // NOLINT(google-build-using-namespace): a program of one function

void Open(std::string_view object, std::string_view footer, std::uint32_t version) {
  std::string end;
  storage::ByteWriter seal(&end);
  seal.Fixed(base::Hash64(footer));
  seal.Fixed(static_cast<std::uint32_t>(footer.size()));
  seal.Fixed(version);
  end += "CLEWTAIL";
  const auto store = storage::MakeMemoryObjectStore();
  const std::string name = "block";
  if (!store->PutIfAbsent(name, {object, end}).has_value()) return;

  base::Metrics metrics;
  storage::ScanCache cache(1u << 20, metrics);
  storage::ScanCache directories(1u << 20, metrics);
  const auto block = storage::OpenBlock({*store, cache, directories}, name);
  if (!block.has_value()) return;
  static const auto kPattern = *expr::Pattern::CompileWhole(".*value.*");
  const scan::FilterQuestion question(
      expr::And({expr::ShownAs(expr::Attribute(expr::Scope::kAny, "k"), "v"),
                 expr::Matches(expr::Attribute(expr::Scope::kSpan, "http.route"), kPattern),
                 expr::Compare(expr::Op::kEqual, expr::Of(expr::Field::kName),
                               expr::Literal::String("GET /"))}));
  const std::vector<TraceId> ids = {*TraceId::FromHex("a"), *TraceId::FromHex("c")};
  for (const scan::SpanSourcePtr& source : (*block)->sources) {
    (void)source->MayHold(question);
    (void)source->RepeatingTraces();
    (void)source->TraceStarts(ids);
    (void)source->ReadTraces(ids, scan::ReadExtent::kTree);
  }
  (void)storage::VerifyBlock(*store, name);
}

}  // namespace

// A block that is well sealed and hostile: what comes before the seal is the input, whose first
// four bytes say how much of the rest is the footer, which comes last. Opening it, asking its
// filters and reading it end in a value or in an error.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  storage::ByteReader input({reinterpret_cast<const char*>(data), size});
  const auto footer_size = input.Fixed<std::uint32_t>();
  if (!input.ok() || footer_size > input.rest().size()) return 0;
  const std::string_view footer = input.rest().substr(input.rest().size() - footer_size);
  // The forms of footers.
  for (const std::uint32_t version : {1u, 2u, 3u}) Open(input.rest(), footer, version);
  return 0;
}
