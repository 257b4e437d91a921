// A web server that asks itself, traced by the official SDK. Sends OTLP over gRPC to
// OTEL_EXPORTER_OTLP_ENDPOINT, prints the trace id and ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

func lookUp(writer http.ResponseWriter, request *http.Request) {
	_, span := otel.Tracer("clew.e2e").Start(request.Context(), "look_up")
	defer span.End()
	span.SetAttributes(
		attribute.Int64("item.id", 7),
		attribute.Float64("item.price", 12.5),
		attribute.StringSlice("item.tags", []string{"a", "ü", "东"}),
	)
	span.AddEvent("cache.miss", trace.WithAttributes(attribute.Int("cache.size", 0)))
	fmt.Fprint(writer, "in stock")
}

func order(ctx context.Context, url string) (trace.TraceID, error) {
	ctx, span := otel.Tracer("clew.e2e").Start(ctx, "order")
	defer span.End()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return trace.TraceID{}, err
	}
	client := http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport)}
	response, err := client.Do(request)
	if err != nil {
		return trace.TraceID{}, err
	}
	response.Body.Close()
	span.RecordError(errors.New("out of paper"))
	span.SetStatus(codes.Error, "no receipt")
	return span.SpanContext().TraceID(), nil
}

func run(ctx context.Context) error {
	exporter, err := otlptracegrpc.New(ctx)
	if err != nil {
		return err
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter),
		sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", "go-client"))),
	)
	otel.SetTracerProvider(provider)
	otel.SetTextMapPropagator(propagation.TraceContext{})

	server := httptest.NewServer(otelhttp.NewHandler(http.HandlerFunc(lookUp), "stock"))
	id, err := order(ctx, server.URL+"/stock?item=7")
	server.Close()
	if err != nil {
		return err
	}
	if err := provider.Shutdown(ctx); err != nil {
		return err
	}
	fmt.Println(id)
	return nil
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
