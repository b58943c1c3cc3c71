import { rungsOf } from '../../../contracts/capacity.ts';
import { cloudSection } from '../../../contracts/cloud-section.ts';
import type { Environment } from '../../../contracts/environment.ts';
import { runsRedis } from '../../../contracts/redis-rules.ts';
import { machineOf, releasesOf } from '../../../contracts/release.ts';
import { vertexProjects } from '../../../contracts/vertex.ts';
import { type Cloud, CloudError, type MachineNeed, type Quota } from '../cloud.ts';
import type { CloudCheck, CloudFinding, Examination } from './check.ts';
import { fixesOf } from './fixes.ts';
import { imageFindings } from './images.ts';
import { weightsFindings } from './weights.ts';

/** What the stack's resources are made with, and what machines and operators talk to. */
export const GOOGLE_SERVICES = [
  ...['compute', 'dns', 'run', 'storage', 'secretmanager', 'iam', 'cloudresourcemanager', 'iamcredentials'],
  ...['logging', 'monitoring', 'iap', 'cloudquotas'],
];

/** Those, and what an environment's own choices need besides. */
export function googleServices(environment: Environment): string[] {
  const inRegistry = JSON.stringify(environment.images).includes('-docker.pkg.dev/');
  return [
    ...GOOGLE_SERVICES,
    ...(inRegistry ? ['artifactregistry'] : []),
    ...(runsRedis(environment) ? ['memorystore', 'networkconnectivity'] : []),
    ...(environment.reviewer === undefined ? [] : ['cloudtasks']),
    ...(vertexProjects(environment).length > 0 ? ['aiplatform'] : []),
  ];
}

/** Looks for all of it at once; without credentials for nothing more. */
export async function examineCloud(environment: Environment, cloud: Cloud): Promise<CloudFinding[]> {
  const section = cloudSection(environment);
  if (section === undefined) return [];
  const examination = { environment, section, cloud, fixes: fixesOf(section) };
  const identity = await run(identityCheck(examination));
  if (identity.state !== 'found') return [identity];
  const checks = [
    ...serviceChecks(examination),
    ...stateChecks(examination),
    ...imageFindings(examination),
    ...weightsFindings(examination),
    ...secretChecks(examination),
  ];
  const [found, quotas] = await Promise.all([
    Promise.all(checks.map(run)),
    cloud.quotas(needsOf(environment)).then((all) => all.map(quotaFinding)),
  ]);
  return [identity, ...quotas, ...found];
}

async function run({ what, fix, look }: CloudCheck): Promise<CloudFinding> {
  try {
    return { what, ...(await look()) };
  } catch (error) {
    if (!(error instanceof CloudError)) throw error;
    return { what, state: 'unknown', detail: error.message, fix };
  }
}

function identityCheck({ section, cloud, fixes }: Examination): CloudCheck {
  return {
    what: 'credentials',
    fix: fixes.login,
    look: async () => {
      const { who, account } = await cloud.identity();
      if (section.platform === 'aws' && account !== section.account) {
        const detail = `${who} is of account ${account ?? 'unknown'}, the environment is in ${section.account}`;
        return { state: 'missing', detail, fix: fixes.login };
      }
      return { state: 'found', detail: who };
    },
  };
}

function serviceChecks({ environment, section, cloud, fixes }: Examination): CloudCheck[] {
  if (section.platform !== 'google') return [];
  const services = googleServices(environment).map((name) => `${name}.googleapis.com`);
  return [
    {
      what: 'APIs',
      fix: fixes.services(services),
      look: async () => {
        const off = await cloud.servicesOff(services);
        return off.length === 0
          ? { state: 'found', detail: `${services.length} are on` }
          : { state: 'missing', detail: `switched off: ${off.join(', ')}`, fix: fixes.services(off) };
      },
    },
  ];
}

function stateChecks({ environment: { state }, section, cloud, fixes }: Examination): CloudCheck[] {
  if (state === undefined) return [];
  const [platform, name, region] =
    'gcs' in state
      ? (['google', state.gcs.bucket] as const)
      : (['aws', state.s3.bucket, state.s3.region] as const);
  const what = `state bucket ${name}`;
  if (platform !== section.platform) {
    const detail = `it is on ${platform}, which fleet does not look into from here`;
    return [{ what, look: async () => ({ state: 'unknown', detail }) }];
  }
  return [
    {
      what,
      look: async () => {
        const versioned = await cloud.bucket(name, region).versioned();
        if (versioned === undefined)
          return { state: 'missing', detail: 'there is no such bucket', fix: fixes.bucket(name) };
        return versioned
          ? { state: 'found', detail: 'versioned' }
          : { state: 'missing', detail: 'it keeps no old versions', fix: fixes.versioning(name) };
      },
    },
  ];
}

function secretChecks({ environment, section, cloud }: Examination): CloudCheck[] {
  const { name: environmentName, gateway, secrets } = environment;
  return Object.entries(secrets).map(([name, reference]) => {
    const id = 'google' in reference ? reference.google : 'aws' in reference ? reference.aws : '';
    const fix =
      name === gateway.keys
        ? `fleet key create first ${environmentName}`
        : `fleet secret set ${environmentName} ${name}`;
    return {
      what: `secret ${name}`,
      look: async () => {
        const state = await cloud.secrets.state(id);
        if (state === 'present') return { state: 'found', detail: `${section.platform} ${id}` };
        const detail = state === 'absent' ? `${id} does not exist` : `${id} has no value`;
        return { state: 'missing', detail, fix };
      },
    };
  });
}

function quotaFinding({ name, unit, needed, limit, why, fix }: Quota): CloudFinding {
  const what = `quota ${name}`;
  if (limit === undefined) return { what, state: 'unknown', detail: `needs ${needed} ${unit}; ${why}`, fix };
  const detail = `${limit} ${unit}, needs ${needed} when nothing else runs`;
  return limit >= needed ? { what, state: 'found', detail } : { what, state: 'missing', detail, fix };
}

/** All machines that an environment asks for, by what they are and where they come from. */
export function needsOf(environment: Environment): MachineNeed[] {
  return releasesOf(environment).flatMap(({ document: { nodes } }) => {
    const machine = nodes && machineOf(environment, nodes.machine);
    if (nodes === undefined || machine === undefined) return [];
    return rungsOf(nodes)
      .filter(({ count }) => count > 0)
      .map(({ from, count }) => ({ name: nodes.machine, machine, from, count }));
  });
}
