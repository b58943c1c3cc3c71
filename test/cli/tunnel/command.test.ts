import { describe, expect, test } from 'vitest';
import { directAddress, tunnelCommand } from '../../../cli/tunnel/command.ts';
import { editedEnvironment } from '../../support/shipped.ts';

const shipped = (name: string) => editedEnvironment(name, []);
const PORTS = { remote: 3000, local: 43_000 };

/** dev on another engine, and what its ports are bound to there. */
function dockerOn(host: string, address?: string) {
  const section = `docker:\n  host: ${host}\n${address === undefined ? '' : `  address: ${address}\n`}`;
  return editedEnvironment('dev', [(text) => text.replace('docker:\n', section)]);
}

describe('where no tunnel is needed', () => {
  test.each([
    ['process', shipped('local'), 'http://127.0.0.1:9090'],
    [
      'process on all addresses',
      editedEnvironment('local', [(text) => text.replace('process:\n', 'process:\n  address: 0.0.0.0\n')]),
      'http://127.0.0.1:9090',
    ],
    ['docker here', shipped('dev'), 'http://127.0.0.1:9090'],
    ['docker here by TCP', dockerOn('tcp://localhost:2375'), 'http://127.0.0.1:9090'],
    ['docker elsewhere, bound to all', dockerOn('tcp://gpu1:2375', '0.0.0.0'), 'http://gpu1:9090'],
    ['docker elsewhere, bound to one', dockerOn('tcp://gpu1:2375', '10.0.0.7'), 'http://10.0.0.7:9090'],
    ['docker over ssh', dockerOn('ssh://ada@gpu1'), undefined],
    ['google', shipped('prod'), undefined],
    ['aws', shipped('staging'), undefined],
  ])('%s', (_, environment, url) => {
    expect(directAddress(environment, 9090)).toBe(url);
  });

  test('an engine by TCP whose ports only its own host reaches cannot be helped', () => {
    expect(() => directAddress(dockerOn('tcp://gpu1:2375'), 9090)).toThrow(
      /dev: its ports are bound to 127\.0\.0\.1 of gpu1.*use ssh:\/\//,
    );
  });
});

describe('the command of a tunnel', () => {
  test('google: Identity-Aware Proxy to the machine that the stack makes', () => {
    const command = tunnelCommand(shipped('prod'), PORTS);
    expect([command.program, ...command.args].join(' ')).toBe(
      'gcloud compute start-iap-tunnel fleet-prod-monitoring 3000 --local-host-port=127.0.0.1:43000 --zone=us-central1-a --project=example-project --quiet',
    );
  });

  test('aws: Session Manager to the machine that was found', () => {
    const command = tunnelCommand(shipped('staging'), PORTS, 'i-0123456789abcdef0');
    expect([command.program, ...command.args].join(' ')).toBe(
      'aws ssm start-session --target=i-0123456789abcdef0 --region=us-east-1 --document-name=AWS-StartPortForwardingSession --parameters=portNumber=3000,localPortNumber=43000',
    );
  });

  test.each([
    ['ssh://gpu1', [], '127.0.0.1:43000:127.0.0.1:3000', 'gpu1'],
    ['ssh://ada@gpu1:2222', ['-p', '2222'], '127.0.0.1:43000:127.0.0.1:3000', 'ada@gpu1'],
  ])('docker at %s', (host, port, forward, target) => {
    const { program, args } = tunnelCommand(dockerOn(host), PORTS);
    const options = ['-o', 'ExitOnForwardFailure=yes', '-o', 'ConnectTimeout=10'];
    expect([program, ...args]).toEqual([
      ...['ssh', '-N', ...options, '-o', 'ServerAliveInterval=15', ...port],
      ...['-L', forward, '--', target],
    ]);
  });

  test('docker over ssh, bound to an address of its host', () => {
    expect(tunnelCommand(dockerOn('ssh://gpu1', '10.0.0.7'), PORTS).args).toContain(
      '127.0.0.1:43000:10.0.0.7:3000',
    );
  });

  test('there is none on this host', () => {
    expect(() => tunnelCommand(shipped('local'), PORTS)).toThrow(
      'local: there is no tunnel to platform process',
    );
  });
});
