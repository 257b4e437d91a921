package clew;

import com.sun.net.httpserver.HttpServer;
import io.opentelemetry.api.GlobalOpenTelemetry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Scope;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;

/** A web server that asks itself, traced by the official javaagent. Prints the trace id and ends. */
public final class Main {
  private static final Tracer TRACER = GlobalOpenTelemetry.getTracer("clew.e2e", "1.0.0");

  private static void lookUp() {
    Span span = TRACER.spanBuilder("look_up").startSpan();
    span.setAttribute("item.id", 7L);
    span.setAttribute("item.price", 12.5);
    span.setAttribute(AttributeKey.stringArrayKey("item.tags"), java.util.List.of("a", "ü", "东"));
    span.addEvent("cache.miss", Attributes.of(AttributeKey.longKey("cache.size"), 0L));
    span.end();
  }

  private static HttpServer startServer() throws IOException {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    HttpServer server = HttpServer.create(address, 0);
    server.createContext(
        "/stock",
        exchange -> {
          lookUp();
          byte[] body = "in stock".getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    server.start();
    return server;
  }

  public static void main(String[] arguments) throws Exception {
    HttpServer server = startServer();
    Span span = TRACER.spanBuilder("order").startSpan();
    try (Scope scope = span.makeCurrent()) {
      String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/stock?item=7";
      HttpClient.newHttpClient()
          .send(HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString());
      span.recordException(new IllegalStateException("out of paper"));
      span.setStatus(StatusCode.ERROR, "no receipt");
    } finally {
      span.end();
    }
    System.out.println(span.getSpanContext().getTraceId());
    server.stop(0);
  }
}
