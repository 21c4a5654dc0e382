import { afterAll, beforeAll, expect } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must, run } from "../../tests/support/exec.ts";
import { needs } from "../../tests/support/needs.ts";
import { rejection } from "../../tests/support/rejection.ts";
import { releaseFile, sumsText } from "./digest.ts";
import { PAYLOAD_TYPE, sealed, signedText, statementText } from "./provenance.ts";
import {
  isAllowed,
  publicKeyOf,
  SIGNER,
  sign,
  throwawayKey,
  trySigning,
  verifySignature,
  writeAllowed,
} from "./signature.ts";

/** What a user verifies with Debian's own programs. */

const test = needs("ssh-keygen");

let directory = "";
let key = "";
let allowed = "";
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "signature-"));
  if (Bun.which("ssh-keygen") === null) return;
  key = await throwawayKey(directory);
  allowed = join(directory, "allowed");
  writeAllowed(allowed, publicKeyOf(key));
});
afterAll(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

test("the sums are verified as docs/releases.md says, and a change is seen by each of both steps", async () => {
  const path = file("hawser.tar.gz", "a tarball");
  const sums = file("SHA256SUMS", sumsText([releaseFile(path)]));
  await sign(sums, key, "file");
  const words = ["-Y", "verify", "-f", allowed, "-I", SIGNER, "-n", "file", "-s", `${sums}.sig`];
  const stdin = readFileSync(sums, "utf8");
  const verified = await run(["ssh-keygen", ...words], { stdin });
  expect(verified.stdout).toStartWith(`Good "file" signature for ${SIGNER} with ED25519 key`);
  const check = ["sha256sum", "--check", "--ignore-missing", "SHA256SUMS"];
  expect(await run(check, { cwd: directory })).toMatchObject({
    exitCode: 0,
    stdout: "hawser.tar.gz: OK\n",
  });
  appendFileSync(path, "!");
  expect((await run(check, { cwd: directory })).exitCode).toBe(1);
  appendFileSync(sums, "\n");
  expect((await rejection(verifySignature(sums, allowed, "file"))).message).toContain(
    "does not count",
  );
});

test("a signature of another key, or for another purpose, does not count", async () => {
  const path = file("text", "a text");
  await sign(path, key, "file");
  await verifySignature(path, allowed, "file");
  expect((await rejection(verifySignature(path, allowed, "provenance"))).message).toContain(
    "does not count",
  );
  const others = mkdtempSync(join(directory, "others-"));
  const other = await throwawayKey(others);
  rmSync(`${path}.sig`);
  await sign(path, other, "file");
  expect((await rejection(verifySignature(path, allowed, "file"))).message).toContain(
    "does not count",
  );
  const text = readFileSync(allowed, "utf8");
  expect([key, other].map((each) => isAllowed(text, publicKeyOf(each)))).toEqual([true, false]);
  expect(isAllowed(text.replace(SIGNER, "# "), publicKeyOf(key))).toBe(false);
});

test("a key that cannot sign is known by a trial: a public half whose agent is not there", async () => {
  await trySigning(key, allowed, mkdtempSync(join(directory, "trial-")));
  const lonely = join(mkdtempSync(join(directory, "lonely-")), "key.pub");
  writeFileSync(lonely, readFileSync(`${key}.pub`));
  const failure = await rejection(trySigning(lonely, allowed, directory));
  expect(failure.message).toContain("could not be signed");
});

/** Answers in the place of a terminal: each time with the next line of a file. */
const ASKPASS = `#!/bin/sh
head -n 1 "$ANSWERS"
sed -i 1d "$ANSWERS"
`;

/** In a process of its own: without a terminal, and with what it needs of the environment. */
async function tried(path: string, env: Record<string, string>): Promise<string> {
  const { stderr } = await run([process.execPath, "-e", TRY, path, allowed, directory], {
    cwd: import.meta.dir,
    env: { PATH: process.env["PATH"] ?? "", ...env },
  });
  return stderr;
}
const TRY = `
const { sign, trySigning, verifySignature } = await import("./signature.ts");
const [key, allowed, directory] = process.argv.slice(-3);
const scratch = (await import("node:fs")).mkdtempSync(directory + "/tried-");
try {
  await trySigning(key, allowed, scratch);
  const path = scratch + "/sums";
  await Bun.write(path, "sums");
  await sign(path, key, "file");
  await verifySignature(path, allowed, "file");
  console.error("signed");
} catch (error) { console.error(error.constructor.name + ": " + error.message); }
`;

test("a passphrase is asked for, also again after all was made; an agent needs none", async () => {
  const home = mkdtempSync(join(directory, "home-"));
  const own = join(home, "key");
  writeFileSync(own, readFileSync(key), { mode: 0o600 });
  writeFileSync(`${own}.pub`, readFileSync(`${key}.pub`));
  await must(["ssh-keygen", "-q", "-p", "-P", "", "-N", "right", "-f", own]);
  const silent = await tried(own, { HOME: home });
  expect(silent).toContain(`ReleaseFailure: trial could not be signed with ${own}; a passphrase`);

  const askpass = join(home, "askpass");
  writeFileSync(askpass, ASKPASS, { mode: 0o755 });
  const answers = join(home, "answers");
  const answered = async (...lines: readonly string[]): Promise<string> => {
    writeFileSync(answers, `${lines.join("\n")}\n`);
    const asking = { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: "force", ANSWERS: answers };
    return await tried(own, { HOME: home, ...asking });
  };
  expect(await answered("right", "right")).toBe("signed\n");
  expect(await answered("wrong", "right")).toContain("incorrect passphrase");
  const mended = await answered("right", "wrong", "right");
  expect([mended.includes("incorrect passphrase"), mended.endsWith("signed\n")]).toEqual([
    true,
    true,
  ]);

  const socket = join(home, "agent");
  const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], { stdio: ["ignore", "pipe", "pipe"] });
  try {
    // What it prints first, it prints when the socket is there.
    await agent.stdout.getReader().read();
    const env = { HOME: home, SSH_AUTH_SOCK: socket };
    await must(["ssh-keygen", "-q", "-p", "-P", "right", "-N", "", "-f", own]);
    await must(["ssh-add", "-q", own], { env: { PATH: process.env["PATH"] ?? "", ...env } });
    // The public half alone: the private one may be on a token.
    rmSync(own);
    expect(await tried(`${own}.pub`, env)).toEndWith("signed\n");
  } finally {
    agent.kill();
    await agent.exited;
  }
});

test("a key that has left, or of another kind, does not count, and ssh-keygen says why", async () => {
  const line = readFileSync(allowed, "utf8");
  const late = file("late", line.replace("namespaces", 'valid-before="20200101",namespaces'));
  const scratch = mkdtempSync(join(directory, "late-"));
  const expired = await rejection(trySigning(key, late, scratch));
  expect(expired.message).toContain("does not count");
  expect(expired.message).toContain("expired");
  const foreign = file("foreign.pub", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n");
  expect(() => publicKeyOf(foreign)).toThrow("foreign.pub is no public key of OpenSSH");
});

test("the provenance is a statement of in-toto in a signed envelope, and no time stands in it", async () => {
  const statement = statementText({
    ...{ version: "1.2.3", commit: "c0ffee", epochSeconds: 7, repository: "https://example.com/x" },
    materials: [{ name: "package-lock.json", digest: { sha256: "aa" } }],
    programs: { bun: "1" },
    subjects: [{ name: "a", size: 1, sha256: "bb" }],
  });
  expect(JSON.parse(statement)).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "a", digest: { sha256: "bb" } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        externalParameters: { version: "1.2.3", source: { digest: { gitCommit: "c0ffee" } } },
        resolvedDependencies: [
          { uri: "https://example.com/x@c0ffee" },
          { name: "package-lock.json", digest: { sha256: "aa" } },
        ],
      },
      runDetails: { builder: { version: { bun: "1" } } },
    },
  });
  const envelope = JSON.parse(await sealed(statement, key, allowed, directory)) as {
    payloadType: string;
    payload: string;
    signatures: { sig: string }[];
  };
  expect(envelope.payloadType).toBe(PAYLOAD_TYPE);
  expect(Buffer.from(envelope.payload, "base64").toString()).toBe(statement);
  // From the envelope alone: the signed text, and the signature in the form that ssh-keygen reads.
  const path = file("signed", `DSSEv1 28 ${PAYLOAD_TYPE} ${statement.length} ${statement}`);
  expect(readFileSync(path, "utf8")).toBe(signedText(statement));
  const lines = envelope.signatures[0]?.sig.match(/.{1,70}/gu)?.join("\n") ?? "";
  file("signed.sig", `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`);
  await verifySignature(path, allowed, "provenance");
  // A key that counts for the sums alone.
  const narrow = file("narrow", `${SIGNER} namespaces="file" ${publicKeyOf(key)}\n`);
  rmSync(join(directory, "statement.sig"));
  expect((await rejection(sealed(statement, key, narrow, directory))).message).toContain(
    "does not count",
  );
});
