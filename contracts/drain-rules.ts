import { type Rung, rungsOf } from './capacity.ts';
import type { CloudSection } from './cloud-section.ts';
import { drainTimes } from './drain.ts';
import type { Environment } from './environment.ts';
import type { NodesDocument } from './environment-schema.ts';
import type { Problem } from './problem.ts';
import { releasesOf } from './release.ts';

type Cloud = CloudSection['platform'];

const { leaveRouter, notice, machineLeave } = drainTimes(0);

/** The longest that a cloud waits for a machine that leaves, in seconds, and for what it does. */
const LONGEST: Readonly<Record<Cloud, { readonly seconds: number; readonly what: string }>> = {
  aws: { seconds: 7200, what: 'aws holds a leaving machine for two hours' },
  google: {
    seconds: 3600,
    what: 'google gives a machine whose host is maintained an hour, and no other more',
  },
};

/** What is left for requests when machines from one source leave. */
interface Notice {
  /** From the announcement to the end of the machine, in seconds. */
  readonly given: number;
  readonly left: number;
  readonly when: string;
  readonly instead: string;
}

/** docs/operations/nodes.md, "Stopping". Google's machines hear of it at once, AWS's ask for it. */
function noticeOf(platform: Cloud, from: Rung['from']): Notice | undefined {
  const google = (given: number, when: string, instead: string): Notice => ({
    given,
    left: given - leaveRouter,
    when,
    instead,
  });
  const other = 'serve short answers from spot machines, or give another source a larger count';
  if (platform === 'google' && from === 'spot') return google(30, 'a spot machine is taken back', other);
  if (platform === 'google')
    return google(
      90,
      'a group gets smaller or repairs a machine',
      'take machines only from a release at weight 0',
    );
  return from === 'spot'
    ? { given: 120, left: 120 - notice - leaveRouter, when: 'a spot machine is taken back', instead: other }
    : undefined;
}

/** A drain that nothing in the cloud ever waits for. */
export function drainProblems(
  { platform }: CloudSection,
  { drain }: NodesDocument,
  nodes: Problem['path'],
): Problem[] {
  const { seconds, what } = LONGEST[platform];
  const most = seconds - machineLeave;
  return drain > most
    ? [{ path: [...nodes, 'drain'], message: `${what}: at most ${most} seconds, got ${drain}` }]
    : [];
}

/** Where the cloud ends machines earlier than the environment's drains ask for: no mistake, but answers are cut there. */
export function drainWarnings(environment: Environment): Problem[] {
  const { platform } = environment;
  if (platform !== 'google' && platform !== 'aws') return [];
  return releasesOf(environment).flatMap(({ model, name, document: { nodes } }) =>
    nodes === undefined ? [] : cutDrains(platform, nodes, ['models', model, 'releases', name, 'nodes']),
  );
}

function cutDrains(platform: Cloud, nodes: NodesDocument, path: Problem['path']): Problem[] {
  const notices = new Map(
    rungsOf(nodes).flatMap(({ from }) => {
      const given = noticeOf(platform, from);
      return given === undefined ? [] : [[given.when, given] as const];
    }),
  );
  return [...notices.values()]
    .filter(({ left }) => nodes.drain > left)
    .map(({ given, left, when, instead }) => ({
      path: [...path, 'drain'],
      message: `${platform} gives about ${given} s when ${when}, which leaves requests ${left} s of the ${nodes.drain} s asked for; longer ones are cut: ${instead}, or ask for ${left}`,
    }));
}
