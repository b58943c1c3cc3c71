import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorsOf, progressOf } from '../../cli/deploy-output.ts';
import { terraform } from '../support/terraform.ts';
import { fixture } from './support.ts';

describe('a failed run is explained by', () => {
  test('what the failing provisioner said, unwrapped, without its command', () => {
    expect(errorsOf(fixture('cdktf/provisioner-failed.txt'), 'local')).toEqual([
      'starting gateway',
      'gateway: port 8080 of 127.0.0.1 is taken by node (pid 12); end that program or choose another port in environments/local.yaml: gateway.port',
    ]);
  });

  test('what a provisioner said that cdktf shows with its construct path', () => {
    expect(errorsOf(fixture('cdktf/provisioner-failed-with-path.txt'), 'local')).toEqual([
      'router-agent: starting (node)',
      'router-agent: http://127.0.0.1:18093/status did not report version 76a0f1a57671 within 15 s, but nothing; see /tmp/real/.fleet/local/router-agent/log',
    ]);
  });

  test('what each of several provisioners said', () => {
    expect(errorsOf(fixture('cdktf/two-provisioners-failed.txt'), 'local')).toEqual(['a is bad', 'b is bad']);
  });

  test("Terraform's own error", () => {
    expect(errorsOf(fixture('cdktf/terraform-failed.txt'), 'local').slice(0, 2)).toEqual([
      'Error: Error acquiring the state lock',
      'Error message: mkdir /proc/nope: no such file or directory',
    ]);
  });

  test('what to do instead, where a change would have replaced a release that serves', () => {
    expect(errorsOf(fixture('cdktf/fixed-release.txt'), 'prod')).toEqual([
      ...['gpt-oss-120b', 'gpt-oss-3.5'].map(
        (model) =>
          `models.${model}.releases.v32: takes traffic, so its nodes stay as they were started; another image, flag, machine or port is another release (environments/prod.yaml)`,
      ),
      'nothing was changed. Instead:',
      '  1. undo that change and add it as a new release, say v32-2, with role canary and weight 0; fleet up prod',
      '  2. move weight to it, in steps; fleet up prod after each',
      '  3. swap the roles: the new one is stable, v32 is canary at weight 0; fleet up prod',
      '  4. remove v32; fleet up prod',
    ]);
  });

  test('what the installed Terraform says of it, without cdktf', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fleet-fixed-'));
    const address = 'nodes_gpt-oss-120b_v32_serves-make-a-new-release-instead';
    const plan = async (servers: string) => {
      const resource = { triggers_replace: { servers }, lifecycle: { prevent_destroy: true } };
      const configuration = { resource: { terraform_data: { [address]: resource } } };
      writeFileSync(join(folder, 'cdk.tf.json'), JSON.stringify(configuration));
      return terraform(folder, 'apply', '-auto-approve');
    };
    await terraform(folder, 'init');
    expect(await plan('before')).toMatchObject({ code: 0 });
    const { code, stderr } = await plan('after');
    rmSync(folder, { recursive: true });
    expect(code).toBe(1);
    expect(errorsOf(stderr, 'prod')[0]).toMatch(/^models\.gpt-oss-120b\.releases\.v32: takes traffic/);
  });

  test('another error beside it, too', () => {
    const both = `${fixture('cdktf/fixed-release.txt')}\nprod  Error: Error acquiring the state lock\n`;
    const said = errorsOf(both, 'prod');
    expect(said[0]).toBe('Error: Error acquiring the state lock');
    expect(said[1]).toMatch(/^models\.gpt-oss-120b/);
  });

  test('Terraform itself, where another resource must not be destroyed', () => {
    const text =
      'Error: Instance cannot be destroyed\n\nResource google_storage_bucket.documents has\nlifecycle.prevent_destroy set';
    expect(errorsOf(text, 'prod')[0]).toBe('Error: Instance cannot be destroyed');
  });

  test('what the synthesis wrote to stderr', () => {
    expect(errorsOf(fixture('cdktf/synthesis-failed.txt'), 'local')).toEqual([
      'environments/local.yaml: something (environments/local.yaml:3)',
    ]);
  });

  test('the last lines, when nothing looks like an error', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    expect(errorsOf(lines.join('\n'), 'local')).toEqual(lines.slice(-20));
  });
});

describe('progress', () => {
  test('of a whole run: what Terraform will do, and what the provisioners say', () => {
    expect(
      fixture('cdktf/deployed.txt')
        .split('\n')
        .flatMap((line) => progressOf(line) ?? []),
    ).toEqual(['preparing Terraform', 'applying: 2 to add, 0 to change, 2 to destroy', 'routed', 'hello']);
  });

  test.each([
    ['       google_compute_network.main: Creating...', 'google_compute_network.main: Creating...'],
    [
      'prod  aws_lb.router: Still creating... [10s elapsed]',
      'aws_lb.router: Still creating... [10s elapsed]',
    ],
    [
      'WARN [prod]: models.m: too long (environments/prod.yaml)',
      'warning: models.m: too long (environments/prod.yaml)',
    ],
    ['local  terraform_data.gateway: Creating...', undefined],
    ['       Terraform has been successfully initialized!', undefined],
  ])('%j is shown as %j', (line, shown) => {
    expect(progressOf(line)).toBe(shown);
  });
});
