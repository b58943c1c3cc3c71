import { join } from 'node:path';

/** The machine that parts run on, as the outer program hands it in. */
export interface Host {
  /** Folder of cdktf.json: the working folder of every part. Absolute. */
  readonly project: string;
  /** Folder of this toolkit. Absolute. */
  readonly toolkit: string;
  /** The outer program's environment variables; a part inherits only a few of them. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly report: (event: PartEvent) => void;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** One step towards a true part. The forms in -ing are reported before the step, the others after it. */
export interface PartEvent {
  readonly part: string;
  readonly step:
    | 'adopted'
    | 'stopping'
    | 'stopped'
    | 'writing'
    | 'starting'
    | 'reloading'
    | 'waiting'
    | 'ready'
    | 'applied';
  readonly detail?: string;
}

/** `<project>/.fleet/<environment>`: everything an environment keeps on this host. */
export function environmentFolder({ project }: Pick<Host, 'project'>, environment: string): string {
  return join(project, '.fleet', environment);
}

/** Where one part keeps its manifest, documents, log and process record. */
export function partFolder(host: Pick<Host, 'project'>, environment: string, part: string): string {
  return join(environmentFolder(host, environment), part);
}
