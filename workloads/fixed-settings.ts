import type { Environment } from '../contracts/environment.ts';
import { imageOf, type Release, serversOf } from '../contracts/release.ts';
import { vllmArguments } from './vllm-command.ts';

/** Every address of the machine: whom it answers is the network's business. */
const EVERYWHERE = '0.0.0.0';

/**
 * What a release that serves must keep, in words that a plan can show: machine type, image, and of each server its GPUs
 * and command line. How many machines there are and where they come from may change.
 */
export function fixedSettings(environment: Environment, release: Release): Record<string, string> {
  const { nodes } = release.document;
  if (nodes === undefined) throw new Error(`${release.model} ${release.name} is not a release of own nodes`);
  const servers = serversOf(release, false)
    .filter(({ node }) => node === 1)
    .map(({ server, port, gpus }): [string, string] => [
      `server ${server}`,
      `GPUs ${gpus.join(',')}: vllm ${vllmArguments(environment, { release, address: EVERYWHERE, port }).join(' ')}`,
    ]);
  return { machine: nodes.machine, image: imageOf(environment, nodes), ...Object.fromEntries(servers) };
}
