#include "app/demo/shop.h"

#include <fmt/core.h>

#include <array>
#include <string>

#include "app/demo/trace_builder.h"

namespace clew::app::demo {
namespace {

using model::SpanKind;

enum class Mishap { kNone, kOrderRefused, kCardDeclined, kBankSlow, kDatabaseSlow };

Mishap DrawMishap(base::Random& random) {
  const double draw = random.NextDouble();
  return draw < 0.06   ? Mishap::kOrderRefused
         : draw < 0.10 ? Mishap::kCardDeclined
         : draw < 0.17 ? Mishap::kBankSlow
         : draw < 0.20 ? Mishap::kDatabaseSlow
                       : Mishap::kNone;
}

/// One visitor's way through the shop. `now_` moves on as the calls go.
class Journey {
 public:
  Journey(base::Random& random, std::uint64_t number, UnixNanos start)
      : random_(random),
        trace_(random),
        order_id_(fmt::format("ord-{:06}", number)),
        user_id_(fmt::format("user-{}", random.Next() % 500)),
        now_(start) {}

  model::TraceData Order(Mishap mishap) {
    mishap_ = mishap;
    const std::size_t gateway = BeginServer("api-gateway", "POST /orders", TraceBuilder::kNoParent);
    trace_.Set(gateway, "http.request.method", Text("POST"));
    trace_.Set(gateway, "http.route", Text("/orders"));
    trace_.Set(gateway, "url.path", Text("/orders"));
    trace_.Set(gateway, "user.id", Text(user_id_));
    Pass(1);
    Authenticate(gateway);
    const std::size_t call = BeginClient("api-gateway", "POST order-service", gateway);
    Pass(0.6);
    const bool is_ok = ProcessOrder(call);
    Pass(0.6);
    const std::int64_t status = is_ok ? 201 : 500;
    FinishCall(call, status);
    FinishCall(gateway, status);
    return trace_.Take();
  }

  model::TraceData Browse() {
    const std::size_t gateway =
        BeginServer("api-gateway", "GET /products", TraceBuilder::kNoParent);
    trace_.Set(gateway, "http.request.method", Text("GET"));
    trace_.Set(gateway, "http.route", Text("/products"));
    trace_.Set(gateway, "url.path", Text("/products"));
    trace_.Set(gateway, "user.id", Text(user_id_));
    Pass(1);
    const std::size_t call = BeginClient("api-gateway", "GET inventory-service", gateway);
    Pass(0.5);
    const std::size_t server = BeginServer("inventory-service", "list_products", call);
    Query(server, "SELECT shop.products", "SELECT id, name, price FROM products LIMIT 50", 4);
    trace_.Set(server, "product.count", Int(50));
    Pass(1);
    Finish(server);
    FinishCall(call, 200);
    FinishCall(gateway, 200);
    return trace_.Take();
  }

 private:
  /// About `millis` go by.
  void Pass(double millis) {
    now_ += static_cast<UnixNanos>(millis * 1e6 * (0.5 + random_.NextDouble()));
  }
  std::size_t BeginServer(std::string_view service, std::string_view name, std::size_t parent) {
    return trace_.Begin(service, name, SpanKind::kServer, parent, now_);
  }
  std::size_t BeginClient(std::string_view service, std::string_view name, std::size_t parent) {
    return trace_.Begin(service, name, SpanKind::kClient, parent, now_);
  }
  std::size_t BeginStep(std::string_view name, std::size_t parent) {
    return trace_.Begin("order-service", name, SpanKind::kInternal, parent, now_);
  }
  void Finish(std::size_t span) { trace_.End(span, now_); }
  void FinishCall(std::size_t span, std::int64_t status) {
    trace_.Set(span, "http.response.status_code", Int(status));
    if (status >= 500) {
      trace_.SetError(span, fmt::format("answered {}", status));
    }
    Finish(span);
  }

  void Query(std::size_t parent, std::string_view name, std::string_view statement, double millis) {
    const std::size_t query = BeginClient("inventory-service", name, parent);
    trace_.Set(query, "db.system", Text("postgresql"));
    trace_.Set(query, "db.operation.name", Text("SELECT"));
    trace_.Set(query, "db.query.text", Text(statement));
    Pass(mishap_ == Mishap::kDatabaseSlow ? 900 : millis);
    Finish(query);
  }

  void Authenticate(std::size_t parent) {
    const std::size_t call = BeginClient("api-gateway", "POST auth-service", parent);
    Pass(0.4);
    const std::size_t server = BeginServer("auth-service", "verify_token", call);
    trace_.Set(server, "user.id", Text(user_id_));
    trace_.Set(server, "auth.method", Text("jwt"));
    Pass(3);
    Finish(server);
    Pass(0.4);
    FinishCall(call, 200);
  }

  bool ProcessOrder(std::size_t parent) {
    const std::size_t order = BeginServer("order-service", "process_order", parent);
    trace_.Set(order, "order.id", Text(order_id_));
    Pass(0.5);
    ValidateOrder(order);
    CheckInventory(order);
    bool is_ok = ProcessPayment(order);
    if (is_ok) {
      is_ok = ConfirmOrder(order);
    }
    if (!is_ok) {
      trace_.SetError(order, fmt::format("order {} was not placed", order_id_));
    }
    Pass(0.5);
    Finish(order);
    return is_ok;
  }

  void ValidateOrder(std::size_t parent) {
    const std::size_t step = BeginStep("validate_order", parent);
    trace_.Set(step, "order.id", Text(order_id_));
    trace_.Set(step, "http.request.method", Text("POST"));
    trace_.AddEvent(step, "validation.started", now_);
    Pass(2);
    Finish(step);
  }

  void CheckInventory(std::size_t parent) {
    const std::size_t step = BeginStep("check_inventory", parent);
    trace_.Set(step, "db.system", Text("postgresql"));
    trace_.Set(step, "db.operation.name", Text("SELECT"));
    Pass(0.5);
    const std::size_t server = BeginServer("inventory-service", "reserve_items", step);
    Query(server, "SELECT shop.stock",
          "SELECT item, amount FROM stock WHERE item = ANY($1) FOR UPDATE", 6);
    Pass(1);
    Finish(server);
    Finish(step);
  }

  bool ProcessPayment(std::size_t parent) {
    static constexpr std::array kMethods = {"card", "card", "paypal", "invoice"};
    static constexpr std::array kTiers = {"free", "silver", "gold"};
    const std::size_t step = BeginStep("process_payment", parent);
    trace_.Set(step, "order.id", Text(order_id_));
    trace_.Set(step, "payment.method", Text(kMethods[random_.Next() % kMethods.size()]));
    trace_.Set(step, "customer.tier", Text(kTiers[random_.Next() % kTiers.size()]));
    trace_.Set(step, "cart.item_count", Int(static_cast<std::int64_t>(1 + random_.Next() % 9)));
    Pass(0.5);
    const bool is_ok = Charge(step);
    if (!is_ok) {
      trace_.SetError(step, "the payment was not taken");
    }
    Finish(step);
    return is_ok;
  }

  bool Charge(std::size_t parent) {
    const std::size_t server = BeginServer("payment-service", "charge", parent);
    const auto amount = static_cast<double>(500 + random_.Next() % 20'000) / 100;
    trace_.Set(server, "payment.amount", Double(amount));
    trace_.Set(server, "payment.currency", Text("EUR"));
    Pass(1);
    const std::size_t call = BeginClient("payment-service", "POST bank-api", server);
    Pass(1);
    const std::size_t bank = BeginServer("bank-api", "authorize", call);
    const bool is_declined = mishap_ == Mishap::kCardDeclined;
    Pass(mishap_ == Mishap::kBankSlow ? 1500 : 25);
    trace_.Set(bank, "bank.decision", Text(is_declined ? "declined" : "approved"));
    Finish(bank);
    Pass(1);
    FinishCall(call, is_declined ? 402 : 200);
    if (is_declined) {
      trace_.Fail(server, "CardDeclined", fmt::format("the bank declined {:.2f} EUR", amount),
                  now_);
    }
    Finish(server);
    return !is_declined;
  }

  bool ConfirmOrder(std::size_t parent) {
    const std::size_t step = BeginStep("confirm_order", parent);
    trace_.Set(step, "order.id", Text(order_id_));
    Pass(4);
    const bool is_ok = mishap_ != Mishap::kOrderRefused;
    if (!is_ok) {
      trace_.Fail(step, "OrderConflict",
                  fmt::format("order {} was changed by another request", order_id_), now_);
    }
    Finish(step);
    return is_ok;
  }

  base::Random& random_;
  TraceBuilder trace_;
  const std::string order_id_;
  const std::string user_id_;
  UnixNanos now_;
  Mishap mishap_ = Mishap::kNone;
};

}  // namespace

model::TraceData Shop::Visit(UnixNanos start) {
  Journey journey(random_, ++visit_count_, start);
  // Whoever tries the demo sees within seconds what there is to see.
  switch (visit_count_) {
    case 1:
      return journey.Order(Mishap::kNone);
    case 2:
      return journey.Order(Mishap::kOrderRefused);
    case 3:
      return journey.Browse();
    case 4:
      return journey.Order(Mishap::kBankSlow);
    case 5:
      return journey.Order(Mishap::kCardDeclined);
    default:
      return random_.NextDouble() < 0.25 ? journey.Browse() : journey.Order(DrawMishap(random_));
  }
}

}  // namespace clew::app::demo
