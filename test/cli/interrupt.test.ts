import { rmSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LocalEnvironment, openLocalEnvironment } from './local-environment.ts';
import { until } from './support.ts';

/** Starts Terraform in a session of its own, as the real one does, and ends with it. */
const CDKTF = `
import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
process.on('SIGINT', () => writeFileSync('cdktf-interrupted', ''));
const begin = () => {
  if (existsSync('wait')) return setTimeout(begin, 20);
  spawn('terraform', ['apply'], { detached: true, stdio: 'inherit' }).on('exit', () => {
    writeFileSync('cdktf-ended', '');
    process.exit(1);
  });
};
begin();
`;

/** Ends at the `count`th SIGINT, and notes each. */
const terraform = (count: number) => `#!/bin/sh
[ "$1" = version ] && { echo Terraform v1.9.0; exit; }
left=${count}
trap 'echo SIGINT >>told; left=$((left - 1)); [ $left -eq 0 ] && exit 1' INT
echo $$ >terraform.pid
while :; do sleep 0.05; done
`;

let local: LocalEnvironment;

beforeEach(async () => {
  local = await openLocalEnvironment();
  local.cdktf(CDKTF);
  local.synthesize();
});

afterEach(() => local.close());

describe('an interrupt during the deploy', () => {
  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s reaches Terraform alone; cdktf is waited for; fleet says how to go on',
    async (signal) => {
      local.program('terraform', terraform(1));
      const fleet = local.start(['up']);
      await until('terraform runs', () => local.has('terraform.pid'));
      fleet.signal(signal);
      const { code, stdout, stderr } = await fleet.ended;
      expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
      expect(stderr).toMatch(/Go on with `fleet up local` or undo with `fleet down local`\n$/);
      expect(local.read('told')).toBe('SIGINT\n');
      expect(local.has('cdktf-ended')).toBe(true);
      expect(local.has('cdktf-interrupted')).toBe(false);
    },
  );

  test('reaches a Terraform that starts only afterwards', async () => {
    local.program('terraform', terraform(1));
    local.write('wait', '');
    const fleet = local.start(['up']);
    await until('cdktf runs', () => fleet.stderr().includes('synthesizing'));
    fleet.signal('SIGINT');
    await until('fleet has taken note', () => fleet.stderr().includes('stopping: '));
    rmSync(local.path('wait'));
    expect((await fleet.ended).code).toBe(130);
    expect(local.read('told')).toBe('SIGINT\n');
  });

  test('a second one within 5 s tells Terraform again', async () => {
    local.program('terraform', terraform(2));
    const fleet = local.start(['up']);
    await until('terraform runs', () => local.has('terraform.pid'));
    fleet.signal('SIGINT');
    await until('terraform was told', () => local.has('told'));
    fleet.signal('SIGINT');
    const { code, stderr } = await fleet.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('stopping Terraform at once');
    await until('terraform was told twice', () => local.read('told') === 'SIGINT\nSIGINT\n');
  });
});
