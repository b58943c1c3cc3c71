import type { LocalExecProvisioner } from 'cdktf';
import type { Toolkit } from '../toolkit.ts';

/** What a running container is asked once it was told to look: its status, until the version is there. */
export interface Applied {
  /** URL inside the container that answers JSON with `version` and, where the wanted one was refused, `error`. */
  readonly url: string;
  readonly version: string;
  readonly timeoutSeconds: number;
}

export interface DeliveryProps {
  /** Image with `receive.sh`. */
  readonly image: string;
  readonly volume: string;
  /** Where the volume's owner in the image is prepared for it. */
  readonly folder: string;
  /** Mode of the files, octal. */
  readonly mode: string;
  /** File name → where its content is on the machine that runs Terraform. */
  readonly files: Readonly<Record<string, DeliverySource>>;
}

/** A file, relative to the folder that Terraform runs in, or an environment variable. */
export type DeliverySource = { readonly file: string } | { readonly env: string };

/** The shell commands that Terraform's provisioners run, all through the scripts in `templates/docker`. */
export class DeliveryCommands {
  readonly #toolkit: Toolkit;
  readonly #host: string;

  constructor(toolkit: Toolkit, host: string) {
    this.#toolkit = toolkit;
    this.#host = host;
  }

  /** A path below the project's folder, as Terraform sees it. */
  inProject(path: string): string {
    return path.startsWith('/') ? path : `${this.#toolkit.projectPath}/${path}`;
  }

  /** Makes the secrets and certificates of a manifest that do not exist yet. */
  generateSecrets(manifest: string): LocalExecProvisioner {
    const { path, projectPath } = this.#toolkit;
    const fleet = `node ${quote(`${path}/dist/fleet.js`)}`;
    return {
      type: 'local-exec',
      command: `${fleet} secrets prepare ${quote(manifest)} --project ${quote(projectPath)}`,
    };
  }

  /** Writes files into a volume. Contents pass through standard input only. */
  deliver({ image, volume, folder, mode, files }: DeliveryProps): LocalExecProvisioner {
    const pairs = Object.entries(files).map(([name, source]) =>
      quote('env' in source ? `${name}=env:${source.env}` : `${name}=${source.file}`),
    );
    return {
      type: 'local-exec',
      command: ['sh', this.#script('deliver.sh'), folder, mode, ...pairs].join(' '),
      environment: { DOCKER_HOST: this.#host, FLEET_IMAGE: image, FLEET_VOLUME: volume },
    };
  }

  /** Has a container take over what was delivered; nothing to do where it does not run. */
  takeOver(container: string, applied?: Applied): LocalExecProvisioner {
    const wanted =
      applied === undefined ? [] : [quote(applied.url), applied.version, String(applied.timeoutSeconds)];
    return {
      type: 'local-exec',
      command: ['sh', this.#script('take-over.sh'), quote(container), ...wanted].join(' '),
      environment: { DOCKER_HOST: this.#host },
    };
  }

  #script(name: string): string {
    return quote(`${this.#toolkit.path}/templates/docker/${name}`);
  }
}

function quote(text: string): string {
  return /^[\w./:=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
