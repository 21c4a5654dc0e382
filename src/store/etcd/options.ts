import { quoted } from "../../base/index.ts";
import { StoreError } from "../index.ts";

/** Files of the node by which both sides prove their names; they are read again when they change. */
export interface EtcdTls {
  /** Certificates of the authorities that the servers' are signed by; the system's own when absent. */
  readonly ca?: string;
  /** This node's certificate and its key: both or neither. */
  readonly cert?: string;
  readonly key?: string;
  /** The name that the servers' certificates have to bear, when it is not that of the endpoint. */
  readonly serverName?: string;
}

export interface EtcdOptions {
  /** `https://10.0.0.1:2379`; without a scheme, `tls` decides. */
  readonly endpoints: readonly string[];
  readonly tls?: EtcdTls;
  readonly user?: string;
  readonly password?: string;
  /** A file with the password in its first line; read anew for each token. */
  readonly passwordFile?: string;
  /** Stands before each key in etcd, and in none that the port shows. */
  readonly prefix?: string;
  /** A call has failed when nothing has answered it for so long. */
  readonly callMs?: number;
}

const DEFAULT_PORT = "2379";
/** As many as a configuration may name. */
const MOST_ENDPOINTS = 32;

/**
 * The endpoints as URLs, with scheme and port.
 * @throws StoreError "refused" for one that is none, and for too many
 */
export function endpointUrls({ endpoints, tls }: EtcdOptions): string[] {
  if (endpoints.length === 0) throw refused("no endpoint of etcd is given");
  if (endpoints.length > MOST_ENDPOINTS) {
    throw refused(
      `${endpoints.length} endpoints of etcd are given, and ${MOST_ENDPOINTS} are most`,
    );
  }
  return [...new Set(endpoints.map((text) => endpointUrl(text, tls !== undefined)))];
}

function endpointUrl(text: string, hasTls: boolean): string {
  const whole = text.includes("://") ? text : `${hasTls ? "https" : "http"}://${text}`;
  const url = URL.parse(whole);
  const isPlain = url?.pathname === "/" && url.search === "" && url.hash === "";
  if (url === null || !isPlain || url.username !== "" || !/^https?:$/u.test(url.protocol)) {
    throw refused(`${quoted(text)} is no endpoint of etcd, such as https://10.0.0.1:2379`);
  }
  if (url.protocol === "http:" && hasTls) {
    throw refused(
      `the endpoint ${text} begins with http://, and certificates are given: use https://`,
    );
  }
  // A URL drops the port that is its scheme's own.
  const hasPort = url.port !== "" || /:(?:80|443)\/?$/u.test(whole);
  return `${url.protocol}//${url.hostname}:${hasPort ? portOf(url) : DEFAULT_PORT}`;
}

function portOf({ port, protocol }: URL): string {
  if (port !== "") return port;
  return protocol === "https:" ? "443" : "80";
}

function refused(message: string): StoreError {
  return new StoreError("refused", message);
}
