import { capacityProblems } from './capacity-rules.ts';
import { type CloudSection, cloudSection } from './cloud-section.ts';
import { lacksEngine, takesEngine } from './engine-packages.ts';
import type { Environment } from './environment.ts';
import type { NodesDocument } from './environment-schema.ts';
import { imageProblems } from './image-rules.ts';
import { isPlaceholder } from './placeholder.ts';
import type { Problem } from './problem.ts';
import { releasesOf } from './release.ts';

/** What must hold on platforms google and aws, and what belongs to them alone. */
export function cloudProblems(environment: Environment): Problem[] {
  const cloud = cloudSection(environment);
  const own = releasesOf(environment).flatMap(({ model, name, document: { nodes } }) =>
    nodes === undefined ? [] : [{ nodes, path: ['models', model, 'releases', name, 'nodes'] }],
  );
  const perRelease = own.flatMap(({ nodes, path }) => [
    ...capacityElsewhere(environment, nodes, path),
    ...(cloud === undefined ? [] : capacityProblems(cloud, nodes, path)),
    ...sharingProblems(environment, nodes, path),
  ]);
  if (cloud === undefined) return perRelease;
  return [
    ...perRelease,
    ...zoneProblems(cloud),
    ...bucketProblems(cloud),
    ...engineProblems(cloud),
    ...(own.length === 0
      ? []
      : [...nodeImageProblems(environment, cloud), ...imageProblems(environment, cloud)]),
  ];
}

function capacityElsewhere(
  { platform }: Environment,
  { capacity }: NodesDocument,
  path: Problem['path'],
): Problem[] {
  if (capacity === undefined || platform === 'google' || platform === 'aws') return [];
  return [
    {
      path: [...path, 'capacity'],
      message: `only on platforms google and aws; on ${platform} leave it out and give \`count\``,
    },
  ];
}

/** On docker and process machines exist before the environment; a cloud makes them, for one release each. */
function sharingProblems(
  { platform }: Environment,
  { firstGpu, machine }: NodesDocument,
  path: Problem['path'],
): Problem[] {
  if (firstGpu === 0 || (platform !== 'google' && platform !== 'aws')) return [];
  return [
    {
      path: [...path, 'firstGpu'],
      message: `a machine on ${platform} belongs to one release, so that retiring one never touches another, got ${firstGpu}; leave it out and take a smaller machine than ${machine}, or more servers on this one`,
    },
  ];
}

function zoneProblems({ platform, region, zones }: CloudSection): Problem[] {
  return zones.flatMap((zone, index): Problem[] => {
    const path = [platform, 'zones', index];
    const suffix = zone.startsWith(region) ? zone.slice(region.length) : undefined;
    const shape = platform === 'google' ? /^-[a-z]$/ : /^[a-h]$/;
    if (suffix === undefined || !shape.test(suffix)) {
      const example = platform === 'google' ? `${region}-a` : `${region}a`;
      return [{ path, message: `must be a zone of ${region} such as ${example}, got ${zone}` }];
    }
    return zones.indexOf(zone) === index ? [] : [{ path, message: `${zone} is given twice` }];
  });
}

function bucketProblems({ platform, weights: { bucket } }: CloudSection): Problem[] {
  if (bucket === undefined || /^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/.test(bucket)) return [];
  return [
    {
      path: [platform, 'weights', 'bucket'],
      message: `must be a bucket's bare name, 3 to 63 lower-case letters, digits, hyphens and dots, got ${bucket}`,
    },
  ];
}

/** Images that have a container engine of their own are their owner's business. */
function engineProblems({ platform, ...cloud }: CloudSection): Problem[] {
  return (['nodeImage', 'routerImage'] as const).flatMap((name) => {
    const image = cloud[name];
    if (image === undefined || isPlaceholder(image) || !lacksEngine(image) || takesEngine(image)) return [];
    const message = `has no container engine, and fleet brings one for Ubuntu 24.04 on amd64 alone; take ubuntu-accelerator-2404-amd64-… or an image of your own that has one, got ${image}`;
    return [{ path: [platform, name], message }];
  });
}

const GOOGLE_IMAGE = /^projects\/[a-z][a-z0-9-]+\/global\/images\/(?!family\/)[a-z][a-z0-9-]{0,62}$/;
const GOOGLE_FAMILY = /^projects\/[a-z][a-z0-9-]+\/global\/images\/family\/[a-z][a-z0-9-]{0,62}$/;

function nodeImageProblems(
  { class: environmentClass }: Environment,
  { platform, nodeImage }: CloudSection,
): Problem[] {
  const fail = (message: string): Problem[] => [{ path: [platform, 'nodeImage'], message }];
  const help = '`fleet doctor` names the newest';
  if (platform === 'aws') {
    if (nodeImage === undefined) return fail(`is required: an AMI id with GPU driver; ${help}`);
    return /^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(nodeImage)
      ? []
      : fail(`must be an AMI id such as ami-0123456789abcdef0, got ${nodeImage}; ${help}`);
  }
  const development = environmentClass === 'development';
  if (nodeImage === undefined) {
    return development
      ? []
      : fail(`is required in class ${environmentClass}: projects/<project>/global/images/<image>; ${help}`);
  }
  if (GOOGLE_IMAGE.test(nodeImage) || (development && GOOGLE_FAMILY.test(nodeImage))) return [];
  return fail(
    GOOGLE_FAMILY.test(nodeImage)
      ? `a family means another image every month; class ${environmentClass} needs one image, got ${nodeImage}; ${help}`
      : `must be projects/<project>/global/images/<image>, got ${nodeImage}`,
  );
}
