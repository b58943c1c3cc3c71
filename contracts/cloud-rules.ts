import { type CloudSection, cloudSection } from './cloud-section.ts';
import type { Environment } from './environment.ts';
import type { NodesDocument } from './environment-schema.ts';
import { imageProblems } from './image-rules.ts';
import type { Problem } from './problem.ts';
import { releasesOf } from './release.ts';

/** What must hold on platforms google and aws, and what belongs to them alone. */
export function cloudProblems(environment: Environment): Problem[] {
  const cloud = cloudSection(environment);
  const own = releasesOf(environment).flatMap(({ model, name, document: { nodes } }) =>
    nodes === undefined ? [] : [{ nodes, path: ['models', model, 'releases', name, 'nodes'] }],
  );
  const perRelease = own.flatMap(({ nodes, path }) => [
    ...capacityProblems(environment, nodes, path),
    ...sharingProblems(environment, nodes, path),
  ]);
  if (cloud === undefined) return perRelease;
  return [
    ...perRelease,
    ...zoneProblems(cloud),
    ...bucketProblems(cloud),
    ...(own.length === 0
      ? []
      : [...nodeImageProblems(environment, cloud), ...imageProblems(environment, cloud)]),
  ];
}

function capacityProblems(
  { platform }: Environment,
  { capacity, count }: NodesDocument,
  nodesPath: Problem['path'],
): Problem[] {
  if (capacity === undefined) return [];
  const path = [...nodesPath, 'capacity'];
  if (platform !== 'google' && platform !== 'aws') {
    return [
      { path, message: `only on platforms google and aws; on ${platform} leave it out and give \`count\`` },
    ];
  }
  const problems = capacity.flatMap(({ from, reservation }, index): Problem[] => {
    const rung = [...path, index];
    const first = capacity.findIndex((other) => other.from === from && other.reservation === reservation);
    return [
      ...(first === index
        ? []
        : [{ path: rung, message: `${from} is given twice; add its count to the first one` }]),
      ...(from === 'flex-start' && platform !== 'google'
        ? [
            {
              path: [...rung, 'from'],
              message: `flex-start exists on google only; ${platform} has reservation (capacity blocks too), on-demand, spot`,
            },
          ]
        : []),
      ...(from === 'reservation' && reservation === undefined
        ? [
            {
              path: rung,
              message: `from reservation needs \`reservation\`: the ${platform === 'aws' ? 'id (cr-…) of a capacity reservation or block' : 'name of a reservation'} that exists`,
            },
          ]
        : []),
      ...(from !== 'reservation' && reservation !== undefined
        ? [
            {
              path: [...rung, 'reservation'],
              message: `belongs to \`from: reservation\`, but from is ${from}`,
            },
          ]
        : []),
      ...(platform === 'aws' && reservation !== undefined && !/^cr-[0-9a-f]{8,17}$/.test(reservation)
        ? [
            {
              path: [...rung, 'reservation'],
              message: `must be the id of a capacity reservation or block such as cr-0123456789abcdef0, got ${reservation}`,
            },
          ]
        : []),
    ];
  });
  const total = capacity.reduce((sum, rung) => sum + rung.count, 0);
  return total === count
    ? problems
    : [...problems, { path, message: `counts must add up to \`count\`, ${count}, got ${total}` }];
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
    const shape = platform === 'google' ? /^-[a-z]$/ : /^([a-z]|-[a-z]+-\d[a-z])$/;
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
