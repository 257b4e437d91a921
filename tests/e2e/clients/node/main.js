// A web server that asks itself, traced by the official SDK with auto-instrumentations.
// Sends OTLP/HTTP as CLEW_ENCODING says (protobuf or json) to OTEL_EXPORTER_OTLP_ENDPOINT, prints
// the trace id and ends.
'use strict';

const { NodeSDK } = require('@opentelemetry/sdk-node');
const { getNodeAutoInstrumentations } = require('@opentelemetry/auto-instrumentations-node');

const exporters = {
  protobuf: '@opentelemetry/exporter-trace-otlp-proto',
  json: '@opentelemetry/exporter-trace-otlp-http',
};
const { OTLPTraceExporter } = require(exporters[process.env.CLEW_ENCODING]);

const sdk = new NodeSDK({
  serviceName: 'node-client',
  traceExporter: new OTLPTraceExporter(),
  instrumentations: [getNodeAutoInstrumentations()],
});
sdk.start();

// Instrumented modules are loaded after the SDK has started.
const http = require('node:http');
const { trace, SpanStatusCode } = require('@opentelemetry/api');

const tracer = trace.getTracer('clew.e2e', '1.0.0');

function get(port) {
  return new Promise((resolve, reject) => {
    http.get({ host: '127.0.0.1', port, path: '/stock?item=7' }, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode));
    }).on('error', reject);
  });
}

async function main() {
  const server = http.createServer((request, response) => {
    tracer.startActiveSpan('look_up', (span) => {
      span.setAttributes({ 'item.id': 7, 'item.price': 12.5, 'item.tags': ['a', 'ü', '东'] });
      span.addEvent('cache.miss', { 'cache.size': 0 });
      span.end();
      response.end('in stock');
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

  await tracer.startActiveSpan('order', async (span) => {
    await get(server.address().port);
    span.recordException(new Error('out of paper'));
    span.setStatus({ code: SpanStatusCode.ERROR, message: 'no receipt' });
    span.end();
    console.log(span.spanContext().traceId);
  });
  server.close();
  await sdk.shutdown();
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
