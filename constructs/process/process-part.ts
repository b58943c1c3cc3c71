import { DataResource, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { Part, type PartInput } from '../../contracts/part.ts';
import { type Document, sha256 } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';
import type { ProcessContext } from './context.ts';

export interface ProcessPartProps {
  readonly context: ProcessContext;
  /** The part's name on the host, unique in the environment. */
  readonly name: string;
  /** The manifest, without what this construct works out itself. */
  readonly part: Omit<PartInput, 'environment' | 'name' | 'documents' | 'processHash'>;
  /** Hash of the program where it is ours. @default - the program is the host's own */
  readonly programHash?: string;
  /** Documents that the running program takes over, by file name; each must be delivered. @default - none */
  readonly documents?: Readonly<Record<string, Document>>;
  /** What must run before it. @default - nothing */
  readonly after?: readonly ITerraformDependable[];
}

/**
 * One program on this host. Terraform knows a resource for the process, replaced when the program has to be
 * started anew, and one for each delivery of documents, replaced when their text changes. Both run the same
 * idempotent reconciliation; a delivery also waits until the documents are applied.
 */
export class ProcessPart extends Construct {
  /** The process, to be named in `after` of parts that need it. */
  readonly process: DataResource;
  readonly #documents: Readonly<Record<string, Document>>;
  readonly #deliver: string;

  constructor(scope: Construct, id: string, props: ProcessPartProps) {
    super(scope, id);
    const { context, name, part, programHash, documents, after } = props;
    this.#documents = documents ?? {};
    const processHash = sha256(JSON.stringify([part.command, part.env, part.secretEnv, programHash])).slice(
      0,
      16,
    );
    const manifest = Part.parse({
      ...part,
      environment: context.environment.name,
      name,
      documents: Object.entries(this.#documents).map(([file, { text }]) => ({
        file,
        sha256: sha256(text),
        reloadable: true,
      })),
      processHash,
    });

    const files = StackFiles.of(this);
    const path = files.add(`${name}/part.json`, `${JSON.stringify(manifest, null, 2)}\n`);
    this.#deliver = context.commands.deliver(path);
    for (const [file, { text }] of Object.entries(this.#documents)) files.add(`${name}/${file}`, text);
    context.guard.add(name);
    this.process = new DataResource(this, 'Resource', {
      triggersReplace: { process: processHash },
      provisioners: [{ type: 'local-exec', command: context.commands.up(path) }],
      dependsOn: [context.guard.resource, ...(after ?? [])],
    });
  }

  /** The delivery of some of its documents: what the plan shows when only they change. */
  deliver(
    scope: Construct,
    id: string,
    files: readonly string[],
    after: readonly ITerraformDependable[] = [],
  ): DataResource {
    const versions = files.map((file) => [file, this.#documents[file]?.version]);
    return new DataResource(scope, id, {
      triggersReplace: Object.fromEntries(versions),
      provisioners: [{ type: 'local-exec', command: this.#deliver }],
      dependsOn: [this.process, ...after],
    });
  }
}
