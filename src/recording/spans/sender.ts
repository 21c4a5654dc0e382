import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import {
  defaultResource,
  detectResources,
  envDetector,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { defined, errorText } from "../../base/index.ts";
import { parseArgs } from "../../spec/index.ts";
import type { RecordedCall, RecordedPart } from "../form/index.ts";
import type { SpanContext } from "../observe/index.ts";
import type { SpanSource, WholeSpan } from "./source.ts";

/** Spans that wait for an endpoint that is slow or down; further ones are dropped. */
const QUEUE_MAX = 4096;
const BATCH_MAX = 512;
const DELAY_MS = 1000;
/** How long one export may take, repetitions included. */
const EXPORT_MS = 10_000;
/** The result that tells the processor that a batch is done with; the failure was reported by then. */
const DONE = 0;

/** Turns calls into spans and sends them in batches. */
export interface Sender {
  take(call: RecordedCall, context: SpanContext): void;
  takeWhole(whole: WholeSpan): void;
  flush(): Promise<void>;
}

export function makeSender({ version, failed }: SpanSource): Sender {
  const ids = new GivenIds();
  const own = { "service.name": "hawser", "service.version": version };
  const resource = defaultResource()
    .merge(resourceFromAttributes(own))
    .merge(detectResources({ detectors: [envDetector] }));
  const processor = new BatchSpanProcessor({
    exporter: reporting(new OTLPTraceExporter({ timeoutMillis: EXPORT_MS }), failed),
    ...{ maxQueueSize: QUEUE_MAX, maxExportBatchSize: BATCH_MAX },
    ...{ scheduledDelayMillis: DELAY_MS, exportTimeoutMillis: 2 * EXPORT_MS },
  });
  const provider = new TracerProvider({ resource, idGenerator: ids, spanProcessors: [processor] });
  const tracer = provider.getTracer("hawser", version);
  return {
    take: (call, context) => spansOf(call, context, tracer, ids),
    takeWhole: ({ name, context, start, end }) => {
      ids.traceId = context.traceId;
      ids.spanId = context.spanId;
      tracer.startSpan(name, { startTime: start }, parentOf(context)).end(end);
    },
    flush: () => provider.forceFlush(),
  };
}

/** The identifiers that a call had while it ran, since others know them; new ones for all else. */
class GivenIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  traceId: string | undefined;
  spanId: string | undefined;

  generateTraceId(): string {
    return this.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    const given = this.spanId;
    this.spanId = undefined;
    return given ?? this.#random.generateSpanId();
  }
}

/** Reports that an endpoint takes no spans once, and again when it has taken some meanwhile. */
function reporting(exporter: SpanExporter, failed: SpanSource["failed"]): SpanExporter {
  let isDown = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, ({ code, error }) => {
        if (code !== DONE && !isDown) failed(errorText(error ?? "no spans were taken"));
        isDown = code !== DONE;
        done({ code: DONE });
      }),
    shutdown: () => exporter.shutdown(),
  };
}

function spansOf(call: RecordedCall, context: SpanContext, tracer: Tracer, ids: GivenIds): void {
  ids.traceId = context.traceId;
  const start = Date.parse(call.time);
  spanOf(call, parentOf(context), {
    start,
    tracer,
    ids,
    kind: SpanKind.SERVER,
    more: attributesOf(call),
  });
}

function parentOf({ traceId, parentId, flags, state }: SpanContext): Context {
  if (parentId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    ...{ traceId, spanId: parentId, traceFlags: flags, isRemote: true },
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}

interface Making {
  /** When the whole call began, in milliseconds since 1970. */
  readonly start: number;
  readonly tracer: Tracer;
  readonly ids: GivenIds;
  readonly kind: SpanKind;
  readonly more: Attributes;
}

/** The span of a call, of its steps, and of the calls that it made. */
function spanOf(part: RecordedPart, parent: Context, making: Making): void {
  const { start, tracer, ids, kind, more } = making;
  const { operation, plugin, path, at, ms, steps, calls, error, exitCode } = part;
  ids.spanId = part.id;
  const attributes = {
    ...{ "cni.operation": operation, "cni.plugin": plugin, ...more },
    ...defined({ "cni.plugin.path": path, "process.exit.code": exitCode ?? undefined }),
    ...defined({ "error.type": error === undefined ? undefined : String(error.code) }),
  };
  const span = tracer.startSpan(
    `${operation} ${plugin}`,
    { kind, attributes, startTime: start + at },
    parent,
  );
  const inside = trace.setSpan(parent, span);
  for (const step of steps) {
    const about = { "cni.plugin": step.plugin, "cni.step": step.text };
    tracer
      .startSpan(step.step, { attributes: about, startTime: start + step.at }, inside)
      .end(start + step.at + step.ms);
  }
  const within = { start, tracer, ids, kind: SpanKind.CLIENT, more: {} };
  for (const call of calls) spanOf(call, inside, within);
  if (exitCode !== 0) {
    span.setStatus({ code: SpanStatusCode.ERROR, message: error?.msg ?? "the plugin failed" });
  }
  span.end(start + at + ms);
}

/** The names that Kubernetes' runtimes send have attributes by the semantic conventions. */
const OF_ARGS: Readonly<Record<string, string>> = {
  K8S_POD_NAME: "k8s.pod.name",
  K8S_POD_NAMESPACE: "k8s.namespace.name",
  K8S_POD_UID: "k8s.pod.uid",
};

function attributesOf(call: RecordedCall): Attributes {
  const { network, containerId, ifName, netns, door, runtime, env } = call;
  const attributes: Attributes = {
    ...{ "cni.network": network, "container.id": containerId, "cni.ifname": ifName },
    ...{ "cni.netns": netns, "cni.door": door, ...defined({ "cni.runtime": runtime }) },
  };
  for (const [key, value] of pairsOf(env["CNI_ARGS"] ?? "")) {
    const name = OF_ARGS[key];
    if (name !== undefined) attributes[name] = value;
  }
  return attributes;
}

function pairsOf(args: string): readonly (readonly [string, string])[] {
  try {
    return parseArgs(args);
  } catch {
    return [];
  }
}
