import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { must } from "./exec.ts";

/**
 * An npm registry on the loopback interface: the package as it would be published, and the packages that it
 * depends on, as they are installed here. `npm install hawser` works with it and no network.
 */
export class NpmRegistry implements Disposable {
  readonly url: string;
  readonly #server: ReturnType<typeof Bun.serve>;

  private constructor(server: ReturnType<typeof Bun.serve>) {
    this.#server = server;
    this.url = `http://127.0.0.1:${server.port}/`;
  }

  /**
   * Packs what `root` publishes, and its dependencies, below `scratch`.
   * @param tarball the package, where it is packed already
   */
  static async start(root: string, scratch: string, tarball?: string): Promise<NpmRegistry> {
    const packs = join(scratch, "packs");
    const manifest = manifestIn(root);
    const dependencies = Object.keys(manifest["dependencies"] as Record<string, string>);
    const dirs = [root, ...dependencies.map((name) => join(root, "node_modules", name))];
    const documents = new Map<string, Record<string, unknown>>();
    const tarballs = new Map<string, string>();
    const add = async (dir: string): Promise<void> => {
      const own = manifestIn(dir);
      const name = String(own["name"]);
      const to = join(packs, name);
      const made = dir === root ? (tarball ?? (await pack(dir, to))) : await packInstalled(dir, to);
      tarballs.set(`/${name}.tgz`, made);
      documents.set(`/${name}`, own);
    };
    await Promise.all(dirs.map(add));
    const server = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch({ url }) {
        const { pathname: path, origin } = new URL(url);
        const pathname = decodeURIComponent(path); // a scope's slash comes as %2f
        const tarball = tarballs.get(pathname);
        if (tarball !== undefined) return new Response(Bun.file(tarball));
        const one = documents.get(pathname);
        if (one === undefined) return new Response("{}", { status: 404 });
        const version = String(one["version"]);
        const dist = { tarball: `${origin}${pathname}.tgz` };
        return Response.json({
          name: one["name"],
          "dist-tags": { latest: version },
          versions: { [version]: { ...one, dist } },
        });
      },
    });
    return new NpmRegistry(server);
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}

function manifestIn(dir: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as Record<string, unknown>;
}

/** The path of the package that npm makes of a directory. */
async function pack(dir: string, to: string): Promise<string> {
  mkdirSync(to, { recursive: true });
  await must(["npm", "pack", "--ignore-scripts", "--silent", "--pack-destination", to, dir]);
  return join(to, readdirSync(to).find((name) => name.endsWith(".tgz")) ?? "");
}

/** The same of an installed package, which has nothing but what was published. */
async function packInstalled(dir: string, to: string): Promise<string> {
  mkdirSync(to, { recursive: true });
  const tarball = join(to, "package.tgz");
  await must(["tar", "-czf", tarball, "--transform", "s,^\\.,package,", "-C", dir, "."]);
  return tarball;
}
