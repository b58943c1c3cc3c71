import { z } from 'zod';
import { parseServers } from './candidates.ts';
import type { FleetServers, ServingRelease } from './fleet-servers.ts';
import { hopKeyMap } from './hop-key.ts';
import type { Kept } from './kept.ts';
import { Machine, type MachinePlace } from './machines.ts';
import { patient } from './patient.ts';
import {
  lastGood,
  type Problem,
  parsed,
  type Reader,
  type ReaderProps,
  recalled,
  seldom,
} from './readers.ts';
import type { ServersByTarget } from './servers.ts';
import type { DocumentSource } from './source.ts';

/** How long one source may hold up the others. */
const PATIENCE_MS = 1_000;

/** What nginx shall be given. */
export interface Wanted {
  readonly text: string;
  readonly servers: ServersByTarget;
  readonly hopKeyMap: string;
}

/** One reading of all inputs. */
export interface Reading {
  /** The document as it was last read, also if nothing else could be. */
  readonly text?: string;
  /** Absent until every input was read once. */
  readonly wanted?: Wanted;
  /** Absent until it is known where servers are. */
  readonly releases?: readonly ServingRelease[];
  /** Inputs that could not be read; their last values are used. */
  readonly problems: readonly Problem[];
}

/** What an earlier run of this program left. */
export interface Remains {
  readonly servers: Kept;
  machines(place: string): Kept;
  /** nginx's document, and its map of the hop key: what nginx has taken is as good as the source. */
  document(): Promise<string | undefined>;
  hopKeyMap(): Promise<string | undefined>;
}

export interface InputsProps {
  readonly document: DocumentSource;
  readonly servers: DocumentSource;
  readonly places: readonly MachinePlace[];
  /** Reads the hop key; an error's message must not contain it. */
  readonly hopKey: () => Promise<string>;
  readonly fleet: FleetServers;
  readonly remains: Remains;
  /** How often a cloud is asked for its machines. */
  readonly discoveryMs: number;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  /** Called when a source that was too slow has answered. */
  readonly arrived: () => void;
}

/** Reads what the agent applies. A source that is broken, gone or slow holds up none of the others. */
export function createInputs(props: InputsProps): () => Promise<Reading> {
  const { document, servers, hopKey, fleet, remains } = props;
  const readText = reader(props, {
    source: 'document',
    whom: document.place,
    ask: parsed(document, String),
    last: remains.document,
  });
  const readServers = reader(props, {
    source: 'servers',
    whom: servers.place,
    ask: parsed(servers, parseServers, remains.servers),
    last: () => recalled(remains.servers, parseServers),
  });
  const readHopKey = reader(props, {
    source: 'hop-key',
    whom: 'the hop key',
    ask: async () => hopKeyMap(await hopKey()),
    last: remains.hopKeyMap,
  });
  const readPlaces = props.places.map((place) => placeReader(props, place));

  return async () => {
    const [text, list, map, ...places] = await Promise.all([
      readText(),
      readServers(),
      readHopKey(),
      ...readPlaces.map((read) => read()),
    ]);
    const problems = [text, list, map, ...places].flatMap(({ problem }) => problem ?? []);
    const machines = places.map(({ value }) => value);
    if (list.value === undefined || !machines.every((found) => found !== undefined))
      return { text: text.value, problems };
    const releases = await fleet.find(list.value, machines.flat());
    if (text.value === undefined || map.value === undefined) return { text: text.value, releases, problems };
    const wanted = {
      text: text.value,
      servers: new Map(releases.map((release) => [release.target, release])),
      hopKeyMap: map.value,
    };
    return { text: text.value, wanted, releases, problems };
  };
}

interface Asking<T> extends Pick<ReaderProps<T>, 'source' | 'last'> {
  readonly whom: string;
  readonly ask: () => Promise<T>;
}

function reader<T>({ arrived }: InputsProps, { source, last, whom, ask }: Asking<T>): Reader<T> {
  return lastGood({ source, read: patient({ ask, whom, patienceMs: PATIENCE_MS, arrived }), last });
}

const Machines = z.array(Machine);
const parseMachines = (text: string): readonly Machine[] => Machines.parse(JSON.parse(text));

function placeReader(props: InputsProps, place: MachinePlace): Reader<readonly Machine[]> {
  const { remains, discoveryMs, now } = props;
  const kept = remains.machines(place.name);
  const find = async () => {
    const machines = await place.find();
    await kept.write(JSON.stringify(machines));
    return machines;
  };
  return reader(props, {
    source: 'discovery',
    whom: `machines in ${place.name}`,
    ask: seldom(find, discoveryMs, now),
    last: () => recalled(kept, parseMachines),
  });
}
