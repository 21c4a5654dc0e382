import type { Env } from "../../base/index.ts";

/**
 * Whether spans are sent on, by the variables that OpenTelemetry has for it: only where an endpoint is
 * named, since a node without a collector would otherwise try one at each call.
 */
export function sendsSpans(env: Env): boolean {
  const { OTEL_SDK_DISABLED: disabled = "", OTEL_TRACES_EXPORTER: exporter = "" } = env;
  if (disabled.toLowerCase() === "true" || exporter === "none") return false;
  return [env["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"], env["OTEL_EXPORTER_OTLP_ENDPOINT"]].some(
    (endpoint) => endpoint !== undefined && endpoint !== "",
  );
}
