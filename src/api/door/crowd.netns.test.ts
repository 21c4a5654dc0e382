/** The server against readers that ask too much, and readers that do not take what they have asked. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { Host } from "../../../tests/support/host.ts";
import { NodeDirectory } from "../../../tests/support/node-directory.ts";
import { Ui } from "../../../tests/support/ui.ts";
import { until } from "../../../tests/support/until.ts";
import type { NodeForm } from "../../forms/index.ts";

setDefaultTimeout(60_000);

let node: NodeDirectory;
let ui: Ui;

beforeAll(async () => {
  await Host.create();
  node = new NodeDirectory();
  node.network("one", [{ type: "loopback" }]);
  ui = await Ui.start({ env: node.env });
});
afterAll(async () => {
  await ui.end();
  node.remove();
});

/** A connection that has asked, and what of its answer has come. */
class Asker implements Disposable {
  text = "";
  isClosed = false;
  #socket: { terminate: () => void } | undefined;

  static async open(path: string, { reads = true, isWhole = true } = {}): Promise<Asker> {
    const asker = new Asker();
    const { port } = new URL(ui.origin);
    const head = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nAuthorization: Bearer ${ui.token}\r\n`;
    asker.#socket = await Bun.connect({
      ...{ hostname: "127.0.0.1", port: Number(port) },
      socket: {
        open(own) {
          if (!reads) own.pause();
          own.write(isWhole ? `${head}\r\n` : head);
        },
        data(_, bytes) {
          asker.text += bytes.toString("latin1");
        },
        close() {
          asker.isClosed = true;
        },
        error: () => undefined,
      },
    });
    return asker;
  }

  /** Of the answer, as far as it has come. */
  get status(): number {
    return Number(/^HTTP\/1\.1 (\d{3})/u.exec(this.text)?.[1] ?? 0);
  }

  [Symbol.dispose](): void {
    this.#socket?.terminate();
  }
}

/** Sockets of the server, and what inotify watches for it. */
function heldBy(pid: number): { readonly sockets: number; readonly watches: number } {
  let [sockets, watches] = [0, 0];
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const what = readlinkSync(`/proc/${pid}/fd/${fd}`);
      if (what.startsWith("socket:")) sockets++;
      if (!what.includes("inotify")) continue;
      watches += readFileSync(`/proc/${pid}/fdinfo/${fd}`, "utf8").split("inotify wd").length - 1;
    } catch {
      // It was closed meanwhile.
    }
  }
  return { sockets, watches };
}

test("a thousand streams: 32 are served, and closed they leave nothing", async () => {
  // What a first reader makes once and for all is not counted.
  const first = await Asker.open("/api/1/changes");
  await until("it is served", () => first.status === 200);
  expect(heldBy(ui.pid).watches).toBeGreaterThan(0);
  first[Symbol.dispose]();
  await until("no watch is left", () => heldBy(ui.pid).watches === 0);
  const before = heldBy(ui.pid);
  using askers = new DisposableStack();
  const all: Asker[] = [];
  for (let count = 0; count < 1000; count++) {
    const asker = await Asker.open("/api/1/changes", { reads: count % 2 === 0 });
    all.push(askers.use(asker));
  }
  const readers = all.filter((_, at) => at % 2 === 0);
  await until("all are answered", () => readers.every(({ status }) => status !== 0));
  expect(new Set(readers.map(({ status }) => status))).toEqual(new Set([200, 503]));
  expect(readers.filter(({ status }) => status === 200).length).toBeLessThanOrEqual(32);
  expect((await ui.read<NodeForm>("node")).attachments).toBe(0);
  expect(heldBy(ui.pid).watches).toBeGreaterThan(0);
  askers.dispose();
  await until("nothing is left", () => {
    const { sockets, watches } = heldBy(ui.pid);
    return watches === 0 && sockets <= before.sockets + 1;
  });
});

test("a connection that has its answer, or does not finish its question, is closed; a stream is not", async () => {
  using answered = await Asker.open("/api/1/node");
  using page = await Asker.open("/");
  using half = await Asker.open("/api/1/node", { isWhole: false });
  using stream = await Asker.open("/api/1/changes");
  await until("they are answered", () => [answered, page, stream].every((one) => one.status > 0));
  expect([answered.status, page.status, stream.status]).toEqual([200, page.status, 200]);
  const others = [answered, page, half];
  await until("they are closed", () => others.every(({ isClosed }) => isClosed), 25_000);
  expect(stream.isClosed).toBe(false);
});

test("answers that nothing takes do not pile up", async () => {
  const memory = memoryOf(ui.pid);
  using askers = new DisposableStack();
  for (let count = 0; count < 100; count++) {
    askers.use(await Asker.open("/api/1/openapi.json", { reads: false }));
  }
  await Bun.sleep(500);
  expect((await ui.read<NodeForm>("node")).by).toBe("ui");
  expect(memoryOf(ui.pid) - memory).toBeLessThan(64 * 1024);
});

/** In KiB. */
function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib);
}
