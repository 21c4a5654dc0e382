import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./exec.ts";

/** Files of one certificate. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** What a certificate says; `days` below zero is one that has expired. */
export interface CertificateWish {
  readonly name: string;
  /** IP addresses and names that it is good for. */
  readonly hosts?: readonly string[];
  readonly days?: number;
}

const DAY_MS = 86_400_000;

/** An authority of its own, whose files lie in a directory of the test. */
export class TestAuthority {
  readonly #directory: string;
  readonly #name: string;
  #count = 0;

  private constructor(directory: string, name: string) {
    this.#directory = directory;
    this.#name = name;
  }

  /** Needs the program `openssl`. */
  static async create(directory: string, name: string = "authority"): Promise<TestAuthority> {
    const authority = new TestAuthority(directory, name);
    const { cert, key } = authority.#files(name);
    await must([
      ...["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-keyout", key, "-out", cert, "-subj", `/CN=${name}`, "-days", "30"],
    ]);
    return authority;
  }

  /** The certificate by which its others are judged. */
  get ca(): string {
    return this.#files(this.#name).cert;
  }

  async issue({ name, hosts = [], days = 30 }: CertificateWish): Promise<CertificateFiles> {
    this.#count += 1;
    const files = this.#files(`${name}-${this.#count}`);
    const request = `${files.cert}.request`;
    const extensions = `${files.cert}.extensions`;
    await must([
      ...["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"],
      ...["-nodes", "-keyout", files.key, "-out", request, "-subj", `/CN=${name}`],
    ]);
    const names = hosts.map((host) => `${/^[\d.]+$|:/u.test(host) ? "IP" : "DNS"}:${host}`);
    const lines = ["extendedKeyUsage=serverAuth,clientAuth"];
    if (names.length > 0) lines.push(`subjectAltName=${names.join(",")}`);
    writeFileSync(extensions, `${lines.join("\n")}\n`);
    // `x509 -req` counts days from now on alone; `ca` takes dates, and wants a database.
    const base = join(this.#directory, `${this.#name}-database`);
    const config = `${files.cert}.config`;
    writeFileSync(`${base}.index`, "");
    writeFileSync(
      config,
      `[ca]\ndefault_ca=a\n[a]\ndatabase=${base}.index\nnew_certs_dir=${this.#directory}\n` +
        "rand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n",
    );
    const now = Date.now();
    const [from, to] =
      days > 0 ? [now - DAY_MS, now + days * DAY_MS] : [now - 90 * DAY_MS, now + days * DAY_MS];
    const { cert, key } = this.#files(this.#name);
    await must([
      ...["openssl", "ca", "-batch", "-config", config, "-cert", cert, "-keyfile", key],
      ...["-in", request, "-out", files.cert, "-extfile", extensions, "-notext"],
      ...["-startdate", openSslDate(from), "-enddate", openSslDate(to)],
    ]);
    return files;
  }

  #files(name: string): CertificateFiles {
    return {
      cert: join(this.#directory, `${name}.crt`),
      key: join(this.#directory, `${name}.key`),
    };
  }
}

function openSslDate(ms: number): string {
  return new Date(ms).toISOString().replace(/[-:T]|\.\d+/gu, "");
}
