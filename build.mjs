// Bundles main.ts, the command line and the services into dist/. Does nothing where nothing has changed since.
// Written only where the content changed, so that two builds at a time cannot disturb a running program.
import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

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

/** What the last build read and wrote: each file's path below the project, and its state then. */
const record = join(root, 'dist/build.json');
/** Stands for everything below node_modules: npm writes it anew with each change there. */
const installed = 'node_modules/.package-lock.json';

/** @param {string} path */
function stateOf(path) {
  const found = statSync(join(root, path), { throwIfNoEntry: false });
  return found === undefined ? 'missing' : `${found.size} bytes, ${found.mtimeMs}`;
}

function isUpToDate() {
  if (!existsSync(record)) return false;
  /** @type {Record<string, string>} */
  const files = JSON.parse(readFileSync(record, 'utf8'));
  return Object.entries(files).every(([path, state]) => stateOf(path) === state);
}

/** @param {string} path @param {Uint8Array} contents */
function writeIfChanged(path, contents) {
  if (existsSync(path) && readFileSync(path).equals(contents)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, contents);
  renameSync(draft, path);
}

/** Returns the files read and written. @param {import('esbuild').BuildOptions} options */
async function bundle(options) {
  const { build: esbuild } = await import('esbuild');
  const built = await esbuild({ ...options, outdir: 'dist', write: false, metafile: true });
  for (const file of built.outputFiles) writeIfChanged(file.path, file.contents);
  return [
    ...Object.keys(built.metafile.inputs).filter((path) => !path.includes('node_modules/')),
    ...built.outputFiles.map(({ path }) => relative(root, path)),
  ];
}

/** Builds every program, where it is not up to date, and returns the folder they are in. */
export async function build() {
  if (!isUpToDate()) await buildAll();
  return join(root, 'dist');
}

async function buildAll() {
  const started = Date.now();
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
  const files = await Promise.all([
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
  const states = [...files.flat(), 'build.mjs', installed].map((path) => [path, stateOf(path)]);
  // A source that was saved while it was read may have been read as it was before.
  const sources = files.flat().filter((path) => !path.startsWith('dist/'));
  if (sources.some((path) => statSync(join(root, path)).mtimeMs >= started)) return;
  writeIfChanged(record, Buffer.from(JSON.stringify(Object.fromEntries(states), null, 1)));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await build();
