import { describe, expect, test } from 'vitest';
import { errorsOf, progressOf } from '../../cli/deploy-output.ts';
import { fixture } from './support.ts';

describe('a failed run is explained by', () => {
  test('what the failing provisioner said, unwrapped, without its command', () => {
    expect(errorsOf(fixture('cdktf/provisioner-failed.txt'))).toEqual([
      'starting gateway',
      'gateway: port 8080 of 127.0.0.1 is taken by node (pid 12); end that program or choose another port in environments/local.yaml: gateway.port',
    ]);
  });

  test('what a provisioner said that cdktf shows with its construct path', () => {
    expect(errorsOf(fixture('cdktf/provisioner-failed-with-path.txt'))).toEqual([
      'router-agent: starting (node)',
      'router-agent: http://127.0.0.1:18093/status did not report version 76a0f1a57671 within 15 s, but nothing; see /tmp/real/.fleet/local/router-agent/log',
    ]);
  });

  test('what each of several provisioners said', () => {
    expect(errorsOf(fixture('cdktf/two-provisioners-failed.txt'))).toEqual(['a is bad', 'b is bad']);
  });

  test("Terraform's own error", () => {
    expect(errorsOf(fixture('cdktf/terraform-failed.txt')).slice(0, 2)).toEqual([
      'Error: Error acquiring the state lock',
      'Error message: mkdir /proc/nope: no such file or directory',
    ]);
  });

  test('what the synthesis wrote to stderr', () => {
    expect(errorsOf(fixture('cdktf/synthesis-failed.txt'))).toEqual([
      'environments/local.yaml: something (environments/local.yaml:3)',
    ]);
  });

  test('the last lines, when nothing looks like an error', () => {
    const lines = Array.from({ length: 30 }, (_, index) => `line ${index}`);
    expect(errorsOf(lines.join('\n'))).toEqual(lines.slice(-20));
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
    ['local  terraform_data.gateway: Creating...', undefined],
    ['       Terraform has been successfully initialized!', undefined],
  ])('%j is shown as %j', (line, shown) => {
    expect(progressOf(line)).toBe(shown);
  });
});
