/**
 * Whether the standard variables name an exporter of traces (opentelemetry.io, "Environment Variable Specification"). The SDK's own default, an
 * exporter to localhost without any variable, would send to nobody on most machines: here tracing is off until one of them is set.
 */
export function tracingWanted(env: NodeJS.ProcessEnv = process.env): boolean {
  const { OTEL_SDK_DISABLED, OTEL_TRACES_EXPORTER, OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT } =
    env;
  if (OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false;
  const exporters = (OTEL_TRACES_EXPORTER ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  if (exporters.length > 0) return !exporters.includes('none');
  return Boolean(OTEL_EXPORTER_OTLP_ENDPOINT || OTEL_EXPORTER_OTLP_TRACES_ENDPOINT);
}
