import { type Rung, rungName } from './capacity.ts';
import type { CloudSection } from './cloud-section.ts';
import { drainProblems } from './drain-rules.ts';
import type { NodesDocument } from './environment-schema.ts';
import type { Problem } from './problem.ts';

/** What must hold for the ladder of one release, and for the machines that climb down from it. */
export function capacityProblems(
  cloud: CloudSection,
  document: NodesDocument,
  nodes: Problem['path'],
): Problem[] {
  const { capacity, count } = document;
  const path = [...nodes, 'capacity'];
  return [
    ...(capacity ?? []).flatMap((rung, index) => rungProblems(cloud, rung, [...path, index])),
    ...twice(capacity ?? [], path),
    ...total(capacity, count, path),
    ...drainProblems(cloud, document, nodes),
  ];
}

const SOURCES: Readonly<Record<CloudSection['platform'], readonly Rung['from'][]>> = {
  google: ['reservation', 'on-demand', 'flex-start', 'spot'],
  aws: ['reservation', 'capacity-block', 'on-demand', 'spot'],
};
const AWS_RESERVATION = /^cr-[0-9a-f]{8,17}$/;

function rungProblems(
  { platform, zones }: CloudSection,
  { from, reservation, zone }: Rung,
  path: Problem['path'],
): Problem[] {
  const reserved = from === 'reservation' || from === 'capacity-block';
  const checks: [boolean, Problem['path'], string][] = [
    [
      !SOURCES[platform].includes(from),
      [...path, 'from'],
      `${platform} has no ${from}; it has ${SOURCES[platform].join(', ')}`,
    ],
    [
      reserved && reservation === undefined,
      path,
      `from ${from} needs \`reservation\`: the ${platform === 'aws' ? 'id (cr-…)' : 'name'} of one that exists`,
    ],
    [
      !reserved && reservation !== undefined,
      [...path, 'reservation'],
      `belongs to \`from: reservation\`, but from is ${from}`,
    ],
    [
      platform === 'aws' && reservation !== undefined && !AWS_RESERVATION.test(reservation),
      [...path, 'reservation'],
      `must be the id of a capacity reservation or block such as cr-0123456789abcdef0, got ${reservation}`,
    ],
    [
      platform === 'aws' && reserved && zone === undefined,
      path,
      `from ${from} needs \`zone\`: the one that it was made in, one of ${zones.join(', ')}`,
    ],
    [
      zone !== undefined && !zones.includes(zone),
      [...path, 'zone'],
      `must be one of ${platform}.zones (${zones.join(', ')}), got ${zone}`,
    ],
  ];
  return checks.filter(([broken]) => broken).map(([, where, message]) => ({ path: where, message }));
}

function twice(capacity: readonly Rung[], path: Problem['path']): Problem[] {
  const names = capacity.map(rungName);
  return names.flatMap((name, index) =>
    names.indexOf(name) === index
      ? []
      : [{ path: [...path, index], message: `${name} is given twice; add its count to the first one` }],
  );
}

function total(capacity: readonly Rung[] | undefined, count: number, path: Problem['path']): Problem[] {
  const sum = (capacity ?? []).reduce((before, rung) => before + rung.count, 0);
  return capacity === undefined || sum === count
    ? []
    : [{ path, message: `counts must add up to \`count\`, ${count}, got ${sum}` }];
}
