import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ReleaseFile } from "./digest.ts";
import { type Purpose, sign, signatureBytes, verifySignature } from "./signature.ts";

/** How the files of a release were made: a statement of in-toto with SLSA's predicate, in a DSSE envelope. */

/** A thing that a build took. */
export interface Material {
  readonly name: string;
  readonly uri?: string;
  readonly digest?: Readonly<Record<string, string>>;
}

export interface Provenance {
  readonly version: string;
  readonly commit: string;
  readonly epochSeconds: number;
  /** Where the repository is, as package.json has it; absent where it says nothing. */
  readonly repository?: string;
  readonly materials: readonly Material[];
  /** Versions of the programs that took part, by their names. */
  readonly programs: Readonly<Record<string, string>>;
  readonly subjects: readonly ReleaseFile[];
}

const STATEMENT = "https://in-toto.io/Statement/v1";
const PREDICATE = "https://slsa.dev/provenance/v1";
export const PAYLOAD_TYPE = "application/vnd.in-toto+json";
/** docs/releases.md of the commit says what such a build is. */
const BUILD_TYPE = "urn:hawser:npm-run-release:1";
const BUILDER = "urn:hawser:releaser";
const PURPOSE: Purpose = "provenance";

/** The statement. No time of the run stands in it, so that two builders can compare theirs. */
export function statementText(provenance: Provenance): string {
  const { version, commit, epochSeconds, repository, materials, programs, subjects } = provenance;
  const source = {
    name: "hawser",
    ...(repository === undefined ? {} : { uri: `${repository}@${commit}` }),
    digest: { gitCommit: commit },
  };
  const statement = {
    _type: STATEMENT,
    subject: subjects.map(({ name, sha256 }) => ({ name, digest: { sha256 } })),
    predicateType: PREDICATE,
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { version, source },
        internalParameters: { SOURCE_DATE_EPOCH: epochSeconds },
        resolvedDependencies: [source, ...materials],
      },
      runDetails: { builder: { id: BUILDER, version: programs } },
    },
  };
  return JSON.stringify(statement);
}

/** What a DSSE signature is made over. */
export function signedText(payload: string): string {
  const length = (text: string): number => new TextEncoder().encode(text).length;
  const type = `${length(PAYLOAD_TYPE)} ${PAYLOAD_TYPE}`;
  return `DSSEv1 ${type} ${length(payload)} ${payload}`;
}

/**
 * Signs a statement; gives the envelope.
 * @param allowed the file that says whose signatures count, and for what
 * @throws ReleaseFailure when this one would not
 */
export async function sealed(
  statement: string,
  key: string,
  allowed: string,
  scratch: string,
): Promise<string> {
  const path = join(scratch, "statement");
  writeFileSync(path, signedText(statement));
  const signature = signatureBytes(readFileSync(await sign(path, key, PURPOSE), "utf8"));
  await verifySignature(path, allowed, PURPOSE);
  const payload = Buffer.from(statement).toString("base64");
  const envelope = { payloadType: PAYLOAD_TYPE, payload, signatures: [{ sig: signature }] };
  return `${JSON.stringify(envelope)}\n`;
}
