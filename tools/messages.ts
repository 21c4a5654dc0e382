/**
 * `npm run messages`: writes the TypeScript of the messages that Hawser exchanges with etcd, from
 * `src/store/etcd/messages/etcd.proto`. The compiler is fetched for this alone: the file changes as seldom as
 * etcd's interface does.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./test/files.ts";

const COMPILER = ["@bufbuild/buf@1.75.0", "@bufbuild/protoc-gen-es@2.17.0"];
const MESSAGES = join(ROOT, "src/store/etcd/messages");
const HEAD = "// Written by `npm run messages` from etcd.proto, which says what it means.\n";

const directory = mkdtempSync(join(tmpdir(), "messages-"));
try {
  const template = {
    version: "v2",
    inputs: [{ directory: MESSAGES }],
    plugins: [{ local: "protoc-gen-es", out: directory, opt: ["target=ts"] }],
  };
  started([
    ...["npm", "exec", "--yes", ...COMPILER.map((name) => `--package=${name}`)],
    ...["--", "buf", "generate", "--template", JSON.stringify(template)],
  ]);
  const path = join(MESSAGES, "etcd.ts");
  const text = readFileSync(join(directory, "etcd_pb.ts"), "utf8");
  writeFileSync(path, `${HEAD}${withoutComments(text)}`);
  started(["npx", "biome", "check", "--write", path]);
} finally {
  rmSync(directory, { recursive: true });
}

/** Those of the proto file, and those that name each field's number: neither is read here. */
function withoutComments(text: string): string {
  return text
    .replace(/^ *\/\*\*\n(?: *\*.*\n)+/gmu, "")
    .replace(/^(?:\/\/|\/\* eslint).*\n/gmu, "");
}

function started(argv: readonly string[]): void {
  const { exitCode } = Bun.spawnSync([...argv], {
    cwd: ROOT,
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: exit code ${exitCode}`);
}
