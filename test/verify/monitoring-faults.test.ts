import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { DeadManSwitch } from '../support/dead-man-switch.ts';
import { SmallDisk } from '../support/full-disk.ts';
import { LocalProject } from '../support/local-project.ts';
import { query, scrapedAfter } from '../support/prometheus.ts';
import { SteadyLoad } from '../support/steady-load.ts';
import { WrongClock } from '../support/wrong-clock.ts';

const PATIENCE_MS = 150_000;
/** Nothing is stored for 5 minutes, or Alertmanager believes Prometheus' last word for 4; then the switch is patient. */
const NOTICED_MS = 300_000 + 60_000 + PATIENCE_MS;
const BACK_MS = 120_000;
const HOUR = 3600;
const WELL = 'sum(oss_requests_total{model="gpt-oss-20b",code="200"})';

/** The disk of its own needs root; another clock needs the vDSO of this processor and a C compiler. */
const possible = process.getuid?.() === 0 && process.platform === 'linux' && process.arch === 'x64';

describe.skipIf(!possible)('Prometheus of a running environment', () => {
  let project: LocalProject;
  let deadMan: DeadManSwitch;
  let disk: SmallDisk;
  let clock: WrongClock;
  let load: SteadyLoad;
  let prometheus: string;
  let others: Record<string, number>;

  beforeAll(async () => {
    project = await LocalProject.create();
    deadMan = await DeadManSwitch.create(PATIENCE_MS);
    project.edit((text) =>
      text.replace(
        /^alertmanager: \{ port: (\d+) \}$/m,
        `alertmanager:\n  port: $1\n  receivers: { dead-man: { webhook: { url: '${deadMan.url}' } } }\n  routes: { watchdog: dead-man }`,
      ),
    );
    mkdirSync(project.bin);
    clock = new WrongClock(project.folder);
    for (const [name, ...names] of [['prometheus'], ['alertmanager', 'prometheus-alertmanager']]) {
      const path = programOf([name ?? '', ...names]);
      const variables = Object.entries(clock.variables).map(([key, value]) => `${key}='${value}'`);
      project.program(name ?? '', `exec env ${variables.join(' ')} ${path} "$@"`);
    }
    disk = new SmallDisk(join(project.folder, '.fleet/local/prometheus/data'), 128);
    const up = await project.fleet('up');
    if (up.code !== 0) throw new Error(up.stderr);
    prometheus = `http://127.0.0.1:${project.environment.prometheus.port}`;
    load = new SteadyLoad(project.baseUrl, 4);
    others = pidsOfOthers();
  }, 400_000);

  afterAll(async () => {
    await load?.stop();
    await project?.fleet('down', 'local');
    disk?.remove();
    await project?.remove();
    await deadMan?.close();
  }, 300_000);

  afterEach(() => {
    expect(load.failures).toEqual([]);
    expect(pidsOfOthers()).toEqual(others);
  });

  test('tells the dead-man switch of its life every minute', async () => {
    await expect.poll(() => deadMan.heard.length, { timeout: 300_000 }).toBeGreaterThan(2);
    const pauses = deadMan.heard.slice(1).map((time, index) => time - (deadMan.heard[index] ?? 0));
    expect(Math.max(...pauses)).toBeLessThan(90_000);
  });

  test('killed: the switch alerts; started again, it has counted every request', async () => {
    process.kill(project.pid('prometheus'), 'SIGKILL');
    await noticed();
    await startsAgain();
    await isBack();
  }, 900_000);

  test('its disk is full: it keeps nothing, the switch alerts; with room it goes on', async () => {
    disk.fill();
    await noticed();
    disk.empty();
    await startsAgain();
    await isBack();
  }, 900_000);

  test('its clock is an hour ahead: the switch alerts; set right and started again, it goes on at once', async () => {
    clock.isWrongBy(HOUR);
    const [now] = await query(prometheus, 'vector(time())');
    expect(Math.abs((now?.value ?? 0) - Date.now() / 1000 - HOUR)).toBeLessThan(30);
    await noticed();
    clock.isWrongBy(0);
    process.kill(project.pid('prometheus'), 'SIGTERM');
    await startsAgain();
    await isBack();
  }, 900_000);

  /** The switch alerts, and requests were answered all the time. */
  async function noticed(): Promise<void> {
    const before = load.answered;
    await expect.poll(() => deadMan.alerts, { timeout: NOTICED_MS, interval: 1000 }).toBe(true);
    expect(load.answered - before).toBeGreaterThan(PATIENCE_MS / 1000);
  }

  /** As an operator does it, until it runs: one that ends is not there at once. */
  async function startsAgain(): Promise<void> {
    const up = await project.fleet('up');
    expect(up.stderr).not.toContain('rror');
    expect(up.code).toBe(0);
  }

  /** New samples come in, the switch hears of it, and no request is missing in what it has counted. */
  async function isBack(): Promise<void> {
    await scrapedAfter(prometheus, 'gateway', Date.now() / 1000, BACK_MS);
    await expect.poll(() => deadMan.alerts, { timeout: BACK_MS, interval: 1000 }).toBe(false);
    await load.stop();
    await scrapedAfter(prometheus, 'gateway', Date.now() / 1000, BACK_MS);
    const [counted] = await query(prometheus, WELL);
    expect(counted?.value).toBe(await countedByTheGateway());
    expect(counted?.value).toBeGreaterThanOrEqual(load.answered);
    expect(load.failures).toEqual([]);
    load = new SteadyLoad(project.baseUrl, 4);
  }

  async function countedByTheGateway(): Promise<number> {
    const page = await (
      await fetch(`http://127.0.0.1:${project.environment.gateway.adminPort}/metrics`)
    ).text();
    const lines = page.split('\n').filter((line) => /^oss_requests_total\{.*gpt-oss-20b/.test(line));
    return lines
      .filter((line) => line.includes('code="200"'))
      .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  }

  function pidsOfOthers(): Record<string, number> {
    const { prometheus: _, ...rest } = project.pids();
    return rest;
  }
});

function programOf(names: readonly string[]): string {
  const command = names.map((name) => `command -v ${name}`).join(' || ');
  return execFileSync('sh', ['-c', command], { encoding: 'utf8' }).trim();
}
