import type { Environment } from '../../contracts/environment.ts';
import { monitoringMachine } from '../../workloads/google-names.ts';
import { Failure } from '../errors.ts';

/** A program that connects a port of this host to one of another machine for as long as it runs. */
export interface TunnelCommand {
  readonly program: 'gcloud' | 'aws' | 'ssh';
  readonly args: readonly string[];
}

const HERE = '127.0.0.1';
/** To a machine that is gone it shall end, and not try for minutes; a taken port is an error. */
const SSH_OPTIONS = ['ExitOnForwardFailure=yes', 'ConnectTimeout=10', 'ServerAliveInterval=15'];

/**
 * Where a port of an environment's monitoring is reached without a tunnel; undefined where one is needed.
 * @throws Failure where no tunnel leads there
 */
export function directAddress(environment: Environment, port: number): string | undefined {
  const { name, platform, process, docker } = environment;
  if (platform === 'process') return `http://${reachable(process?.address)}:${port}`;
  if (platform !== 'docker') return undefined;
  const { protocol, hostname } = new URL(docker?.host ?? 'unix:///');
  if (protocol === 'ssh:') return undefined;
  const published = docker?.address ?? HERE;
  if (protocol === 'unix:' || isLoopback(hostname)) return `http://${reachable(published)}:${port}`;
  if (isLoopback(published)) {
    throw new Failure(
      `${name}: its ports are bound to ${published} of ${hostname}, where docker.host tcp:// leads no tunnel; use ssh://, or set docker.address to an address that this host reaches`,
    );
  }
  return `http://${published === '0.0.0.0' ? hostname : published}:${port}`;
}

/**
 * The command of a tunnel to a port of an environment's monitoring.
 * @param machine its id; only AWS wants to know it
 * @throws Failure where there is nothing to tunnel to
 */
export function tunnelCommand(
  environment: Environment,
  ports: { readonly remote: number; readonly local: number },
  machine?: string,
): TunnelCommand {
  const { name, platform, google, aws, docker } = environment;
  if (platform === 'google' && google !== undefined) return throughIap(name, google, ports);
  if (platform === 'aws' && aws !== undefined && machine !== undefined)
    return throughSession(machine, aws.region, ports);
  if (platform === 'docker' && docker?.host.startsWith('ssh:') === true)
    return throughSsh(new URL(docker.host), docker.address, ports);
  throw new Failure(`${name}: there is no tunnel to platform ${platform}`);
}

interface Ports {
  readonly remote: number;
  readonly local: number;
}

function throughIap(
  name: string,
  { project, zones }: NonNullable<Environment['google']>,
  { remote, local }: Ports,
): TunnelCommand {
  return {
    program: 'gcloud',
    args: [
      ...['compute', 'start-iap-tunnel', monitoringMachine(name), String(remote)],
      `--local-host-port=${HERE}:${local}`,
      `--zone=${zones[0]}`,
      `--project=${project}`,
      '--quiet',
    ],
  };
}

function throughSession(machine: string, region: string, { remote, local }: Ports): TunnelCommand {
  return {
    program: 'aws',
    args: [
      ...['ssm', 'start-session', `--target=${machine}`, `--region=${region}`],
      '--document-name=AWS-StartPortForwardingSession',
      `--parameters=portNumber=${remote},localPortNumber=${local}`,
    ],
  };
}

function throughSsh(
  { username, hostname, port }: URL,
  published: string,
  { remote, local }: Ports,
): TunnelCommand {
  return {
    program: 'ssh',
    args: [
      '-N',
      ...SSH_OPTIONS.flatMap((option) => ['-o', option]),
      ...(port === '' ? [] : ['-p', port]),
      ...['-L', `${HERE}:${local}:${reachable(published)}:${remote}`],
      // Never an option, whatever the file says.
      ...['--', username === '' ? hostname : `${decodeURIComponent(username)}@${hostname}`],
    ],
  };
}

function reachable(address: string = HERE): string {
  return address === '0.0.0.0' ? HERE : address;
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host.startsWith('127.');
}
