import type { Toolkit } from '../toolkit.ts';

/** The shell commands that Terraform's provisioners run. They call `fleet`, which does the same when called by hand. */
export class PartCommands {
  readonly #fleet: string;
  readonly #project: string;

  constructor({ path, projectPath }: Toolkit) {
    this.#fleet = `node ${quote(`${path}/dist/fleet.js`)} part`;
    this.#project = `--project ${quote(projectPath)}`;
  }

  /** Makes a part run and serve, from its synthesized manifest. */
  up(manifest: string): string {
    return `${this.#fleet} up ${quote(manifest)} ${this.#project}`;
  }

  /** As `up`, and waits until the part has applied its documents. */
  deliver(manifest: string): string {
    return `${this.#fleet} deliver ${quote(manifest)} ${this.#project}`;
  }

  /** Stops the part that the resource's own `input` names (all that a destroy provisioner may refer to). */
  downSelf(): string {
    return `${this.#fleet} down --environment \${self.input.environment} --part \${self.input.part} ${this.#project}`;
  }
}

function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
