import { z } from 'zod';

/** A machine that serves a release, as its platform knows it. */
export const Machine = z.strictObject({
  model: z.string().min(1),
  release: z.string().min(1),
  /** Private IP address. */
  address: z.string().min(1),
});
export type Machine = z.output<typeof Machine>;

/** Where machines are looked for: a region, or a zone, so that a zone that does not answer holds up no other. */
export interface MachinePlace {
  readonly name: string;
  /** @throws Error if they cannot be had; the message names the place */
  find(): Promise<readonly Machine[]>;
}
