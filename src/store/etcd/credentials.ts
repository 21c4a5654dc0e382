import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { isIP } from "node:net";
import { errorText } from "../../base/index.ts";
import { StoreError } from "../index.ts";
import type { EtcdOptions, EtcdTls } from "./options.ts";

const CLIENT = "the client certificate";
const CLIENT_KEY = "the key of the client certificate";

/** What a TLS connection is opened with, as node:tls calls it. */
export interface TlsOptions {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly servername?: string;
}

/** The certificates in the files of a configuration, read again when one of the files changes. */
export class Certificates {
  readonly #tls: EtcdTls;
  #stamp = "";
  #options: TlsOptions = {};

  constructor(tls: EtcdTls) {
    this.#tls = tls;
    if ((tls.cert === undefined) !== (tls.key === undefined)) {
      throw new StoreError(
        "refused",
        "a client certificate and its key are given both or not at all",
      );
    }
  }

  /** Differs when a file has been replaced or written since. */
  get stamp(): string {
    const { ca, cert, key } = this.#tls;
    return [ca, cert, key].map((path) => (path === undefined ? "" : stampOf(path))).join();
  }

  /** @throws StoreError "certificate" for a file that cannot be read or has none, with its name */
  read(): TlsOptions {
    const { stamp } = this;
    if (stamp === this.#stamp) return this.#options;
    const { ca, cert, key, serverName } = this.#tls;
    if (cert !== undefined && key !== undefined) checkPair(cert, key);
    const options = {
      ...(ca === undefined ? {} : { ca: certificate(ca, "the authorities' certificates").pem }),
      ...(cert === undefined ? {} : { cert: certificate(cert, CLIENT).pem }),
      ...(key === undefined ? {} : { key: content(key, CLIENT_KEY) }),
      ...(serverName === undefined || isIP(serverName) !== 0 ? {} : { servername: serverName }),
    };
    this.#options = options;
    this.#stamp = stamp;
    return options;
  }

  get hasOwn(): boolean {
    return this.#tls.cert !== undefined;
  }

  /** What is wrong with our own certificate now, in words; undefined when nothing is known. */
  get trouble(): string | undefined {
    const { cert } = this.#tls;
    if (cert === undefined) return undefined;
    const { first } = certificate(cert, CLIENT);
    return datesTrouble(first.validFromDate, first.validToDate, `the client certificate ${cert}`);
  }
}

/** In words, when a certificate is not valid yet or not valid any more. */
export function datesTrouble(from: Date, to: Date, what: string): string | undefined {
  const now = Date.now();
  if (to.getTime() < now) return `${what} expired on ${to.toISOString()}: renew it`;
  if (from.getTime() > now) {
    return `${what} is valid from ${from.toISOString()} on: is this machine's clock right?`;
  }
  return undefined;
}

/** The password as it is configured now. */
export function passwordOf({ password, passwordFile }: EtcdOptions): string {
  if (passwordFile === undefined) return password ?? "";
  try {
    return readFileSync(passwordFile, "utf8").split("\n", 1)[0] ?? "";
  } catch (error) {
    throw new StoreError("denied", `cannot read the password of etcd: ${errorText(error)}`);
  }
}

function certificate(path: string, what: string): { pem: string; first: X509Certificate } {
  const pem = content(path, what);
  try {
    return { pem, first: new X509Certificate(pem) };
  } catch (cause) {
    throw new StoreError("certificate", `${path}, ${what}, holds no certificate in PEM`, { cause });
  }
}

/** TLS says nothing of a key that is another certificate's. @throws StoreError */
function checkPair(cert: string, key: string): void {
  const { first } = certificate(cert, CLIENT);
  const pem = content(key, CLIENT_KEY);
  let isPair: boolean;
  try {
    isPair = first.checkPrivateKey(createPrivateKey(pem));
  } catch (cause) {
    const text = `${key}, ${CLIENT_KEY}, holds no key in PEM that is not encrypted`;
    throw new StoreError("certificate", text, { cause });
  }
  if (isPair) return;
  throw new StoreError("certificate", `the key ${key} is not that of the certificate ${cert}`);
}

function content(path: string, what: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    throw new StoreError("certificate", `cannot read ${what}: ${errorText(cause)}`, { cause });
  }
}

function stampOf(path: string): string {
  try {
    const { ino, mtimeMs, size } = statSync(path);
    return `${ino}:${mtimeMs}:${size}`;
  } catch {
    return "gone";
  }
}
