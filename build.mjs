// Bundles main.ts, the command line and the services into dist/. One call, about 0.2 s.
// Written only where the content changed, so that two builds at a time cannot disturb a running program.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build as esbuild } from 'esbuild';

const root = dirname(fileURLToPath(import.meta.url));

/** Programs by the path of their bundle below dist/, without extension. */
const programs = {
  main: 'main.ts',
  fleet: 'cli/main.ts',
  'services/gateway': 'services/gateway/main.ts',
  // The gateway's thread that counts tokens: loaded by it only when it is needed.
  'services/gateway-tokens': 'services/gateway/tokens/worker.ts',
  'services/router-agent': 'services/router-agent/main.ts',
  'services/vllm-simulator': 'services/vllm-simulator/main.ts',
};

/** @param {string} path @param {Uint8Array} contents */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  const { outputFiles } = await esbuild({ ...options, outdir: 'dist', write: false });
  for (const file of outputFiles) writeIfChanged(file.path, file.contents);
}

/** Builds every program and returns the folder they are in. */
export async function build() {
  const shared = /** @type {const} */ ({
    absWorkingDir: root,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.18',
    sourcemap: 'linked',
    logLevel: 'warning',
    legalComments: 'none',
    // Bundled CommonJS dependencies call require(); ES modules have none of their own.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const { main, fleet, ...selfContained } = programs;
  await Promise.all([
    // cdktf and its providers stay where npm put them: they are large, and only main.js needs them.
    bundle({
      ...shared,
      entryPoints: { main },
      packages: 'external',
      splitting: true,
      chunkNames: 'main/[name]-[hash]',
      banner: {},
    }),
    // What most commands do not need, the clients of the clouds above all, lies beside it and is read when it is used.
    bundle({
      ...shared,
      entryPoints: { fleet },
      splitting: true,
      chunkNames: 'fleet/[name]-[hash]',
    }),
    // The page of `fleet dashboard`, for browsers.
    bundle({
      absWorkingDir: root,
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2022',
      logLevel: 'warning',
      legalComments: 'none',
      loader: { '.html': 'copy' },
      entryPoints: {
        'dashboard/page': 'cli/dashboard/page/page.ts',
        'dashboard/index': 'cli/dashboard/page/page.html',
      },
    }),
    ...Object.entries(selfContained).map(([name, entry]) =>
      bundle({ ...shared, entryPoints: { [name]: entry } }),
    ),
  ]);
  return join(root, 'dist');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
