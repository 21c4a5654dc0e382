/** `hawser ui` as an outsider meets it: what is let in, and what is left when it has ended. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, lstatSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { EXECUTABLE } from "../../../tests/support/daemon.ts";
import { Host } from "../../../tests/support/host.ts";
import { needs } from "../../../tests/support/needs.ts";
import { NodeDirectory } from "../../../tests/support/node-directory.ts";
import { startProgram } from "../../../tests/support/program.ts";
import { Ui } from "../../../tests/support/ui.ts";

setDefaultTimeout(60_000);

/** Made by the build. */
const PAGE = join(dirname(EXECUTABLE), "page/index.html");

let host: Host;
let node: NodeDirectory;
let ui: Ui;
let directory = "";

beforeAll(async () => {
  host = await Host.create();
  node = new NodeDirectory();
  node.network("one", [{ type: "bridge", bridge: "br1" }]);
  directory = mkdtempSync(join(tmpdir(), "door-"));
  ui = await Ui.start({ env: node.env });
});
afterAll(async () => {
  await ui.end();
  await host.tidy();
  node.remove();
  rmSync(directory, { recursive: true });
});

interface Said {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** Sends the very bytes, and reads until the server closes or a whole answer is there. */
async function raw(
  text: string,
  where: object = { hostname: "127.0.0.1", port: portOf(ui) },
): Promise<Said> {
  let answer = "";
  const { promise, resolve } = Promise.withResolvers<void>();
  const socket = await Bun.connect({
    ...(where as { unix: string }),
    socket: {
      open: (own) => void own.write(text),
      data: (_, bytes) => {
        answer += bytes.toString();
        const [, length] = /content-length: (\d+)/iu.exec(answer) ?? [];
        const [head = "", ...rest] = answer.split("\r\n\r\n");
        if (length !== undefined && rest.join("\r\n\r\n").length >= Number(length)) resolve();
        if (/^HTTP\/1.1 304/u.test(head)) resolve();
      },
      close: () => resolve(),
      error: () => resolve(),
    },
  });
  await Promise.race([promise, Bun.sleep(5000)]);
  socket.terminate();
  const [head = "", ...rest] = answer.split("\r\n\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d+)/u.exec(head)?.[1] ?? 0),
    head,
    body: rest.join("\r\n\r\n"),
  };
}

function portOf({ origin }: Ui): number {
  return Number(new URL(origin).port);
}

function asking(path: string, headers: readonly string[], method = "GET"): string {
  return `${method} ${path} HTTP/1.1\r\n${headers.map((each) => `${each}\r\n`).join("")}\r\n`;
}

const NODE = "/api/1/node";
const bearer = (): string => `Authorization: Bearer ${ui.token}`;
const own = (): string => `Host: 127.0.0.1:${portOf(ui)}`;

test("the very Host, and the token, are let in", async () => {
  const { status, head, body } = await raw(asking(NODE, [own(), bearer()]));
  expect([status, JSON.parse(body)]).toMatchObject([200, { by: "ui" }]);
  for (const header of [
    ...[
      "cache-control: no-store",
      "x-content-type-options: nosniff",
      "referrer-policy: no-referrer",
    ],
    "content-security-policy: default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'",
  ]) {
    expect(head.toLowerCase()).toContain(header);
  }
});

needs(PAGE)("the page needs no token, and each of its files has a type", async () => {
  for (const [path, type] of [
    ["/", "text/html"],
    ["/app.js", "text/javascript"],
    ["/app.css", "text/css"],
  ]) {
    const { status, head, body } = await raw(asking(path ?? "", [own()]));
    expect([path, status, head.toLowerCase().includes(`content-type: ${type}`)]).toEqual([
      path,
      200,
      true,
    ]);
    expect(head.toLowerCase()).toContain("content-security-policy: default-src 'none'");
    expect(body).not.toContain(ui.token);
  }
});

test("a name that leads here, another port, and no name at all are refused", async () => {
  const hosts = [
    ...["evil.example", `evil.example:${portOf(ui)}`, "127.0.0.1", "127.0.0.1:1", "localhost"],
    ...[`localhost:${portOf(ui)}`, `127.0.0.1:${portOf(ui)}.evil.example`, `[::1]:${portOf(ui)}`],
    ...["", `127.0.0.1:${portOf(ui)}@evil.example`, `127.0.0.2:${portOf(ui)}`],
  ];
  for (const each of hosts) {
    for (const path of [NODE, "/", "/app.js"]) {
      const { status, body } = await raw(asking(path, [`Host: ${each}`, bearer()]));
      expect([each, path, status === 403 || status === 400]).toEqual([each, path, true]);
      expect(body).not.toContain("hostname");
    }
  }
  expect((await raw(asking(NODE, [bearer()]))).status).not.toBe(200);
  expect((await raw(asking(NODE, [own(), "Host: evil.example", bearer()]))).status).not.toBe(200);
});

test("another page is refused, with the token as well", async () => {
  for (const origin of ["http://evil.example", "null", "https://127.0.0.1", "http://127.0.0.1:1"]) {
    const { status } = await raw(asking(NODE, [own(), bearer(), `Origin: ${origin}`]));
    expect([origin, status]).toEqual([origin, 403]);
  }
  const itself = await raw(asking(NODE, [own(), bearer(), `Origin: ${ui.origin}`]));
  expect(itself.status).toBe(200);
  expect(itself.head.toLowerCase()).not.toContain("access-control");
});

test("without the token nothing is told, whatever stands in its place", async () => {
  const tokens = ["", "x", ui.token.slice(1), `${ui.token}x`, "a".repeat(5000), "%00"];
  for (const each of tokens) {
    const { status, body } = await raw(asking(NODE, [own(), `Authorization: Bearer ${each}`]));
    expect([each, status]).toEqual([each, 401]);
    expect(JSON.parse(body)).toMatchObject({ code: 4 });
  }
  expect((await raw(asking(NODE, [own()]))).status).toBe(401);
  expect((await raw(asking(`${NODE}?token=${ui.token}`, [own()]))).status).toBe(401);
  expect((await raw(asking("/api/1/changes", [own()]))).status).toBe(401);
  expect((await raw(asking("/api/1/nothing", [own()]))).status).toBe(401);
});

test("nothing but GET and HEAD is taken, here and at the API", async () => {
  for (const method of ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"]) {
    for (const path of [NODE, "/", "/sync"]) {
      const { status, head } = await raw(
        asking(path, [own(), bearer(), "Content-Length: 0"], method),
      );
      expect([method, path, status]).toEqual([method, path, 405]);
      expect(head.toLowerCase()).toContain("allow: get, head");
    }
  }
  const head = await raw(asking(NODE, [own(), bearer()], "HEAD"));
  expect([head.status, head.body]).toEqual([200, ""]);
});

test("no path leads to a file that is not the page's", async () => {
  for (const path of [
    ...["/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/..%2f..%2fetc%2fpasswd"],
    ...["/etc/passwd", "//etc/passwd", "/app.js/../../etc/passwd", "/report.html", "/%00", "/."],
  ]) {
    const { status, body } = await raw(asking(path, [own()]));
    expect([path, status === 404 || status === 400 || path === "/."]).toEqual([path, true]);
    expect(body).not.toContain("root:");
  }
});

test("a request that is too long, torn or slow harms nothing", async () => {
  const { status } = await raw(asking(NODE, [own(), bearer(), `X: ${"x".repeat(100_000)}`]));
  expect(status).not.toBe(200);
  await raw("GET / HT");
  await raw("\r\n\r\n\r\n");
  await raw(asking(NODE, [own(), bearer(), "Content-Length: 99999999"]));
  expect((await ui.ask(NODE)).status).toBe(200);
});

test("it ends by a signal or the end of its terminal, and leaves nothing", async () => {
  const codes = [];
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    const socket = join(directory, "ui.sock");
    const other = await Ui.start({ env: node.env, words: ["--socket", socket] });
    await using _ = other;
    const stream = await other.ask("/api/1/changes");
    expect([stream.status, existsSync(socket)]).toEqual([200, true]);
    void stream.text().catch(() => undefined);
    codes.push(await other.end(signal));
    expect(existsSync(socket)).toBe(false);
  }
  expect(codes).toEqual([130, 143, 143]);
});

test("a Unix socket is its owner's alone, and takes loopback names of whatever leads to it", async () => {
  const socket = join(directory, "ui.sock");
  await using other = await Ui.start({ env: node.env, words: ["--socket", socket] });
  expect(statSync(socket).mode & 0o777).toBe(0o600);
  const token = `Authorization: Bearer ${other.token}`;
  const at = async (name: string, ...headers: string[]): Promise<number> =>
    (await raw(asking(NODE, [`Host: ${name}`, ...headers]), { unix: socket })).status;
  expect(await at("localhost:8080", token)).toBe(200);
  expect(await at("127.0.0.1", token, "Origin: http://127.0.0.1")).toBe(200);
  expect(await at("localhost:8080", token, "Origin: http://localhost")).toBe(403);
  expect(await at("evil.example", token)).toBe(403);
  expect(await at("localhost:8080")).toBe(401);
  const second = await startProgram("hawser", ["ui", "--socket", socket], { env: node.env });
  expect(second.code).toBe(1);
  expect(second.stderr).toContain(`another program listens at ${socket}`);
  expect(await at("localhost", token)).toBe(200);
});

test("the socket of one that was killed is replaced, and a file is not", async () => {
  const socket = join(directory, "ui.sock");
  const killed = await Ui.start({ env: node.env, words: ["--socket", socket] });
  await killed.end("SIGKILL");
  expect(lstatSync(socket).isSocket()).toBe(true);
  const next = await Ui.start({ env: node.env, words: ["--socket", socket] });
  expect((await next.ask(NODE)).status).toBe(200);
  await next.end();
  writeFileSync(socket, "a file");
  const { code, stderr } = await startProgram("hawser", ["ui", "--socket", socket], {
    env: node.env,
  });
  expect(code).toBe(1);
  expect(stderr).toContain("exists and is no socket");
  expect(await Bun.file(socket).text()).toBe("a file");
});

test("a directory that is not there is not made", async () => {
  const socket = join(directory, "nowhere", "ui.sock");
  const { code, stderr } = await startProgram("hawser", ["ui", "--socket", socket], {});
  expect(code).toBe(1);
  expect(stderr).toContain(`there is no directory ${join(directory, "nowhere")}`);
  expect(existsSync(join(directory, "nowhere"))).toBe(false);
});

test("many connections without a question keep no other from being answered", async () => {
  const where = { hostname: "127.0.0.1", port: portOf(ui), socket: { data: () => undefined } };
  const sockets = await Promise.all(
    Array.from({ length: 500 }, async () => await Bun.connect(where)),
  );
  for (const socket of sockets) socket.write("GET /api/1/node HT");
  expect((await ui.ask(NODE)).status).toBe(200);
  for (const socket of sockets) socket.terminate();
});

test("wrong usage is said, and a port that is taken", async () => {
  const both = await startProgram("hawser", ["ui", "--port", "1234", "--socket", "/tmp/x"], {});
  expect(both.code).toBe(2);
  expect(both.stderr).toContain("contradict");
  const taken = await startProgram("hawser", ["ui", "--port", String(portOf(ui))], {
    env: node.env,
  });
  expect(taken.code).toBe(1);
  expect(taken.stderr).toContain("cannot be listened at");
});
