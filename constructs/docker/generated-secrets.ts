import { DataResource } from 'cdktf';
import { Construct } from 'constructs';
import type { Environment } from '../../contracts/environment.ts';
import { StackFiles } from '../stack-files.ts';
import type { DeliveryCommands, DeliverySource } from './delivery-commands.ts';

export interface GeneratedSecretsProps {
  readonly environment: Environment;
  readonly commands: DeliveryCommands;
}

/**
 * Secrets and certificates that class development makes for itself, in files on the machine that runs
 * Terraform. Terraform knows their paths and nothing else.
 */
export class GeneratedSecrets extends Construct {
  /** What must be there before a secret is delivered. */
  readonly dependencies: readonly DataResource[];
  readonly #environment: Environment;
  readonly #commands: DeliveryCommands;

  constructor(scope: Construct, id: string, { environment, commands }: GeneratedSecretsProps) {
    super(scope, id);
    this.#environment = environment;
    this.#commands = commands;
    const generates = [...this.#secrets(), ...this.#certificates()];
    if (generates.length === 0) {
      this.dependencies = [];
      return;
    }
    const manifest = { environment: environment.name, generates };
    const path = StackFiles.of(this).add('secrets.json', `${JSON.stringify(manifest, null, 2)}\n`);
    this.dependencies = [
      new DataResource(this, 'Resource', {
        triggersReplace: { generates: JSON.stringify(generates) },
        provisioners: [commands.generateSecrets(path)],
      }),
    ];
  }

  /** Where a secret is read from when it is delivered. */
  sourceOf(name: string): DeliverySource {
    const reference = this.#environment.secrets[name];
    if (reference !== undefined && 'env' in reference) return { env: reference.env };
    if (reference !== undefined && 'file' in reference) return this.#file(reference.file);
    throw new Error(`secret ${name} cannot be read on platform docker`);
  }

  /** PEM file with the certificate of a simulated endpoint, which is its own authority. */
  certificateOf(endpoint: string): DeliverySource {
    return this.#file(this.#pathOf(endpoint, 'pem'));
  }

  /** PEM file with the private key of a simulated endpoint. */
  privateKeyOf(endpoint: string): DeliverySource {
    return this.#file(this.#pathOf(endpoint, 'key'));
  }

  #file(path: string): DeliverySource {
    return { file: this.#commands.inProject(path) };
  }

  #pathOf(endpoint: string, kind: 'pem' | 'key'): string {
    return `.fleet/${this.#environment.name}/secrets/${endpoint}.${kind}`;
  }

  #secrets() {
    return Object.values(this.#environment.secrets).flatMap((reference) =>
      'generate' in reference && reference.generate === true ? [{ secret: reference.file }] : [],
    );
  }

  #certificates() {
    return Object.entries(this.#environment.endpoints)
      .filter(([, { simulated }]) => simulated === true)
      .map(([endpoint, { url }]) => ({
        certificate: this.#pathOf(endpoint, 'pem'),
        privateKey: this.#pathOf(endpoint, 'key'),
        hosts: [...new Set([new URL(url).hostname, 'localhost'])],
      }));
  }
}
