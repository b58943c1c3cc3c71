import { type CloudSection, cloudSection } from './cloud-section.ts';
import type { Environment } from './environment.ts';
import type { Problem } from './problem.ts';

/** GiB of memory that each number of CPUs may have, on Fargate and Cloud Run alike. */
const MEMORY_GIB: Readonly<Record<number, { readonly least: number; readonly most: number }>> = {
  1: { least: 2, most: 4 },
  2: { least: 4, most: 8 },
  4: { least: 8, most: 16 },
};

/** What must hold for the gateway on platforms google and aws, and what belongs to them alone. */
export function gatewayProblems(environment: Environment): Problem[] {
  const cloud = cloudSection(environment);
  if (environment.platform === 'process' || environment.platform === 'docker') return elsewhere(environment);
  if (cloud === undefined) return [];
  return [
    ...imageProblems(environment),
    ...exposureProblems(environment, cloud),
    ...instanceProblems(environment),
  ];
}

function elsewhere({ gateway, platform }: Environment): Problem[] {
  return (['domain', 'certificate', 'firewall'] as const)
    .filter((key) => gateway[key] !== undefined)
    .map((key) => ({
      path: ['gateway', key],
      message: `only on platforms google and aws; on ${platform} leave it out`,
    }));
}

function imageProblems({ class: environmentClass, images }: Environment): Problem[] {
  const path = ['images', 'gateway'];
  if (images.gateway === undefined)
    return [{ path, message: 'is required; `fleet image push` builds the image and writes its digest here' }];
  return environmentClass === 'development' || images.gateway.includes('@sha256:')
    ? []
    : [
        {
          path,
          message: `class ${environmentClass} needs <image>@sha256:<digest>, got ${images.gateway}; \`fleet image push\` writes it`,
        },
      ];
}

function exposureProblems({ gateway }: Environment, { platform, zones }: CloudSection): Problem[] {
  const { exposure, domain, certificate, firewall } = gateway;
  const problems: Problem[] = [];
  if (exposure === 'public' && domain === undefined)
    problems.push({ path: ['gateway', 'domain'], message: 'is required for exposure public' });
  if (platform === 'aws' && certificate === undefined)
    problems.push({
      path: ['gateway', 'certificate'],
      message: 'is required on aws: API keys never travel in clear, also not inside the network',
    });
  if (platform === 'google' && certificate !== undefined)
    problems.push({
      path: ['gateway', 'certificate'],
      message: 'only on aws; Google makes a certificate for the domain itself',
    });
  if (exposure !== 'public' && firewall !== undefined)
    problems.push({ path: ['gateway', 'firewall'], message: 'only for exposure public' });
  if (platform === 'aws' && zones.length < 2)
    problems.push({
      path: ['aws', 'zones'],
      message: `the gateway's load balancer needs two zones, got ${zones.length}`,
    });
  return problems;
}

function instanceProblems({ gateway: { instances } }: Environment): Problem[] {
  const { least, most, cpus, memoryGiB } = instances;
  const path = ['gateway', 'instances'];
  const range = MEMORY_GIB[cpus];
  return [
    ...(least <= most
      ? []
      : [{ path: [...path, 'most'], message: `must be at least \`least\`, ${least}, got ${most}` }]),
    ...(range === undefined || (memoryGiB >= range.least && memoryGiB <= range.most)
      ? []
      : [
          {
            path: [...path, 'memoryGiB'],
            message: `with ${cpus} CPUs must be ${range.least} to ${range.most}, got ${memoryGiB}`,
          },
        ]),
  ];
}
