import type { Environment } from '../contracts/environment.ts';
import { compareVersions } from '../contracts/node-rules.ts';
import { runsRedis } from '../contracts/redis-rules.ts';
import type { Variables } from './context.ts';
import { engineVersion } from './docker-engine.ts';
import { findProgram, terraformNames, terraformVariables, versionOf } from './programs.ts';
import { installCommand, type System } from './system.ts';

/** Something that has to be on this host before an environment can be deployed. */
export interface Requirement {
  readonly what: string;
  /** Lowest version that will do. */
  readonly lowest?: string;
  readonly neededBy: string;
  readonly check: Check;
  /** Package of the Debian family that brings it. */
  readonly debianPackage?: string;
  /** What to do where no package is known. */
  readonly install: string;
}

type Check =
  | { readonly kind: 'node'; readonly version: string }
  | {
      readonly kind: 'program';
      /** Names it may have, the preferred one first. */
      readonly names: readonly string[];
      /** Arguments that make it print its version. @default - its version is not asked for */
      readonly versionArguments?: readonly string[];
    }
  | { readonly kind: 'engine'; readonly host: string };

/** What was found on this host. */
export interface Finding {
  readonly what: string;
  readonly state: 'found' | 'missing' | 'too old';
  readonly version?: string;
  readonly path?: string;
  readonly lowest?: string;
  readonly neededBy: string;
  /** The exact command that brings it; a page where there is no command. */
  readonly install: string;
  readonly debianPackage?: string;
}

const TERRAFORM_PAGE =
  'https://developer.hashicorp.com/terraform/install (or OpenTofu: https://opentofu.org/docs/intro/install with TERRAFORM_BINARY_NAME=tofu)';

/** What one environment needs, and nothing else. */
export function requirementsOf(environment: Environment, env: Variables): Requirement[] {
  const { platform } = environment;
  return [
    {
      what: 'node',
      lowest: '20.18.1',
      neededBy: 'fleet',
      check: { kind: 'node', version: process.versions.node },
      install: 'https://nodejs.org/en/download',
    },
    {
      what: 'terraform',
      lowest: '1.5',
      neededBy: 'every platform',
      check: { kind: 'program', names: terraformNames(env), versionArguments: ['version'] },
      install: TERRAFORM_PAGE,
    },
    ...(platform === 'process' ? processRequirements(environment) : []),
    ...(platform === 'docker' ? dockerRequirements(environment) : []),
  ];
}

function processRequirements(environment: Environment): Requirement[] {
  const { process } = environment;
  const servers: Requirement[] = [
    {
      what: 'nginx',
      lowest: '1.22',
      neededBy: 'platform process: router',
      check: { kind: 'program', names: ['nginx'], versionArguments: ['-v'] },
      debianPackage: 'nginx',
      install: 'https://nginx.org/en/docs/install.html',
    },
    {
      what: 'prometheus',
      lowest: '2.42',
      neededBy: 'platform process: metrics',
      check: { kind: 'program', names: ['prometheus'], versionArguments: ['--version'] },
      debianPackage: 'prometheus',
      install: 'https://prometheus.io/download',
    },
  ];
  const alertmanager: Requirement = {
    what: 'alertmanager',
    lowest: Object.values(environment.alertmanager?.receivers ?? {}).some(({ webhook }) => webhook?.secretUrl)
      ? '0.26'
      : '0.25',
    neededBy: 'platform process: alertmanager',
    check: {
      kind: 'program',
      names: ['alertmanager', 'prometheus-alertmanager'],
      versionArguments: ['--version'],
    },
    debianPackage: 'prometheus-alertmanager',
    install: 'https://prometheus.io/download/#alertmanager',
  };
  const grafana: Requirement = {
    what: 'grafana',
    lowest: '12.0',
    neededBy: 'platform process: grafana',
    check: { kind: 'program', names: ['grafana'], versionArguments: ['--version'] },
    install: 'https://grafana.com/grafana/download (or remove the section `grafana`)',
  };
  const redis: Requirement = {
    what: 'redis-server',
    lowest: '6.0',
    neededBy: 'platform process: gateway.redis',
    check: { kind: 'program', names: ['redis-server'], versionArguments: ['--version'] },
    debianPackage: 'redis-server',
    install: 'https://redis.io/docs/latest/operate/oss_and_stack/install',
  };
  const vllm: Requirement = {
    what: 'vllm',
    neededBy: 'process.engine vllm: nodes',
    check: { kind: 'program', names: ['vllm'] },
    install: 'pip install vllm',
  };
  return [
    ...servers,
    ...(environment.alertmanager === undefined ? [] : [alertmanager]),
    ...(environment.grafana === undefined ? [] : [grafana]),
    ...(runsRedis(environment) ? [redis] : []),
    ...(process?.engine === 'vllm' ? [vllm] : []),
  ];
}

function dockerRequirements({ docker }: Environment): Requirement[] {
  const host = docker?.host ?? 'unix:///var/run/docker.sock';
  return [
    {
      what: 'container engine',
      neededBy: `platform docker: ${host}`,
      check: { kind: 'engine', host },
      install: 'https://docs.docker.com/engine/install',
    },
  ];
}

/** Looks for all requirements at once. */
export function examine(
  requirements: readonly Requirement[],
  env: Variables,
  system: System,
): Promise<Finding[]> {
  return Promise.all(
    requirements.map(async ({ check, ...requirement }) => {
      const found = await look(check, env);
      return {
        ...requirement,
        ...found,
        state: judge(found, requirement.lowest),
        install: installCommand(requirement, system),
      };
    }),
  );
}

interface Found {
  readonly path?: string;
  readonly version?: string;
}

async function look(check: Check, env: Variables): Promise<Found | undefined> {
  if (check.kind === 'node') return { version: check.version };
  if (check.kind === 'engine') {
    const version = await engineVersion(check.host);
    return version === undefined ? undefined : { version, path: check.host };
  }
  const path = check.names.map((name) => findProgram(name, env)).find((candidate) => candidate !== undefined);
  if (path === undefined || check.versionArguments === undefined) return path === undefined ? path : { path };
  return { path, version: await versionOf(path, check.versionArguments, terraformVariables(env)) };
}

function judge(found: Found | undefined, lowest: string | undefined): Finding['state'] {
  if (found === undefined) return 'missing';
  if (lowest === undefined) return 'found';
  return found.version !== undefined && compareVersions(found.version, lowest) >= 0 ? 'found' : 'too old';
}
