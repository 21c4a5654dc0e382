import { afterEach, beforeEach, expect } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChain } from "../support/chain.ts";
import { ENTRIES, EXECUTABLE, entriesMissing, FULL, TestDaemon } from "../support/daemon.ts";
import { dbnet } from "../support/dbnet.ts";
import { must, run } from "../support/exec.ts";
import { skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { until } from "../support/until.ts";
import { daemonScene } from "./scene.ts";

/** Calls are sent on as spans to an endpoint of OTLP over HTTP, below the caller's own span. */

const test = skipBecause(entriesMissing());
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const PARENT = "00f067aa0ba902b7";
const SECRET = "s3cr3t-V4lue";

const scene = daemonScene();
let scratch = "";
beforeEach(async () => {
  await must(["ip", "link", "set", "lo", "up"]);
  scratch = mkdtempSync(join(tmpdir(), "hawser-spans-"));
});
afterEach(() => rmSync(scratch, { recursive: true }));

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly kind: number;
  readonly status?: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly {
    readonly key: string;
    readonly value: { stringValue?: string };
  }[];
}

/** An endpoint that answers as a collector does, or not at all. */
class Collector implements Disposable {
  readonly spans: Span[] = [];
  readonly texts: string[] = [];
  readonly server: Bun.Server<undefined>;
  isMute = false;

  constructor() {
    this.server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      idleTimeout: 60,
      fetch: async (request) => {
        if (this.isMute) await Bun.sleep(patient(30_000));
        expect(new URL(request.url).pathname).toBe("/v1/traces");
        const text = await request.text();
        this.texts.push(text);
        const { resourceSpans } = JSON.parse(text) as {
          resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
        };
        this.spans.push(
          ...resourceSpans.flatMap((each) => each.scopeSpans.flatMap(({ spans }) => spans)),
        );
        return Response.json({});
      },
    });
  }

  get env(): Record<string, string> {
    return { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${this.server.port}` };
  }

  /** Waits for a span of this name. */
  async named(name: string): Promise<Span> {
    const found = (): Span | undefined => this.spans.find((each) => each.name === name);
    const told = (): string => `${name} among ${this.spans.map((each) => each.name).join()}`;
    await until(told, () => found() !== undefined);
    return found() as Span;
  }

  [Symbol.dispose](): void {
    void this.server.stop(true);
  }
}

function attribute({ attributes }: Span, key: string): string | undefined {
  return attributes.find((each) => each.key === key)?.value.stringValue;
}

const attachment = (): { containerId: string; netns: string; ifName: string; args: string } => ({
  ...{ containerId: "c1", netns: scene.blue.netns, ifName: "eth0" },
  args: `IgnoreUnknown=1;K8S_POD_NAMESPACE=default;K8S_POD_NAME=web;TOKEN=${SECRET}`,
});

async function add(
  dir: string,
  env: Record<string, string>,
  operation: "ADD" | "DEL" = "ADD",
): Promise<number> {
  const list = { ...dbnet(), plugins: dbnet().plugins.slice(0, 1) };
  const own = { PATH: process.env["PATH"] ?? "", ...env };
  const started = performance.now();
  await runChain({ ...{ dir, list, operation, env: own }, attachment: attachment() });
  return performance.now() - started;
}

const CALLER = { TRACEPARENT: `00-${TRACE}-${PARENT}-01`, TRACESTATE: "vendor=1" };

async function judged(collector: Collector): Promise<void> {
  const call = await collector.named("ADD bridge");
  const delegate = await collector.named("ADD host-local");
  const step = await collector.named("address reservation");
  expect(call).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
  expect([delegate.parentSpanId, delegate.traceId]).toEqual([call.spanId, TRACE]);
  expect(step.parentSpanId).toBe(delegate.spanId);
  expect((await collector.named("veth pair")).parentSpanId).toBe(call.spanId);
  for (const span of collector.spans) {
    expect(BigInt(span.endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(span.startTimeUnixNano));
    expect(BigInt(span.startTimeUnixNano) + 2_000_000n).toBeGreaterThan(
      BigInt(call.startTimeUnixNano),
    );
    expect(BigInt(span.endTimeUnixNano)).toBeLessThan(BigInt(call.endTimeUnixNano) + 2_000_000n);
  }
  expect(attribute(call, "cni.network")).toBe("dbnet");
  expect(attribute(call, "container.id")).toBe("c1");
  expect(attribute(call, "k8s.pod.name")).toBe("web");
  expect(collector.texts.join()).toContain('"stringValue":"hawser"');
  expect(collector.texts.join()).not.toContain(SECRET);
}

test("the daemon's calls are spans below that of the caller; nothing is recorded for it", async () => {
  using collector = new Collector();
  await using daemon = await TestDaemon.start([], collector.env);
  await add(ENTRIES, CALLER);
  await judged(collector);
  await add(ENTRIES, {}, "DEL");
  const del = await collector.named("DEL bridge");
  expect(del.traceId).not.toBe(TRACE);
  expect(del.parentSpanId ?? "").toBe("");
  expect(await must([EXECUTABLE, "trace"])).toContain("nothing is recorded");
  expect(await daemon.end()).toBe(0);
});

test("a failed call is a span of status error, a call that is not sampled none", async () => {
  using collector = new Collector();
  await using _daemon = await TestDaemon.start([], collector.env);
  const unsampled = { TRACEPARENT: `00-${TRACE}-${PARENT}-00` };
  await add(ENTRIES, unsampled);
  await add(ENTRIES, { CNI_NETNS: "" }, "DEL");
  const config = { cniVersion: "1.0.0", name: "n", type: "bridge", ipam: { type: "absent" } };
  const { exitCode } = await run([join(ENTRIES, "bridge")], {
    stdin: JSON.stringify(config),
    env: {
      ...{ CNI_COMMAND: "ADD", CNI_CONTAINERID: "c2", CNI_IFNAME: "eth0", CNI_PATH: ENTRIES },
      CNI_NETNS: scene.blue.netns,
    },
  });
  expect(exitCode).toBe(1);
  const failed = await collector.named("ADD bridge");
  expect(failed.status?.code).toBe(2);
  expect(failed.status?.message).toContain("absent");
  expect(failed.traceId).not.toBe(TRACE);
});

test("the full executable sends its spans when it has answered", async () => {
  using collector = new Collector();
  await add(FULL, { ...CALLER, ...collector.env });
  await judged(collector);
});

test("an endpoint that is down, or slow, keeps no caller of the daemon waiting, and is said once", async () => {
  using collector = new Collector();
  const free = collector.server.port;
  for (const how of ["down", "slow"]) {
    collector.isMute = how === "slow";
    const env =
      how === "slow"
        ? collector.env
        : { OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(free ?? 0) === 1 ? 2 : 1}` };
    await using daemon = await TestDaemon.start(["--replace"], env);
    for (let at = 0; at < 5; at++) {
      expect(await add(ENTRIES, {})).toBeLessThan(patient(2000));
      await add(ENTRIES, {}, "DEL");
      await Bun.sleep(300);
    }
    if (how === "down") await daemon.logged("no spans");
    expect(daemon.log.filter(({ event }) => event === "no spans").length).toBeLessThanOrEqual(1);
    const ending = performance.now();
    expect(await daemon.end()).toBe(0);
    expect(performance.now() - ending).toBeLessThan(patient(5000));
  }
}, 60_000);

test("an executable waits for an endpoint no longer than half a second, once it has answered", async () => {
  using collector = new Collector();
  collector.isMute = true;
  const child = Bun.spawn([join(FULL, "bridge")], {
    env: { CNI_COMMAND: "VERSION", CNI_PATH: FULL, ...collector.env },
    stdin: Buffer.from('{"cniVersion":"1.0.0"}'),
    stdout: "pipe",
  });
  const answered = child.stdout.getReader();
  expect((await answered.read()).done).toBe(false);
  const started = performance.now();
  expect(await child.exited).toBe(0);
  expect(performance.now() - started).toBeLessThan(patient(2500));
});

test("our runtime's operation is one span, and plugins that it executes get theirs", async () => {
  using collector = new Collector();
  const dir = join(scratch, "bin");
  mkdirSync(dir);
  symlinkSync(EXECUTABLE, join(dir, "loopback"));
  const script = `#!/bin/sh\ncat >/dev/null\necho "$TRACEPARENT" >${scratch}/parent\necho '{"cniVersion":"1.0.0"}'\n`;
  writeFileSync(join(dir, "outer"), script, { mode: 0o755 });
  const file = join(scratch, "net.conflist");
  const plugins = [{ type: "outer" }, { type: "outer" }];
  writeFileSync(file, JSON.stringify({ cniVersion: "1.0.0", name: "two", plugins }));
  const words = ["--plugin-dir", dir, "--cache-dir", join(scratch, "cache"), "--id", "own-1"];
  const env = { PATH: process.env["PATH"] ?? "", ...CALLER, ...collector.env };
  await must([EXECUTABLE, "add", file, "blue", ...words], { env });
  const whole = await collector.named("ADD by hawser");
  expect(whole).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
  const calls = collector.spans.filter(({ name }) => name === "ADD outer");
  expect(calls.map(({ parentSpanId }) => parentSpanId)).toEqual([whole.spanId, whole.spanId]);
  const last = readFileSync(join(scratch, "parent"), "utf8").trim();
  expect(calls.map(({ spanId }) => `00-${TRACE}-${spanId}-01`)).toContain(last);
});
