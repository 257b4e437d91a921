#include "workload/span_writer.h"

#include <charconv>
#include <cstring>
#include <string_view>

#include "workload/protobuf_text.h"

namespace clew::workload {
namespace {

constexpr std::uint32_t kAttributes = 9;
constexpr std::uint32_t kEvents = 11;
constexpr std::uint32_t kLinks = 13;

std::string_view AsBytes(const std::uint64_t& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string_view AsBytes(const TraceId& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

/// Text of bounded length without an allocation.
class ShortText {
 public:
  ShortText& operator<<(std::string_view text) {
    std::memcpy(buffer_ + size_, text.data(), text.size());
    size_ += text.size();
    return *this;
  }
  ShortText& operator<<(std::uint32_t number) {
    const auto end = std::to_chars(buffer_ + size_, buffer_ + sizeof(buffer_), number).ptr;
    size_ = static_cast<std::size_t>(end - buffer_);
    return *this;
  }
  std::string_view view() const { return {buffer_, size_}; }

 private:
  char buffer_[128];
  std::size_t size_ = 0;
};

void AddRequestId(Dice& dice, std::string& out) {
  static constexpr char kHex[] = "0123456789abcdef";
  char text[36];
  std::uint64_t bits = dice.Next();
  for (std::size_t i = 0, digits = 0; i < sizeof(text); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      text[i] = '-';
      continue;
    }
    if (digits++ == 16) {
      bits = dice.Next();
    }
    text[i] = kHex[bits & 15];
    bits >>= 4;
  }
  AppendStringAttribute(out, kAttributes, "request.id", {text, sizeof(text)});
}

/// Attributes with many values, about a third of a span.
std::uint32_t AddDrawnAttributes(const Operation& operation, const TraceValues& trace, Dice& dice,
                                 std::string& out) {
  AddRequestId(dice, out);
  ShortText user;
  user << "user-" << 100'000 + trace.user;
  AppendStringAttribute(out, kAttributes, "user.id", user.view());
  ShortText address;
  address << "10." << trace.client_address / 5000 << "." << trace.client_address / 200 % 25 << "."
          << trace.client_address % 200;
  AppendStringAttribute(out, kAttributes, "client.address", address.view());
  ShortText path;
  path << operation.path_prefix << dice.Zipf(operation.path_count);
  AppendStringAttribute(out, kAttributes,
                        operation.role == Role::kDatabase ? "db.query.parameter.id" : "url.path",
                        path.view());
  AppendIntAttribute(out, kAttributes, "http.response.body.size",
                     static_cast<std::uint64_t>(900.0 * dice.Spread()));
  AppendDoubleAttribute(out, kAttributes, "app.cost",
                        static_cast<double>(dice.Zipf(2'000)) / 100.0);
  return 6;
}

std::uint32_t AddPooledAttributes(const Catalogue& catalogue, Role role, const TraceValues& trace,
                                  Dice& dice, std::string& out) {
  const ValuePools& pools = catalogue.pools;
  out += pools.tenants[trace.tenant];
  out += pools.customer_tiers[trace.customer_tier];
  out += pools.feature_flags[trace.feature_flag];
  out += pools.threads[dice.Below(pools.threads.size())];
  out += pools.retries[dice.Chance(30) ? 1 + dice.Below(3) : 0];
  out += pools.cache_hits[dice.Chance(200) ? 1 : 0];
  if (role == Role::kDatabase) {
    out += pools.statements[dice.Zipf(pools.statements.size())];
  } else {
    out += pools.user_agents[trace.user_agent];
  }
  return 8;
}

void AddException(const Operation& operation, const PlannedSpan& span, Dice& dice,
                  std::string& out) {
  const std::string& fields = operation.exceptions[dice.Zipf(operation.exceptions.size())];
  const std::string_view name = "exception";
  AppendTag(out, kEvents, 2);
  AppendVarint(out, 9 + 2 + name.size() + fields.size());
  AppendFixed64(out, 1, static_cast<std::uint64_t>(span.start + span.duration - 1'000));
  AppendText(out, 2, name);
  out += fields;
}

void AddPlainEvent(const PlannedSpan& span, std::string& out) {
  std::string event;
  AppendFixed64(event, 1, static_cast<std::uint64_t>(span.start + span.duration / 2));
  AppendText(event, 2, "cache.refreshed");
  AppendIntAttribute(event, 3, "cache.entries", 128);
  AppendText(out, kEvents, event);
}

void AddLink(const TraceValues& trace, std::uint64_t span_id, std::string& out) {
  std::string link;
  AppendText(link, 1, AsBytes(trace.previous_id));
  AppendText(link, 2, AsBytes(span_id));
  AppendStringAttribute(link, 4, "link.kind", "follows_from");
  AppendText(out, kLinks, link);
}

void AddStatus(bool is_error, std::string& out) {
  if (is_error) {
    static constexpr std::string_view kMessage = "the call was not answered in time";
    AppendTag(out, 15, 2);
    AppendVarint(out, 2 + kMessage.size() + 2);
    AppendText(out, 2, kMessage);
    AppendNumber(out, 3, 2);
  }
}

}  // namespace

std::uint32_t WriteSpan(const Catalogue& catalogue, const TraceValues& trace,
                        const PlannedSpan& span, std::uint64_t parent_id, Dice& dice,
                        std::string& out) {
  const Operation& operation = catalogue.operations[span.operation];
  AppendText(out, 1, AsBytes(trace.id));
  AppendText(out, 2, AsBytes(span.span_id));
  if (parent_id != span.span_id) {
    AppendText(out, 4, AsBytes(parent_id));
  }
  AppendFixed64(out, 7, static_cast<std::uint64_t>(span.start));
  AppendFixed64(out, 8, static_cast<std::uint64_t>(span.start + span.duration));
  out += operation.constant_fields;
  std::uint32_t attribute_count = operation.constant_attribute_count;
  attribute_count += AddDrawnAttributes(operation, trace, dice, out);
  attribute_count += AddPooledAttributes(catalogue, operation.role, trace, dice, out);
  bool is_error = false;
  if (dice.Chance(100)) {
    AddException(operation, span, dice, out);
    is_error = dice.Chance(300);
  } else if (dice.Chance(30)) {
    AddPlainEvent(span, out);
  }
  if (!trace.previous_id.is_zero() && dice.Chance(10)) {
    AddLink(trace, span.span_id ^ 0x5555, out);
  }
  AddStatus(is_error, out);
  AppendFixed32(out, 16, 0x101);
  return attribute_count;
}

}  // namespace clew::workload
