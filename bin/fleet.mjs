#!/usr/bin/env node
// Starts dist/fleet.js. In a source checkout the bundle is brought up to date first, where a source has changed.
import { existsSync } from 'node:fs';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 18)) {
  console.error(
    `fleet needs Node 20.18.1 or later, this is ${process.versions.node}; see https://nodejs.org/en/download`,
  );
  process.exit(1);
}

const buildScript = new URL('../build.mjs', import.meta.url);
const program = new URL('../dist/fleet.js', import.meta.url);

/** @param {unknown} error */
function isNotInstalled(error) {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

if (existsSync(buildScript)) {
  try {
    const { build } = await import(buildScript.href);
    await build();
  } catch (error) {
    if (!isNotInstalled(error)) throw error;
    if (!existsSync(program)) {
      console.error('fleet is not installed yet: run `npm ci` in its folder');
      process.exit(1);
    }
  }
}

await import(program.href);
