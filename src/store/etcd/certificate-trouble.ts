import { connect, type PeerCertificate } from "node:tls";
import { type Certificates, datesTrouble } from "./credentials.ts";

const LOOK_MS = 1_000;

const UNSIGNED = "no configured authority has signed the server's certificate";

/** Codes of what the client finds wrong with the server's certificate. */
const OF_SERVER: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet: is this machine's clock right?",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another name",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNSIGNED,
  UNABLE_TO_GET_ISSUER_CERT: UNSIGNED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNSIGNED,
  SELF_SIGNED_CERT_IN_CHAIN: UNSIGNED,
  DEPTH_ZERO_SELF_SIGNED_CERT: UNSIGNED,
};

/** How TLS says that the server refuses ours. */
const REFUSED = /ALERT|alert/u;

/** How HTTP/2 says that the other side speaks something else. */
const OF_OTHER_LANGUAGE =
  /error code (?:CANCEL|NGHTTP2|PROTOCOL)|session (?:closed|was destroyed)/iu;

/** What is wrong with the certificates of a connection that failed; undefined when it is something else. */
export async function explain(
  endpoint: string,
  error: unknown,
  certificates: Certificates | undefined,
): Promise<string | undefined> {
  for (const { code, message } of causes(error)) {
    const text = OF_SERVER[code];
    if (text !== undefined) return await withDetails(endpoint, text);
    if (REFUSED.test(message)) {
      if (certificates?.hasOwn !== true) {
        return "the server asks for a certificate, and none is configured (`cert` and `key`)";
      }
      return (
        certificates.trouble ??
        "the server refuses this node's certificate: is it signed by an authority that etcd trusts?"
      );
    }
    if (/WRONG_VERSION_NUMBER|wrong version number/u.test(`${code} ${message}`)) {
      return "the server does not speak TLS: does its endpoint begin with http://?";
    }
    if (endpoint.startsWith("http:") && OF_OTHER_LANGUAGE.test(message)) {
      const isTls = (await shownBy(endpoint)) !== undefined;
      return isTls ? "the server speaks TLS: its endpoint begins with https://" : undefined;
    }
  }
  return undefined;
}

function* causes(error: unknown): Iterable<{ code: string; message: string }> {
  for (
    let at: unknown = error, depth = 0;
    at instanceof Error && depth < 5;
    at = at.cause, depth++
  ) {
    const code = "code" in at && typeof at.code === "string" ? at.code : "";
    yield { code, message: at.message };
  }
}

/** Names and dates of the certificate that the server shows. */
async function withDetails(endpoint: string, text: string): Promise<string> {
  const shown = await shownBy(endpoint);
  if (shown === undefined) return text;
  const dates = datesTrouble(
    new Date(shown.valid_from),
    new Date(shown.valid_to),
    "the server's certificate",
  );
  return `${dates ?? text} (it is for ${shown.subjectaltname ?? String(shown.subject.CN)})`;
}

/** The certificate of a server, signed or not: nothing is sent over the connection. */
async function shownBy(endpoint: string): Promise<PeerCertificate | undefined> {
  const { hostname, port } = new URL(endpoint);
  const { promise, resolve } = Promise.withResolvers<PeerCertificate | undefined>();
  const socket = connect({
    host: hostname.replace(/^\[|\]$/gu, ""),
    port: Number(port),
    rejectUnauthorized: false,
    timeout: LOOK_MS,
  });
  socket.once("secureConnect", () => resolve(socket.getPeerCertificate()));
  socket.once("error", () => resolve(undefined));
  socket.once("timeout", () => resolve(undefined));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
