import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { must, ReleaseFailure, requireProgram } from "./must.ts";

/** Signatures in the form of OpenSSH, made and verified by ssh-keygen. */

/** The name under which a releaser's key is trusted. */
export const SIGNER = "hawser-release";

/** What a signature is for, so that none can be taken for one of another kind. */
export type Purpose = "file" | "provenance";

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const WHY = "signatures are OpenSSH's; on Debian it is in openssh-client";

/** A passphrase that was mistyped, or a token that was not touched in time, does not cost the whole build. */
const TRIES = 3;

/**
 * Signs a file; gives the signature's file, beside it. The key may be a private key, or a public one whose
 * private key an agent or a token holds; a passphrase is asked for on the terminal. ssh-keygen says itself what
 * it misses.
 * @throws ReleaseFailure when ssh-keygen refuses as often as it is tried
 */
export async function sign(
  path: string,
  key: string,
  purpose: Purpose,
  tries = TRIES,
): Promise<string> {
  requireProgram("ssh-keygen", WHY);
  const signature = `${path}.sig`;
  for (let left = tries; left > 0; left -= 1) {
    const child = Bun.spawn(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", purpose, path], {
      stdio: ["inherit", "ignore", "inherit"],
    });
    if ((await child.exited) === 0 && existsSync(signature)) return signature;
  }
  throw new ReleaseFailure(`${basename(path)} could not be signed with ${key}`);
}

/**
 * Verifies as a user does.
 * @param allowed the file that says whose signatures count
 * @throws ReleaseFailure when the signature is none of theirs, or of another text
 */
export async function verifySignature(
  path: string,
  allowed: string,
  purpose: Purpose,
): Promise<void> {
  const words = ["-Y", "verify", "-f", allowed, "-I", SIGNER, "-n", purpose, "-s", `${path}.sig`];
  const child = Bun.spawn(["ssh-keygen", ...words], {
    stdin: Bun.file(path),
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) === 0) return;
  throw new ReleaseFailure(`the signature of ${basename(path)} does not count: ${said.trim()}`);
}

/**
 * Signs a text of no meaning: whether agent, token and passphrase are at hand shows before all is made.
 * @throws ReleaseFailure when the key cannot sign, or its signatures do not count for files
 */
export async function trySigning(key: string, allowed: string, scratch: string): Promise<void> {
  const path = join(scratch, "trial");
  writeFileSync(path, "a trial\n");
  try {
    await sign(path, key, "file", 1);
  } catch (error) {
    // Without a terminal ssh-keygen takes an empty passphrase, and calls it incorrect.
    if (!(error instanceof ReleaseFailure) || process.stdin.isTTY) throw error;
    throw new ReleaseFailure(`${error.message}; ${NO_TERMINAL}`);
  }
  await verifySignature(path, allowed, "file");
}

const NO_TERMINAL =
  "a passphrase is asked for on a terminal, which this is not: an agent can hold the key, and --key names its public half";

/** A key for this run alone; gives the path of its private half. */
export async function throwawayKey(directory: string): Promise<string> {
  requireProgram("ssh-keygen", WHY);
  const key = join(directory, "throwaway");
  const words = ["-q", "-t", "ed25519", "-N", "", "-C", "dry run", "-f", key];
  await must(["ssh-keygen", ...words], { cwd: directory });
  return key;
}

/**
 * The public half of a key, without its comment: type and value.
 * @throws ReleaseFailure when it is not there, or of another program
 */
export function publicKeyOf(key: string): string {
  const path = key.endsWith(".pub") ? key : `${key}.pub`;
  if (!existsSync(path)) {
    throw new ReleaseFailure(`${path}, the public half of the key, is missing`);
  }
  const found = /^((?:ssh|ecdsa|sk)-\S+) +(\S+)/u.exec(readFileSync(path, "utf8"));
  if (found === null) throw new ReleaseFailure(`${path} is no public key of OpenSSH`);
  return `${found[1]} ${found[2]}`;
}

/** Writes the file that `ssh-keygen -Y verify` reads. */
export function writeAllowed(path: string, publicKey: string): void {
  writeFileSync(path, `${SIGNER} namespaces="file,provenance,git" ${publicKey}\n`);
}

/** Whether a key is among those that the repository trusts. */
export function isAllowed(allowedText: string, publicKey: string): boolean {
  const lines = allowedText.split("\n").filter((line) => !line.startsWith("#"));
  return lines.some((line) => line.startsWith(`${SIGNER} `) && line.includes(publicKey));
}

/** The signature itself, in base64, from its file. */
export function signatureBytes(armoured: string): string {
  const from = armoured.indexOf(BEGIN);
  const to = armoured.indexOf(END);
  if (from === -1 || to === -1) throw new ReleaseFailure("ssh-keygen wrote no signature");
  return armoured.slice(from + BEGIN.length, to).replaceAll(/\s/gu, "");
}
