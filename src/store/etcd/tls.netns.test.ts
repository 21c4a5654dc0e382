import { expect } from "bun:test";
import { copyFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EtcdCluster } from "../../../tests/support/etcd.ts";
import { TestAuthority } from "../../../tests/support/etcd-certificates.ts";
import { needs } from "../../../tests/support/needs.ts";
import { until } from "../../../tests/support/until.ts";
import { EtcdStore } from "./index.ts";
import type { EtcdTls } from "./options.ts";

const etcd = needs("etcd", "etcdctl", "ip", "openssl");
const TIMEOUT_MS = 60_000;

class Scratch implements Disposable {
  readonly path: string = mkdtempSync(join(tmpdir(), "tls-"));

  [Symbol.dispose](): void {
    rmSync(this.path, { recursive: true });
  }
}

async function errorOf(endpoints: readonly string[], tls?: EtcdTls): Promise<unknown> {
  await using store = EtcdStore.open({ endpoints, ...(tls === undefined ? {} : { tls }) });
  return await store.read({ key: "/hawser/a" }).then(
    () => "answered",
    (error: unknown) => error,
  );
}

etcd(
  "certificates: the good ones, and what is wrong with others",
  async () => {
    using scratch = new Scratch();
    await using cluster = await EtcdCluster.start({ tls: true });
    const { authority, client, endpoints } = cluster;
    if (authority === undefined || client === undefined) throw new Error("there is no authority");
    const { ca } = authority;
    expect(await errorOf(endpoints, { ca, ...client })).toBe("answered");
    // An IP address is no name that TLS could ask for.
    expect(await errorOf(endpoints, { ca, ...client, serverName: "localhost" })).toBe("answered");

    const expired = await authority.issue({ name: "late", days: -3 });
    const late = await errorOf(endpoints, { ca, ...expired });
    expect(late).toMatchObject({ fault: "certificate" });
    expect(String(late)).toMatch(/client certificate .*late-\d+\.crt expired on \d{4}-\d\d-\d\dT/);

    const { key } = expired;
    const torn = (): unknown => EtcdStore.open({ endpoints, tls: { ca, ...client, key } });
    expect(torn).toThrow(`the key ${key} is not that of the certificate ${client.cert}`);
    const both = { ca, ...client, key: client.cert };
    expect(() => EtcdStore.open({ endpoints, tls: both })).toThrow("holds no key in PEM");

    const none = await errorOf(endpoints, { ca });
    expect(none).toMatchObject({ fault: "certificate" });
    expect(String(none)).toContain("the server asks for a certificate");

    const stranger = await TestAuthority.create(scratch.path, "stranger");
    const other = await errorOf(endpoints, { ca, ...(await stranger.issue({ name: "client" })) });
    expect(other).toMatchObject({ fault: "certificate" });
    expect(String(other)).toContain("refuses this node's certificate");

    const wrongCa = await errorOf(endpoints, { ca: stranger.ca, ...client });
    expect(wrongCa).toMatchObject({ fault: "certificate" });
    expect(String(wrongCa)).toContain("no configured authority has signed");

    const wrongName = await errorOf(endpoints, { ca, ...client, serverName: "db.example" });
    expect(wrongName).toMatchObject({ fault: "certificate" });
    expect(String(wrongName)).toMatch(/for another name .*DNS:localhost/);

    const plain = endpoints.map((url) => url.replace("https", "http"));
    expect(await errorOf(plain)).toMatchObject({ fault: "certificate" });
    expect(String(await errorOf(plain))).toContain("its endpoint begins with https://");
  },
  TIMEOUT_MS,
);

etcd(
  "a server whose certificate has expired is named with its date",
  async () => {
    using scratch = new Scratch();
    const authority = await TestAuthority.create(scratch.path);
    const server = await authority.issue({ name: "server", hosts: ["127.0.0.1"], days: -2 });
    await using cluster = await EtcdCluster.start({ tls: { server, authority } });
    const client = await authority.issue({ name: "client" });
    const error = await errorOf(cluster.endpoints, { ca: authority.ca, ...client });
    expect(error).toMatchObject({ fault: "certificate" });
    expect(String(error)).toMatch(
      /the server's certificate expired on \d{4}-\d\d-\d\dT.*127\.0\.0\.1/,
    );
  },
  TIMEOUT_MS,
);

etcd(
  "certificates are read again when they are replaced",
  async () => {
    using scratch = new Scratch();
    await using cluster = await EtcdCluster.start({ tls: true });
    const { authority, client, endpoints } = cluster;
    if (authority === undefined || client === undefined) throw new Error("there is no authority");
    const cert = join(scratch.path, "cert");
    const key = join(scratch.path, "key");
    const late = await authority.issue({ name: "late", days: -3 });
    copyFileSync(late.cert, cert);
    copyFileSync(late.key, key);
    await using store = EtcdStore.open({ endpoints, tls: { ca: authority.ca, cert, key } });
    const error = await store.identify().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ fault: "certificate" });
    copyFileSync(client.cert, `${cert}.new`);
    copyFileSync(client.key, key);
    renameSync(`${cert}.new`, cert);
    expect((await store.identify()).cluster).not.toBe("");
  },
  TIMEOUT_MS,
);

etcd(
  "a server without TLS, and one that is no etcd",
  async () => {
    using scratch = new Scratch();
    const { ca } = await TestAuthority.create(scratch.path);
    await using cluster = await EtcdCluster.start();
    const secure = cluster.endpoints.map((url) => url.replace("http", "https"));
    // A server may end the connection before its answer is read: nothing tells then what it speaks.
    let said = "";
    await until(
      () => said,
      async () => {
        said = String(await errorOf(secure, { ca }));
        return said.includes("does its endpoint begin with http://?");
      },
    );
    const web = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("hello") });
    const endpoint = `http://127.0.0.1:${web.port}`;
    const error = await errorOf([endpoint]);
    await web.stop(true);
    expect(error).toMatchObject({ fault: "unreachable" });
    expect(String(error)).toContain(`${endpoint}: it does not answer as etcd does`);
  },
  TIMEOUT_MS,
);

etcd("files that are none", async () => {
  using scratch = new Scratch();
  const path = join(scratch.path, "ca");
  const open = (): unknown => EtcdStore.open({ endpoints: ["a"], tls: { ca: path } });
  expect(open).toThrow(/cannot read the authorities' certificates: .*ENOENT/);
  writeFileSync(path, "no certificate");
  expect(open).toThrow(/holds no certificate in PEM/);
});
