import type { ContainerVolumes } from '@cdktf/provider-docker/lib/container/index.js';
import { Volume } from '@cdktf/provider-docker/lib/volume/index.js';
import { DataResource, type ITerraformDependable } from 'cdktf';
import { Construct } from 'constructs';
import { DOCUMENTS_FOLDER, documentsVolume } from '../../contracts/docker-names.ts';
import { type Document, sha256 } from '../../workloads/document.ts';
import { StackFiles } from '../stack-files.ts';
import { containerNameOf, type DockerContext, labelsOf } from './context.ts';
import type { Applied } from './delivery-commands.ts';

export { DOCUMENTS_FOLDER };

export interface PartDocumentsProps {
  readonly context: DockerContext;
  /** The part's name. */
  readonly part: string;
}

/**
 * The documents of a part, in a volume that its container only reads. They are written before the container is
 * made; a later one is written while the container runs, which then takes it over. So a changed document
 * replaces its own delivery and nothing else.
 */
export class PartDocuments extends Construct {
  readonly mount: ContainerVolumes;
  readonly #volume: Volume;
  readonly #props: PartDocumentsProps;

  constructor(scope: Construct, id: string, props: PartDocumentsProps) {
    super(scope, id);
    const { context, part } = props;
    this.#props = props;
    this.#volume = new Volume(this, 'Resource', {
      name: documentsVolume(context.environment.name, part),
      labels: labelsOf(context.environment, part),
    });
    this.mount = { volumeName: this.#volume.name, containerPath: DOCUMENTS_FOLDER, readOnly: true };
  }

  /** The delivery of one document: what the plan shows when only that changes. */
  deliver(scope: Construct, id: string, props: DocumentDeliveryProps): DataResource {
    const { file, document, applied, after } = props;
    const asked = applied === undefined ? undefined : { ...applied, version: document.version };
    return this.#delivery(scope, id, { [file]: document }, document.version, asked, after);
  }

  /** The delivery of documents that change together, by path below {@link DOCUMENTS_FOLDER}. */
  deliverAll(scope: Construct, id: string, documents: Readonly<Record<string, Document>>): DataResource {
    const versions = Object.entries(documents).map(([file, { version }]) => `${file} ${version}`);
    return this.#delivery(scope, id, documents, sha256(versions.join('\n')).slice(0, 12));
  }

  #delivery(
    scope: Construct,
    id: string,
    documents: Readonly<Record<string, Document>>,
    version: string,
    applied?: Applied,
    after?: readonly ITerraformDependable[],
  ): DataResource {
    const { context, part } = this.#props;
    const { commands, environment, services } = context;
    const write = commands.deliver({
      image: services.imageId,
      volume: this.#volume.name,
      folder: DOCUMENTS_FOLDER,
      mode: '0444',
      files: Object.fromEntries(
        Object.entries(documents).map(([file, { text }]) => [
          file,
          { file: StackFiles.of(this).add(`${part}/${file}`, text) },
        ]),
      ),
    });
    const takeOver = commands.takeOver(containerNameOf(environment, part), applied);
    return new DataResource(scope, id, {
      triggersReplace: { version, volume: this.#volume.id },
      provisioners: [write, takeOver],
      dependsOn: [...(after ?? [])],
    });
  }
}

export interface DocumentDeliveryProps {
  /** Its name in {@link DOCUMENTS_FOLDER}. */
  readonly file: string;
  readonly document: Document;
  /** How a running container says that it has taken the document. @default - it is not asked */
  readonly applied?: Omit<Applied, 'version'>;
  /** What must be delivered before. @default - nothing */
  readonly after?: readonly ITerraformDependable[];
}
