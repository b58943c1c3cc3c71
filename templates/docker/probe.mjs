// Asks a part for its state from inside its container, where Node is all there is.
//   probe.mjs URL                    healthy if it answers 200
//   probe.mjs URL VERSION SECONDS    waits until its JSON has this `version`, else fails with its `error`
import { setTimeout as pause } from 'node:timers/promises';

const INTERVAL_MS = 50;
const ANSWER_TIMEOUT_MS = 4_000;

/** @param {string} url */
async function isHealthy(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return response.status === 200;
}

/**
 * @param {string} url
 * @returns {Promise<{ version?: unknown, error?: unknown }>}
 */
async function statusOf(url) {
  const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS) });
  return /** @type {Promise<{ version?: unknown, error?: unknown }>} */ (response.json());
}

/** @param {string} url @param {string} wanted @param {number} seconds */
async function waitForVersion(url, wanted, seconds) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const status = await statusOf(url).catch((error) => ({ version: undefined, error: String(error) }));
    if (status.version === wanted) return;
    if (Date.now() > deadline) {
      const reason = status.error === undefined ? `it has ${status.version}` : status.error;
      throw new Error(`version ${wanted} is not applied after ${seconds} s: ${reason}`);
    }
    await pause(INTERVAL_MS);
  }
}

const [url = '', version, seconds] = process.argv.slice(2);
try {
  if (version !== undefined) await waitForVersion(url, version, Number(seconds));
  else if (!(await isHealthy(url))) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
