import { claimedVersion, RefusedError, type RouterDocument, verifyDocument } from './document.ts';
import type { Reading, Wanted } from './inputs.ts';
import type { Answer, Nginx } from './nginx.ts';
import { DOCUMENT_FILE, type Prefix, routerFiles, TAG_FILE } from './prefix.ts';
import type { SourceName } from './readers.ts';
import { serversTag } from './servers.ts';
import type { AgentFacts, AgentState, AgentStatus } from './status.ts';

const QUESTION_INTERVAL_MS = 50;
const LOAD_DEADLINE_MS = 5_000;
/** nginx stops its old workers 100 ms after the new ones start: after this many answers none takes a request. */
const EQUAL_ANSWERS = 3;
/** Generations of old workers, each with its memory until its last stream ends. */
const MOST_OLD_GENERATIONS = 8;
/** Servers that come and go leave two of them to documents, so that a way back does not wait for streams. */
const MOST_OLD_FOR_SERVERS = 6;

/** nginx at one moment. */
interface Observation {
  readonly master?: number;
  readonly answer?: Answer;
}

export interface AgentProps {
  readonly read: () => Promise<Reading>;
  readonly prefix: Prefix;
  readonly nginx: Nginx;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
  readonly pause: (milliseconds: number) => Promise<void>;
  /** Called at each reload and each change of status. */
  readonly log: (event: string, fields: object) => void;
}

export interface Agent {
  /** Makes nginx what is wanted. Calls during a run add one run after it; resolves when all are done. */
  look(): Promise<void>;
  status(): AgentStatus;
  facts(): AgentFacts;
  /** Whether the files of a document are in place. */
  ready(): boolean;
  /** Whether a document of this version was complete and unchanged, and nginx took it in a test. */
  verified(version: string): boolean;
  /** Resolves when the present run is over; it does not wait for nginx any more. */
  stop(): Promise<void>;
}

export function createAgent({ read, prefix, nginx, now, pause, log }: AgentProps): Agent {
  let reading: Reading = { problems: [] };
  let installed: Answer | undefined;
  let refusal: string | undefined;
  let refusedText: string | undefined;
  /** Something in place that nginx's answer does not show is newer than what it has loaded. */
  let stale = false;
  /** Why what is in place is not loaded yet. */
  let waits: string | undefined;
  /** What this master was told to load and did not; it is told once. */
  let givenUp: string | undefined;
  let failure: string | undefined;
  let observed: Observation = {};
  let reloads = 0;
  let refusedDocuments = 0;
  const sourceErrors = new Map<SourceName, number>();
  const verified = new Map<string, RouterDocument['weights']>();
  let running: Promise<void> | undefined;
  let again = false;
  let stopping = false;
  let logged = '';

  async function install({ text, servers, hopKeyMap }: Wanted): Promise<void> {
    const document = verifyDocument(text);
    const tag = serversTag(document.targets, servers);
    if (await prefix.install(routerFiles(document, servers, tag, hopKeyMap))) stale = true;
    installed = { version: document.version, servers: tag };
    verified.set(document.version, document.weights);
  }

  /**
   * If the document is refused, the one in place still gets new servers. A refused one is tried again at each
   * look: the cause may be outside it, as a name that does not resolve.
   */
  async function adopt(wanted: Wanted): Promise<void> {
    const inPlace = await prefix.read(DOCUMENT_FILE);
    refusal = await refusalOf(install(wanted));
    if (refusal === undefined) {
      refusedText = undefined;
      return;
    }
    if (refusedText !== wanted.text) refusedDocuments += 1;
    refusedText = wanted.text;
    if (inPlace !== undefined && inPlace !== wanted.text)
      await refusalOf(install({ ...wanted, text: inPlace }));
  }

  /** What an earlier run of this program put in place. */
  async function recall(): Promise<void> {
    const text = (await prefix.read(DOCUMENT_FILE)) ?? '';
    const version = claimedVersion(text);
    const servers = /"(.*)"/.exec((await prefix.read(TAG_FILE)) ?? '')?.[1];
    if (version === undefined || servers === undefined) return;
    installed = { version, servers };
    await refusalOf(
      Promise.resolve(text)
        .then(verifyDocument)
        .then((document) => verified.set(version, document.weights)),
    );
  }

  async function observe(): Promise<Observation> {
    const master = await nginx.master();
    return master === undefined ? {} : { master, answer: await nginx.answer() };
  }

  function shows({ answer }: Observation): boolean {
    return (
      answer !== undefined && answer.version === installed?.version && answer.servers === installed.servers
    );
  }

  /** The last observation after a reload: of the new workers alone, or whatever there is at the deadline. */
  async function settle(): Promise<Observation> {
    const deadline = now() + LOAD_DEADLINE_MS;
    for (let equal = 0; ; ) {
      await pause(QUESTION_INTERVAL_MS);
      const observation = await observe();
      equal = shows(observation) ? equal + 1 : 0;
      if (equal === EQUAL_ANSWERS || now() > deadline || stopping) return observation;
    }
  }

  async function reasonToWait(master: number): Promise<string | undefined> {
    const sameDocument = observed.answer?.version === installed?.version;
    const old = await nginx.oldGenerations(master);
    if (old < (sameDocument ? MOST_OLD_FOR_SERVERS : MOST_OLD_GENERATIONS)) return undefined;
    return `${old} generations of old nginx workers still have requests: the change waits for one of them to end`;
  }

  async function converge(): Promise<void> {
    waits = undefined;
    observed = await observe();
    const { master } = observed;
    if (master === undefined) stale = false;
    if (master === undefined || installed === undefined || (shows(observed) && !stale)) return;
    const order = `${master} ${installed.version} ${installed.servers}`;
    if (order === givenUp && !stale) return;
    waits = await reasonToWait(master);
    if (waits !== undefined) return;
    nginx.reload(master);
    reloads += 1;
    stale = false;
    log('reload', { ...installed });
    observed = await settle();
    givenUp = shows(observed) ? undefined : order;
  }

  async function once(): Promise<void> {
    try {
      failure = undefined;
      if (installed === undefined) await recall();
      reading = await read();
      for (const { source } of reading.problems)
        sourceErrors.set(source, (sourceErrors.get(source) ?? 0) + 1);
      if (reading.wanted !== undefined) await adopt(reading.wanted);
      await converge();
    } catch (error) {
      failure = error instanceof Error ? error.message : String(error);
    }
    const line = JSON.stringify(status());
    if (line !== logged) log('status', status());
    logged = line;
  }

  async function untilQuiet(): Promise<void> {
    do {
      again = false;
      await once();
    } while (again && !stopping);
    running = undefined;
  }

  function problems(): string[] {
    const notLoaded =
      givenUp !== undefined && !shows(observed)
        ? `nginx (process ${observed.master}) did not load version ${installed?.version} in 5 s: see its log`
        : undefined;
    return [...reading.problems.map(({ message }) => message), refusal, failure, waits, notLoaded].filter(
      (problem) => problem !== undefined,
    );
  }

  function state(): AgentState {
    if (refusal !== undefined || reading.problems.some(({ refused }) => refused)) return 'refused';
    if (installed === undefined) return 'no document';
    if (observed.master === undefined) return 'waiting for nginx';
    if (waits !== undefined) return 'waiting for old workers';
    return shows(observed) ? 'applied' : 'not loaded';
  }

  function status(): AgentStatus {
    const error = problems();
    return {
      version: observed.answer?.version ?? null,
      wanted: (reading.text === undefined ? installed?.version : claimedVersion(reading.text)) ?? null,
      servers: observed.answer?.servers ?? null,
      state: state(),
      ...(error.length === 0 ? {} : { error: error.join('; ') }),
      nginx: observed.master === undefined ? 'stopped' : 'running',
    };
  }

  return {
    look() {
      again = true;
      running ??= untilQuiet();
      return running;
    },
    status,
    facts: () => ({
      ...{ reloads, refusedDocuments, sourceErrors },
      ...{ problems: reading.problems, releases: reading.releases ?? [] },
      weights: verified.get(observed.answer?.version ?? '') ?? [],
    }),
    ready: () => prefix.exists(),
    verified: (version) => verified.has(version),
    async stop() {
      stopping = true;
      await running;
    },
  };
}

async function refusalOf(attempt: Promise<unknown>): Promise<string | undefined> {
  try {
    await attempt;
    return undefined;
  } catch (error) {
    if (error instanceof RefusedError) return error.message;
    throw error;
  }
}
